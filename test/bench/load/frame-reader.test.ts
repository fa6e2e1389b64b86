import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameReader } from '../../../bench/load/frame-reader.ts';

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: string;
}

function bytesOf({ type, flags, streamId, payload }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  // The reserved bit is to be ignored: RFC 9113 §4.1.
  head.writeUInt32BE(streamId + 0x8000_0000, 5);
  return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
}

const frame = fc.record({
  type: fc.nat({ max: 9 }),
  flags: fc.nat({ max: 255 }),
  streamId: fc.nat({ max: 0x7fff_ffff }),
  payload: fc.string({ maxLength: 300, unit: 'binary-ascii' }),
});

it('reads the same frames from any pieces', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat({ max: 1000 })), (frames, positions) => {
      const bytes = Buffer.concat(frames.map(bytesOf));
      const cuts = [0, ...positions.map((at) => Math.min(at, bytes.byteLength)), bytes.byteLength].sort(
        (a, b) => a - b,
      );
      const seen: Frame[] = [];
      const reader = new FrameReader((type, flags, streamId, payload) => {
        seen.push({ type, flags, streamId, payload: payload.toString('latin1') });
      });
      const memory = Buffer.alloc(4096);
      cuts.slice(1).forEach((end, index) => {
        const piece = bytes.subarray(cuts[index], end);
        piece.copy(memory);
        reader.push(memory.subarray(0, piece.byteLength));
        memory.fill(0);
      });
      expect(seen).toEqual(frames);
    }),
  );
});

it('refuses a frame that nobody has allowed', () => {
  const reader = new FrameReader(() => undefined);
  expect(() => reader.push(Buffer.from([0x00, 0x40, 0x01, 0, 0, 0, 0, 0, 1]))).toThrow(/too long/);
});
