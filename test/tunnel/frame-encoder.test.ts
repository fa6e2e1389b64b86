// What an encoder holds between messages: a session that only has its heartbeats holds next to nothing.
import { describe, expect, test } from 'vitest';
import { FIRST_SLAB_BYTES, FrameEncoder } from '../../tunnel/frame-encoder.ts';
import { TYPE } from '../support/raw-frames.ts';

const EIGHT = Buffer.alloc(8);
const MAX_MESSAGE_BYTES = 256 * 1024;

/** Bytes of the slab that a small message is cut from now. */
function slabBytes(encoder: FrameEncoder): number {
  encoder.ping(TYPE.PING, EIGHT);
  return encoder.take()?.buffer.byteLength ?? 0;
}

function pour(encoder: FrameEncoder): void {
  for (let id = 1; id <= 100; id += 1) {
    encoder.payload(TYPE.DATA, id, Buffer.alloc(16_384));
    encoder.take();
  }
}

describe('the slab of an encoder', () => {
  test('is small at first, and large under load', () => {
    const encoder = new FrameEncoder(MAX_MESSAGE_BYTES);
    expect(slabBytes(encoder)).toBe(FIRST_SLAB_BYTES);
    pour(encoder);
    expect(slabBytes(encoder)).toBe(256 * 1024);
  });

  test('is small again after a rest', () => {
    const encoder = new FrameEncoder(MAX_MESSAGE_BYTES);
    pour(encoder);
    encoder.rest();
    expect(slabBytes(encoder)).toBe(FIRST_SLAB_BYTES);
  });

  test('stays small for a day of heartbeats', () => {
    const encoder = new FrameEncoder(MAX_MESSAGE_BYTES);
    for (let interval = 0; interval < 8640; interval += 1) {
      expect(slabBytes(encoder)).toBe(FIRST_SLAB_BYTES);
      encoder.ping(TYPE.PONG, EIGHT);
      encoder.take();
      encoder.rest();
    }
  });

  test('that holds what was not taken yet is kept through a rest', () => {
    const encoder = new FrameEncoder(MAX_MESSAGE_BYTES);
    pour(encoder);
    encoder.payload(TYPE.DATA, 7, Buffer.from('kept'));
    encoder.rest();
    expect(encoder.take()?.subarray(8).toString()).toBe('kept');
  });
});
