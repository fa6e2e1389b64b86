// Frames written and read byte by byte as SPEC.md §2 draws them, apart from the code under test.

export const TYPE = {
  HELLO: 1,
  OPEN: 2,
  HEAD: 3,
  DATA: 4,
  END: 5,
  RESET: 6,
  CREDIT: 7,
  PING: 8,
  PONG: 9,
  GOAWAY: 10,
} as const;

const NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, type]) => [type, name]));

export interface RawFrame {
  readonly name: string;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function frame(type: number, streamId: number, payload: Uint8Array | string = '', flags = 0): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const bytes = Buffer.alloc(8 + body.byteLength);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt8(flags, 1);
  bytes.writeUInt16BE(body.byteLength, 2);
  bytes.writeUInt32BE(streamId, 4);
  bytes.set(body, 8);
  return bytes;
}

export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

export const raw = {
  hello: (maxStreams = 100, window = 65_536): Buffer =>
    frame(TYPE.HELLO, 0, u32(maxStreams, window, 0, 1_700_000)),
  open: (id: number, head = 'head'): Buffer => frame(TYPE.OPEN, id, head),
  head: (id: number, head = 'head'): Buffer => frame(TYPE.HEAD, id, head),
  data: (id: number, bytes: string | Uint8Array): Buffer => frame(TYPE.DATA, id, bytes),
  end: (id: number): Buffer => frame(TYPE.END, id),
  reset: (id: number, code: number): Buffer => frame(TYPE.RESET, id, u32(code)),
  credit: (id: number, bytes: number): Buffer => frame(TYPE.CREDIT, id, u32(bytes)),
  ping: (payload: string | Uint8Array = '12345678'): Buffer => frame(TYPE.PING, 0, payload),
  pong: (payload: string | Uint8Array): Buffer => frame(TYPE.PONG, 0, payload),
  goAway: (code: number, delayMs = 0, reason: string | Uint8Array = ''): Buffer =>
    frame(
      TYPE.GOAWAY,
      0,
      Buffer.concat([u32(code, delayMs), typeof reason === 'string' ? Buffer.from(reason) : reason]),
    ),
};

/** The frames of a message. @throws RangeError when it does not consist of whole frames */
export function readFrames(message: Buffer): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 0; at < message.byteLength;) {
    const length = message.readUInt16BE(at + 2);
    if (at + 8 + length > message.byteLength) throw new RangeError('a frame that is cut short');
    if (message.readUInt8(at + 1) !== 0) throw new RangeError('flags');
    frames.push({
      name: NAMES.get(message.readUInt8(at)) ?? 'UNKNOWN',
      streamId: message.readUInt32BE(at + 4),
      payload: message.subarray(at + 8, at + 8 + length),
    });
    at += 8 + length;
  }
  return frames;
}
