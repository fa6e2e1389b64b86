// How much is on the way at most: of what is delayed, and of what a slow receiver does not take.
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { DelayedDirection, MAX_LINK_BYTES, MAX_UNREAD_BYTES } from '../../../bench/link/delayed-direction.ts';

const CHUNK = Buffer.alloc(256 * 1024);
const LONG_MS = 600_000;

class Source extends Duplex {
  given = 0;
  private readonly bytes: number;
  constructor(bytes: number) {
    super();
    this.bytes = bytes;
  }
  override _read(): void {
    if (this.given >= this.bytes) return;
    this.given += CHUNK.byteLength;
    this.push(CHUNK);
  }
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** Takes nothing until it is told to. */
class SlowTarget extends Duplex {
  taken = 0;
  private waiting: (() => void) | undefined = undefined;
  private isOpen = false;
  override _read(): void {
    // Nothing comes from this side.
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.taken += chunk.byteLength;
    if (this.isOpen) done();
    else this.waiting = done;
  }
  resetAndDestroy(): void {
    this.destroy();
  }
  open(): void {
    this.isOpen = true;
    this.waiting?.();
  }
}

const open: Duplex[] = [];
afterEach(() => {
  for (const duplex of open.splice(0)) duplex.destroy();
});

function direction(delayMs: number, bytes: number): { readonly source: Source; readonly target: SlowTarget } {
  const source = new Source(bytes);
  const target = new SlowTarget();
  open.push(source, target);
  new DelayedDirection(source, target, delayMs).start();
  return { source, target };
}

describe('DelayedDirection', () => {
  test('reads no more when 256 MiB are on the way', async () => {
    const { source, target } = direction(LONG_MS, 2 * MAX_LINK_BYTES);
    await once(source, 'pause');
    expect(source.given).toBeGreaterThanOrEqual(MAX_LINK_BYTES);
    expect(source.given).toBeLessThan(MAX_LINK_BYTES + 4 * CHUNK.byteLength);
    expect(target.taken).toBe(0);
  });

  test('reads no more when the receiver has left 8 MiB, and goes on when it has taken them', async () => {
    const { source, target } = direction(0, 2 * MAX_UNREAD_BYTES);
    await once(source, 'pause');
    expect(target.writableLength).toBeGreaterThanOrEqual(MAX_UNREAD_BYTES);
    target.open();
    await once(source, 'resume');
    expect(target.taken).toBeGreaterThanOrEqual(MAX_UNREAD_BYTES);
  });

  test('holds nothing for a receiver that has gone', async () => {
    const { source, target } = direction(LONG_MS, 2 * MAX_LINK_BYTES);
    await once(source, 'pause');
    target.destroy();
    await once(source, 'resume');
    expect(target.taken).toBe(0);
    source.destroy();
    await once(source, 'close');
  });
});
