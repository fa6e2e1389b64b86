// RFC 9113 §4.1 and §6.1: frames whole and in any pieces.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME, FrameReader } from '../../../http/index.ts';
import type { FrameSink } from '../../../http/index.ts';
import { h2, h2Frame } from '../../support/http2-frames.ts';

const LIMIT = 20_000;

/** What a sink hears, DATA put together again. */
class Heard implements FrameSink {
  readonly events: string[] = [];
  private data = '';

  onDataFrame(streamId: number, flowBytes: number): void {
    this.events.push(`data ${streamId} counts ${flowBytes}`);
    this.data = '';
  }

  onData(_streamId: number, piece: Buffer): void {
    expect(piece.byteLength).toBeGreaterThan(0);
    this.data += piece.toString('latin1');
  }

  onDataEnd(streamId: number, endStream: boolean): void {
    this.events.push(`data ${streamId} end ${endStream}: ${this.data}`);
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.events.push(`frame ${type} ${flags} ${streamId}: ${payload.toString('latin1')}`);
  }
}

function hear(chunks: readonly Buffer[]): readonly string[] {
  const heard = new Heard();
  const reader = new FrameReader(heard, LIMIT);
  for (const chunk of chunks) reader.push(chunk);
  return heard.events;
}

describe('a frame', () => {
  it.each<[string, Buffer, readonly string[]]>([
    ['of DATA', h2.data(1, 'abc'), ['data 1 counts 3', 'data 1 end false: abc']],
    ['of DATA that ends', h2.data(1, 'abc', true), ['data 1 counts 3', 'data 1 end true: abc']],
    ['of DATA without any', h2.data(3, '', true), ['data 3 counts 0', 'data 3 end true: ']],
    ['of padded DATA', h2.padded(1, 'abc', 7, true), ['data 1 counts 11', 'data 1 end true: abc']],
    ['of padding alone', h2.padded(1, '', 255), ['data 1 counts 256', 'data 1 end false: ']],
    ['with a padding of none', h2.padded(1, 'abc', 0), ['data 1 counts 4', 'data 1 end false: abc']],
    ['of another kind', h2.ping(1), ['frame 6 1 0: 12345678']],
    ['of no payload', h2.settings(), ['frame 4 0 0: ']],
    ['of an unknown kind', h2Frame(77, 0x55, 9, 'x'), ['frame 77 85 9: x']],
    ['whose reserved bit is set', h2Frame(FRAME.PING, 0, 0x80000005, 'x'), ['frame 6 0 5: x']],
  ])('%s is heard, whole or byte by byte', (_name, bytes, events) => {
    expect(hear([bytes])).toEqual(events);
    expect(hear([...bytes].map((byte) => Buffer.of(byte)))).toEqual(events);
  });

  it.each<[string, Buffer, string]>([
    ['larger than allowed', h2.data(1, Buffer.alloc(LIMIT + 1)), 'FRAME_SIZE_ERROR'],
    ['of DATA of no stream', h2.data(0, 'x'), 'PROTOCOL_ERROR'],
    [
      'with padding that is as long as itself',
      h2Frame(FRAME.DATA, 8, 1, Buffer.of(3, 0, 0)),
      'PROTOCOL_ERROR',
    ],
    ['padded, without a length', h2Frame(FRAME.DATA, 8, 1), 'FRAME_SIZE_ERROR'],
  ])('%s is refused', (_name, bytes, h2Code) => {
    expect(() => hear([bytes])).toThrow(expect.objectContaining({ h2Code }));
  });

  it('of the largest size passes', () => {
    expect(hear([h2.data(1, Buffer.alloc(LIMIT))])[0]).toBe(`data 1 counts ${LIMIT}`);
  });

  it('is refused for its size before its payload has come', () => {
    expect(() => hear([h2Frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(LIMIT + 1)).subarray(0, 9)])).toThrow(
      expect.objectContaining({ h2Code: 'FRAME_SIZE_ERROR' }),
    );
  });
});

const text = fc.string({ maxLength: 40 });
const streamId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const frame = fc.oneof(
  fc.tuple(streamId, text, fc.boolean()).map((args) => h2.data(...args)),
  fc.tuple(streamId, text, fc.integer({ min: 0, max: 255 }), fc.boolean()).map((args) => h2.padded(...args)),
  fc
    .tuple(fc.integer({ min: 1, max: 255 }), fc.integer({ min: 0, max: 255 }), streamId, text)
    .map((args) => h2Frame(...args)),
);

it('reads the same of any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (frames, sizes) => {
        const bytes = Buffer.concat(frames);
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(hear(pieces)).toEqual(hear([bytes]));
        expect(hear(frames)).toEqual(hear([bytes]));
      },
    ),
  );
});
