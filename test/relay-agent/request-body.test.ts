// Credit goes back to the gateway when the apiserver's socket has taken the bytes, not when they arrive (SPEC §5.3).
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RequestBody } from '../../relay-agent/request-body.ts';
import { openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';
import { settle } from '../support/memory-transport.ts';
import type { TunnelStream } from '../../tunnel/index.ts';

const CHUNK = 10_000;

/** A request body fed by a real stream, and how much its sender still has queued. */
async function startBody() {
  let body: RequestBody | undefined;
  const pair = sessionPair({
    onStream: (stream: TunnelStream, head: Buffer) => {
      stream.sendHead(head);
      const made = new RequestBody(stream);
      body = made;
      return {
        onData: (chunk) => made.accept(Buffer.from(chunk)),
        onEnd: () => made.finish(),
        onReset: () => made.destroy(),
      };
    },
    agentLimits: { INITIAL_WINDOW_BYTES: 4 * CHUNK },
  });
  await settle();
  const log = openLogged(pair.gateway, new StreamLog());
  await settle();
  if (body === undefined || log.stream === undefined) throw new Error('no stream');
  return { body, sender: log.stream, close: () => pair.gateway.close('') };
}

describe('a request body', () => {
  it('lets its sender send on only as it is read', async () => {
    const { body, sender, close } = await startBody();
    let taken = 0;
    body.on('data', (chunk: Buffer) => {
      taken += chunk.byteLength;
      body.pause();
    });
    for (let count = 0; count < 20; count += 1) sender.write(Buffer.alloc(CHUNK));
    await settle(100);
    // One chunk was taken; the rest of the window waits here, and everything else at its sender.
    expect(taken).toBeLessThanOrEqual(4 * CHUNK);
    expect(sender.queuedBytes).toBeGreaterThanOrEqual(15 * CHUNK);
    expect(body.readableLength).toBeLessThanOrEqual(4 * CHUNK);
    const before = sender.queuedBytes;
    await settle(100);
    expect(sender.queuedBytes).toBe(before);

    body.removeAllListeners('data');
    body.on('data', (chunk: Buffer) => {
      taken += chunk.byteLength;
    });
    body.resume();
    sender.end();
    await once(body, 'end');
    expect(taken).toBe(20 * CHUNK);
    expect(sender.queuedBytes).toBe(0);
    close();
  });

  it('keeps what came before anybody read', async () => {
    const { body, sender, close } = await startBody();
    sender.write(Buffer.from('early '));
    sender.write(Buffer.from('bird'));
    sender.end();
    await settle(50);
    const chunks: string[] = [];
    body.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    await once(body, 'end');
    expect(chunks.join('')).toBe('early bird');
    close();
  });
});
