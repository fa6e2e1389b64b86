// The codec's properties: what is written is read, however it is divided, and nothing but a TunnelError ever escapes.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TunnelError } from '../../tunnel/index.ts';
import { decodeMessage } from '../../tunnel/frame-decoder.ts';
import type { FrameSink } from '../../tunnel/frame-decoder.ts';
import { FrameEncoder } from '../../tunnel/frame-encoder.ts';
import { readFrames, TYPE } from '../support/raw-frames.ts';

type Heard = readonly [name: string, ...values: unknown[]];

function recordingSink(heard: Heard[]): FrameSink {
  const hex = (bytes: Buffer): string => bytes.toString('hex');
  return {
    onHello: (hello) => heard.push(['HELLO', hello]),
    onOpen: (id, head) => heard.push(['OPEN', id, hex(head)]),
    onHead: (id, head) => heard.push(['HEAD', id, hex(head)]),
    onData: (id, chunk) => heard.push(['DATA', id, hex(chunk)]),
    onEnd: (id) => heard.push(['END', id]),
    onReset: (id, code) => heard.push(['RESET', id, code]),
    onCredit: (id, bytes) => heard.push(['CREDIT', id, bytes]),
    onPing: (bytes) => heard.push(['PING', hex(bytes)]),
    onPong: (bytes) => heard.push(['PONG', hex(bytes)]),
    onGoAway: (goAway) => heard.push(['GOAWAY', goAway]),
    isOpen: () => true,
  };
}

const id = fc.integer({ min: 1, max: 0xffff_ffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const payload = fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const eight = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes));

interface Written {
  readonly heard: Heard;
  readonly write: (encoder: FrameEncoder) => void;
}

const anyFrame: fc.Arbitrary<Written> = fc.oneof(
  fc
    .record({
      maxStreams: fc.integer({ min: 1, max: 2 ** 20 }),
      initialWindowBytes: fc.integer({ min: 1024, max: 2 ** 31 - 1 }),
      wallClockMs: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    })
    .map((hello): Written => ({ heard: ['HELLO', hello], write: (encoder) => encoder.hello(hello) })),
  fc
    .tuple(fc.constantFrom('OPEN' as const, 'HEAD' as const, 'DATA' as const), id, payload)
    .map(([name, streamId, bytes]): Written => ({
      heard: [name, streamId, bytes.toString('hex')],
      write: (encoder) => encoder.payload(TYPE[name], streamId, bytes),
    })),
  fc.tuple(id, payload, fc.nat(), fc.nat()).map(([streamId, bytes, a, b]): Written => {
    const from = a % bytes.byteLength;
    const byteLength = 1 + (b % (bytes.byteLength - from));
    return {
      heard: ['DATA', streamId, bytes.subarray(from, from + byteLength).toString('hex')],
      write: (encoder) => encoder.data(streamId, bytes, from, byteLength),
    };
  }),
  id.map((streamId): Written => ({
    heard: ['END', streamId],
    write: (encoder) => encoder.endStream(streamId),
  })),
  fc.tuple(id, u32).map(([streamId, code]): Written => ({
    heard: ['RESET', streamId, code],
    write: (encoder) => encoder.number(TYPE.RESET, streamId, code),
  })),
  fc.tuple(id, fc.integer({ min: 1, max: 2 ** 31 - 1 })).map(([streamId, bytes]): Written => ({
    heard: ['CREDIT', streamId, bytes],
    write: (encoder) => encoder.number(TYPE.CREDIT, streamId, bytes),
  })),
  fc.tuple(fc.constantFrom('PING' as const, 'PONG' as const), eight).map(([name, bytes]): Written => ({
    heard: [name, bytes.toString('hex')],
    write: (encoder) => encoder.ping(TYPE[name], bytes),
  })),
  fc
    .record({ code: u32, delayMs: u32, reason: fc.string({ unit: 'grapheme', maxLength: 20 }) })
    // A byte order mark at the beginning is no part of a text.
    .filter(({ reason }) => Buffer.byteLength(reason) <= 256 && !reason.startsWith('\ufeff'))
    .map((goAway): Written => ({ heard: ['GOAWAY', goAway], write: (encoder) => encoder.goAway(goAway) })),
);

function takeAll(encoder: FrameEncoder): Buffer[] {
  const messages: Buffer[] = [];
  for (let message = encoder.take(); message !== undefined; message = encoder.take()) messages.push(message);
  return messages;
}

describe('the codec', () => {
  test('any frames round trip, in messages of whole frames that are no longer than allowed', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 40 }),
        fc.integer({ min: 700, max: 4000 }),
        (frames, maxBytes) => {
          const encoder = new FrameEncoder(maxBytes);
          for (const one of frames) one.write(encoder);
          const pending = encoder.pendingBytes;
          const messages = takeAll(encoder);
          expect(messages.reduce((sum, message) => sum + message.byteLength, 0)).toBe(pending);
          expect(encoder.pendingBytes).toBe(0);
          const heard: Heard[] = [];
          for (const message of messages) {
            expect(message.byteLength).toBeLessThanOrEqual(maxBytes);
            decodeMessage(message, recordingSink(heard));
          }
          expect(heard).toEqual(frames.map((one) => one.heard));
        },
      ),
    );
  });

  test('any split of the bytes into messages at frame borders is heard the same', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 20 }),
        fc.infiniteStream(fc.boolean()),
        (frames, cuts) => {
          const encoder = new FrameEncoder(2 ** 20);
          for (const one of frames) one.write(encoder);
          const [whole = Buffer.alloc(0)] = takeAll(encoder);
          const heard: Heard[] = [];
          let start = 0;
          let at = 0;
          for (const one of readFrames(whole)) {
            at += 8 + one.payload.byteLength;
            if (at < whole.byteLength && cuts.next().value !== true) continue;
            decodeMessage(whole.subarray(start, at), recordingSink(heard));
            start = at;
          }
          expect(heard).toEqual(frames.map((one) => one.heard));
        },
      ),
    );
  });

  test('messages that were taken do not change when the encoder goes on', () => {
    const encoder = new FrameEncoder(256 * 1024);
    const taken: { message: Buffer; copy: string }[] = [];
    for (let round = 0; round < 60; round += 1) {
      const size = 1 + ((round * 7919) % 65_535);
      encoder.payload(TYPE.DATA, round + 1, Buffer.alloc(size, round));
      encoder.endStream(round + 1);
      for (const message of takeAll(encoder)) taken.push({ message, copy: message.toString('latin1') });
    }
    expect(taken).toHaveLength(60);
    for (const { message, copy } of taken) expect(message.toString('latin1') === copy).toBe(true);
  });

  test.each([0, 65_536])('a payload of %d bytes is not written, and harms nothing that follows', (size) => {
    const encoder = new FrameEncoder(256 * 1024);
    expect(() => encoder.payload(TYPE.OPEN, 1, Buffer.alloc(size))).toThrow(RangeError);
    expect(encoder.take()).toBeUndefined();
  });

  const onlyTunnelErrors = (bytes: Buffer): void => {
    try {
      decodeMessage(bytes, recordingSink([]));
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error;
      expect(['PROTOCOL_ERROR', 'FRAME_SIZE_ERROR', 'FLOW_CONTROL_ERROR']).toContain(error.goAwayCode);
    }
  };

  test('T8: of arbitrary bytes only a TunnelError escapes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => onlyTunnelErrors(Buffer.from(bytes))),
      { numRuns: 2000 },
    );
  });

  test('T8: of valid messages with changed, lost or added bytes only a TunnelError escapes', () => {
    const change = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('set', 'lose', 'add'),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 8 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (frames, changes) => {
          const encoder = new FrameEncoder(2 ** 20);
          for (const one of frames) one.write(encoder);
          const bytes: number[] = Array.from(Buffer.concat(takeAll(encoder)));
          for (const { at, kind, byte } of changes) {
            const index = at % Math.max(bytes.length, 1);
            if (kind === 'set') bytes[index] = byte;
            else bytes.splice(index, kind === 'lose' ? 1 : 0, ...(kind === 'add' ? [byte] : []));
          }
          onlyTunnelErrors(Buffer.from(bytes));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
