// Of WebSocket (RFC 6455) what two well-behaved ends of a bench need: binary messages of one frame each, in any split of the
// bytes, and nothing copied. Clients mask with a key of zeros: it changes no byte, so masking costs neither end anything.
import { createHash } from 'node:crypto';

export interface FrameSink {
  /** A new binary message of so many bytes; its pieces follow. */
  onMessage(bytes: number): void;
  /** Memory that may be used again after the call. */
  onPiece(bytes: Buffer): void;
  onMessageEnd(): void;
}

// RFC 6455 §5.2.
const BINARY_FRAME = 0x82;
const CLOSE_FRAME = 0x88;
const MASKED = 0x80;
const LENGTH_OF_16_BITS = 126;
const MAX_SHORT_BYTES = 125;
const MAX_MESSAGE_BYTES = 0xffff;
const KEY_BYTES = 4;
// RFC 6455 §1.3.
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Of a client where the peer is a server. */
export type FrameSide = 'client' | 'server';

/** What Sec-WebSocket-Accept has to be. */
export function acceptValue(key: string): string {
  return createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
}

/** What comes before the payload. @throws RangeError for more than 65,535 bytes */
export function frameHeader(from: FrameSide, payloadBytes: number): Buffer {
  if (payloadBytes > MAX_MESSAGE_BYTES) throw new RangeError('a message of the bench is not so long');
  const mask = from === 'client' ? MASKED : 0;
  const key = Buffer.alloc(from === 'client' ? KEY_BYTES : 0);
  if (payloadBytes <= MAX_SHORT_BYTES)
    return Buffer.concat([Buffer.of(BINARY_FRAME, mask | payloadBytes), key]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payloadBytes);
  return Buffer.concat([Buffer.of(BINARY_FRAME, mask | LENGTH_OF_16_BITS), length, key]);
}

/** Reads what the other end sends. */
export class WebsocketReader {
  private readonly sink: FrameSink;
  private readonly peerMasks: boolean;
  // The bytes of a header that came in pieces.
  private header: Buffer | undefined = undefined;
  private missingBytes = 0;

  constructor(from: FrameSide, sink: FrameSink) {
    this.peerMasks = from === 'client';
    this.sink = sink;
  }

  /** @throws Error for what is not a binary message in one frame, masked with zeros by a client */
  push(chunk: Buffer): void {
    let at = 0;
    let bytes = chunk;
    while (at < bytes.byteLength) {
      if (this.missingBytes > 0) {
        const end = Math.min(bytes.byteLength, at + this.missingBytes);
        this.missingBytes -= end - at;
        this.sink.onPiece(bytes.subarray(at, end));
        at = end;
        if (this.missingBytes === 0) this.sink.onMessageEnd();
        continue;
      }
      if (this.header !== undefined) {
        bytes = Buffer.concat([this.header, bytes.subarray(at)]);
        this.header = undefined;
        at = 0;
      }
      const next = this.begin(bytes, at);
      if (next === undefined) {
        this.header = Buffer.from(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** @returns where the payload begins; undefined when the header is not whole */
  private begin(bytes: Buffer, at: number): number | undefined {
    const keyBytes = this.peerMasks ? KEY_BYTES : 0;
    if (bytes.byteLength - at < 2) return undefined;
    const short = (bytes[at + 1] ?? 0) & ~MASKED;
    const end = at + 2 + (short === LENGTH_OF_16_BITS ? 2 : 0) + keyBytes;
    if (bytes[at] === CLOSE_FRAME) throw new Error('the other end closed the WebSocket');
    const isExpected =
      bytes[at] === BINARY_FRAME &&
      short <= LENGTH_OF_16_BITS &&
      ((bytes[at + 1] ?? 0) & MASKED) === (this.peerMasks ? MASKED : 0);
    if (!isExpected) throw new Error('what came is not a binary message in one frame');
    if (bytes.byteLength < end) return undefined;
    if (this.peerMasks && bytes.readUInt32BE(end - KEY_BYTES) !== 0)
      throw new Error('a client of the bench masks with zeros');
    const length = short === LENGTH_OF_16_BITS ? bytes.readUInt16BE(at + 2) : short;
    if (length === 0) throw new Error('an empty message');
    this.missingBytes = length;
    this.sink.onMessage(length);
    return end;
  }
}
