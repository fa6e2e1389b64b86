// What is written is read again, and bytes that were given away are never written to.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_MAX_FRAME_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  FrameWriter,
  HeaderBlock,
  HpackDecoder,
} from '../../../http/index.ts';
import type { FrameSink } from '../../../http/index.ts';
import type { PeerFrame } from '../../support/http2-frames.ts';

const LIMIT = 256 * 1024;

function read(bytes: Buffer): readonly PeerFrame[] {
  const frames: PeerFrame[] = [];
  const sink: FrameSink = {
    onDataFrame: () => undefined,
    onData: () => undefined,
    onDataEnd: () => undefined,
    onFrame: (type, flags, streamId, payload) => {
      frames.push({ type, flags, streamId, payload: Buffer.from(payload) });
    },
  };
  new FrameReader(sink, LIMIT).push(bytes);
  return frames;
}

/** A writer, and all that it gave away. */
function writing(): { writer: FrameWriter; spill: (bytes: Buffer) => void; all: () => Buffer } {
  const writer = new FrameWriter();
  const given: Buffer[] = [];
  const copies: Buffer[] = [];
  const spill = (bytes: Buffer): void => {
    given.push(bytes);
    copies.push(Buffer.from(bytes));
  };
  return {
    writer,
    spill,
    all: () => {
      const last = writer.take();
      if (last !== undefined) spill(last);
      expect(Buffer.concat(given).equals(Buffer.concat(copies))).toBe(true);
      return Buffer.concat(copies);
    },
  };
}

describe('the writer', () => {
  it('gives nothing away when nothing was written', () => {
    const { writer, spill } = writing();
    expect(writer.take()).toBeUndefined();
    writer.number(FRAME.RST_STREAM, 1, 8, spill);
    expect(writer.take()?.toString('hex')).toBe('00000403000000000100000008');
    expect(writer.take()).toBeUndefined();
    expect(writer.isEmpty).toBe(true);
  });

  it('writes a head in one frame, and one that is longer in CONTINUATIONs with nothing in between', () => {
    const { writer, spill, all } = writing();
    const long = ['x-long', 'y'.repeat(3 * DEFAULT_MAX_FRAME_BYTES)];
    writer.headers(1, [':method', 'GET'], true, spill);
    writer.headers(3, long, true, spill);
    writer.headers(5, long, false, spill);
    const frames = read(all());
    expect(frames.map(({ type, flags, streamId }) => [type, flags, streamId])).toEqual([
      [FRAME.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, 1],
      [FRAME.HEADERS, FLAG.END_STREAM, 3],
      [FRAME.CONTINUATION, 0, 3],
      [FRAME.CONTINUATION, 0, 3],
      [FRAME.CONTINUATION, FLAG.END_HEADERS, 3],
      [FRAME.HEADERS, 0, 5],
      [FRAME.CONTINUATION, 0, 5],
      [FRAME.CONTINUATION, 0, 5],
      [FRAME.CONTINUATION, FLAG.END_HEADERS, 5],
    ]);
    expect(frames.every(({ payload }) => payload.byteLength <= DEFAULT_MAX_FRAME_BYTES)).toBe(true);
  });

  it('refuses a head that is too large, and goes on as if it had never been', () => {
    const { writer, spill, all } = writing();
    const list = ['authorization', 'Bearer agent'];
    writer.headers(1, list, true, spill);
    expect(() => writer.headers(3, ['authorization', 'x'.repeat(128 * 1024)], true, spill)).toThrow(
      expect.objectContaining({ code: 'CC_ERR_HTTP_HEADERS_TOO_LARGE' }),
    );
    writer.headers(3, list, true, spill);
    const decoder = new HpackDecoder(LIMIT);
    expect(read(all()).map(({ payload }) => decoder.decode(payload))).toEqual([list, list]);
  });

  it('writes whatever comes so that it is read again', () => {
    const head = fc
      .array(fc.tuple(fc.stringMatching(/^[a-z-]{1,12}$/), fc.integer({ min: 0, max: 40_000 })), {
        maxLength: 3,
      })
      .map((fields) => fields.flatMap(([name, bytes]) => [name, 'v'.repeat(bytes)]));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(head, fc.uint8Array({ maxLength: 70_000 })), { maxLength: 12 }),
        (items) => {
          const { writer, spill, all } = writing();
          items.forEach((item, at) => {
            if (item instanceof Uint8Array) writer.control(FRAME.PING, 0, 0, item, spill);
            else writer.headers(2 * at + 1, item, at % 2 === 0, spill);
          });
          const decoder = new HpackDecoder(LIMIT);
          const block = new HeaderBlock(LIMIT);
          const back: unknown[] = [];
          for (const { type, flags, streamId, payload } of read(all())) {
            if (type === FRAME.PING) back.push(new Uint8Array(payload));
            else if (
              type === FRAME.HEADERS
                ? block.begin(flags, streamId, payload)
                : block.add(flags, streamId, payload)
            )
              back.push(decoder.decode(block.take()));
          }
          expect(back).toEqual(items);
        },
      ),
      { numRuns: 50 },
    );
  });
});
