// Writes frames into a buffer that grows; what has been written is handed over whole, as one message.
import { FRAME, FRAME_HEADER_BYTES, HELLO_BYTES, PING_BYTES } from './frame.ts';
import type { GoAway, Hello } from './frame.ts';
import { MAX_GOAWAY_REASON_BYTES, MAX_PAYLOAD_BYTES } from './limits.ts';

const MAX_U32 = 0xffff_ffff;
const utf8 = new TextEncoder();

/** The longest beginning of `text` that fits into `maxBytes` of UTF-8 without a character cut in two. */
export function utf8Start(text: string, maxBytes: number): Uint8Array {
  const bytes = new Uint8Array(maxBytes);
  return bytes.subarray(0, utf8.encodeInto(text, bytes).written);
}

// Messages are cut from a slab, so that small ones cost no allocation each. A slab lives as long as its last message.
const SLAB_BYTES = 256 * 1024;

/** Collects frames for one message. Not safe to keep what `take` returned beyond its use by the socket: it shares a slab. */
export class FrameEncoder {
  private readonly maxMessageBytes: number;
  private slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private start = 0;
  private end = 0;
  // Messages that were full before they were taken.
  private full: Buffer[] = [];
  private fullBytes = 0;

  constructor(maxMessageBytes: number) {
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Bytes in the message being written. */
  get length(): number {
    return this.end - this.start;
  }

  /** Bytes written and not yet taken. */
  get pendingBytes(): number {
    return this.fullBytes + this.end - this.start;
  }

  /** The next message of whole frames, at most `maxMessageBytes` long; undefined when nothing was written. */
  take(): Buffer | undefined {
    if (this.fullBytes > 0) {
      const full = this.full.shift();
      this.fullBytes -= full?.byteLength ?? 0;
      return full;
    }
    if (this.end === this.start) return undefined;
    const message = this.slab.subarray(this.start, this.end);
    this.start = this.end;
    return message;
  }

  /** HELLO, §3.1. */
  hello(hello: Hello): void {
    const at = this.header(FRAME.HELLO, HELLO_BYTES, 0);
    this.slab.writeUInt32BE(hello.maxStreams, at);
    this.slab.writeUInt32BE(hello.initialWindowBytes, at + 4);
    this.slab.writeBigUInt64BE(BigInt(Math.trunc(hello.wallClockMs)), at + 8);
  }

  /** OPEN, HEAD or DATA with a whole payload of 1 to 65,535 bytes. */
  payload(type: number, streamId: number, bytes: Uint8Array): void {
    if (bytes.byteLength === 0 || bytes.byteLength > MAX_PAYLOAD_BYTES) {
      throw new RangeError(`a payload has 1 to ${MAX_PAYLOAD_BYTES} bytes, not ${bytes.byteLength}`);
    }
    const at = this.header(type, bytes.byteLength, streamId);
    this.slab.set(bytes, at);
  }

  /** DATA from a part of a chunk, without a view of its own. */
  data(streamId: number, chunk: Buffer, from: number, byteLength: number): void {
    const at = this.header(FRAME.DATA, byteLength, streamId);
    chunk.copy(this.slab, at, from, from + byteLength);
  }

  endStream(streamId: number): void {
    this.header(FRAME.END, 0, streamId);
  }

  /** RESET or CREDIT: one u32. */
  number(type: number, streamId: number, value: number): void {
    const at = this.header(type, 4, streamId);
    this.slab.writeUInt32BE(value, at);
  }

  /** PING or PONG: 8 opaque bytes. */
  ping(type: number, bytes: Uint8Array): void {
    const at = this.header(type, PING_BYTES, 0);
    this.slab.set(bytes, at);
  }

  /** GOAWAY. A reason or a delay that is too long is cut. */
  goAway(goAway: GoAway): void {
    const reason = utf8Start(goAway.reason, MAX_GOAWAY_REASON_BYTES);
    const at = this.header(FRAME.GOAWAY, 8 + reason.byteLength, 0);
    this.slab.writeUInt32BE(goAway.code, at);
    this.slab.writeUInt32BE(Math.min(Math.max(Math.trunc(goAway.delayMs) || 0, 0), MAX_U32), at + 4);
    this.slab.set(reason, at + 8);
  }

  private header(type: number, payloadBytes: number, streamId: number): number {
    this.reserve(FRAME_HEADER_BYTES + payloadBytes);
    const { slab } = this;
    let at = this.end;
    slab[at++] = type;
    slab[at++] = 0;
    slab[at++] = payloadBytes >>> 8;
    slab[at++] = payloadBytes & 0xff;
    slab[at++] = streamId >>> 24;
    slab[at++] = (streamId >>> 16) & 0xff;
    slab[at++] = (streamId >>> 8) & 0xff;
    slab[at++] = streamId & 0xff;
    this.end = at + payloadBytes;
    return at;
  }

  private reserve(bytes: number): void {
    if (this.end - this.start + bytes > this.maxMessageBytes && this.end > this.start) {
      this.full.push(this.slab.subarray(this.start, this.end));
      this.fullBytes += this.end - this.start;
      this.start = this.end;
    }
    if (this.end + bytes <= this.slab.byteLength) return;
    const written = this.slab.subarray(this.start, this.end);
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (written.byteLength + bytes) * 2));
    slab.set(written);
    this.slab = slab;
    this.end = written.byteLength;
    this.start = 0;
  }
}
