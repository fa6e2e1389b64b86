// Frames of HTTP/2 as a peer may send them, right or wrong (RFC 9113 §4, §6): nothing here checks anything.
import { FLAG, FRAME } from '../../http/index.ts';

export interface PeerFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function h2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | string = '',
): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.byteLength, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, bytes]);
}

/** A header block of literals that touch no table (RFC 7541 §6.2.2); names and values up to 126 bytes. */
export function h2Block(list: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  list.forEach((text, at) => {
    if (at % 2 === 0) parts.push(Buffer.of(0));
    parts.push(Buffer.of(text.length), Buffer.from(text, 'latin1'));
  });
  return Buffer.concat(parts);
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeUInt32BE(value, at * 4));
  return bytes;
}

export const h2 = {
  headers: (streamId: number, list: readonly string[], endStream = false): Buffer =>
    h2Frame(FRAME.HEADERS, FLAG.END_HEADERS | (endStream ? FLAG.END_STREAM : 0), streamId, h2Block(list)),
  data: (streamId: number, payload: Uint8Array | string, endStream = false): Buffer =>
    h2Frame(FRAME.DATA, endStream ? FLAG.END_STREAM : 0, streamId, payload),
  padded: (streamId: number, payload: string, padding: number, endStream = false): Buffer =>
    h2Frame(
      FRAME.DATA,
      FLAG.PADDED | (endStream ? FLAG.END_STREAM : 0),
      streamId,
      Buffer.concat([Buffer.of(padding), Buffer.from(payload), Buffer.alloc(padding)]),
    ),
  settings: (settings: readonly (readonly [id: number, value: number])[] = []): Buffer =>
    h2Frame(
      FRAME.SETTINGS,
      0,
      0,
      Buffer.concat(settings.map(([id, value]) => Buffer.concat([Buffer.of(0, id), u32(value)]))),
    ),
  settingsAck: (): Buffer => h2Frame(FRAME.SETTINGS, FLAG.ACK, 0),
  ping: (flags = 0, payload = '12345678'): Buffer => h2Frame(FRAME.PING, flags, 0, payload),
  reset: (streamId: number, code: number): Buffer => h2Frame(FRAME.RST_STREAM, 0, streamId, u32(code)),
  goAway: (lastId: number, code = 0): Buffer => h2Frame(FRAME.GOAWAY, 0, 0, u32(lastId, code)),
  credit: (streamId: number, bytes: number): Buffer => h2Frame(FRAME.WINDOW_UPDATE, 0, streamId, u32(bytes)),
} as const;
