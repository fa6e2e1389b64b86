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

// Messages are cut from a slab, so that small ones cost no allocation each. A slab is filled once, and again when all that was cut
// from it has been sent: a bulk transfer that takes new memory for each message makes V8 collect its whole heap again and again.
// The first is for a session that says little more than its heartbeats: a gateway has thousands of those.
export const FIRST_SLAB_BYTES = 512;
const SLAB_BYTES = 256 * 1024;
const SLAB_GROWTH = 16;

interface Slab {
  readonly bytes: Buffer;
  /** Messages that were cut from it and have not been sent. */
  unsent: number;
}

interface Message {
  /** Headroom and frames. */
  readonly bytes: Buffer;
  readonly slab: Slab;
}

/** Collects frames for one message. What `take` returns may be written over after the `messageSent` that answers it. */
export class FrameEncoder {
  private readonly maxMessageBytes: number;
  private readonly headroomBytes: number;
  private current: Slab = { bytes: Buffer.alloc(0), unsent: 0 };
  // Of SLAB_BYTES, and free.
  private spare: Slab | undefined = undefined;
  private nextSlabBytes = FIRST_SLAB_BYTES;
  private start = 0;
  private end = 0;
  // Messages that were full before they were taken.
  private full: Message[] = [];
  private fullBytes = 0;
  // Of the messages that were taken and not yet sent, oldest first.
  private readonly taken: Slab[] = [];

  /** @param headroomBytes left free before each message, for whoever sends it */
  constructor(maxMessageBytes: number, headroomBytes = 0) {
    this.maxMessageBytes = maxMessageBytes;
    this.headroomBytes = headroomBytes;
  }

  /** Bytes in the message being written. */
  get length(): number {
    return this.end - this.start;
  }

  /** Bytes written and not yet taken. */
  get pendingBytes(): number {
    return this.fullBytes + this.end - this.start;
  }

  /** Little is written at the moment: gives a large slab back, and begins small again. */
  rest(): void {
    this.nextSlabBytes = FIRST_SLAB_BYTES;
    this.spare = undefined;
    if (this.pendingBytes > 0 || this.slab.byteLength <= FIRST_SLAB_BYTES) return;
    this.current = { bytes: Buffer.alloc(0), unsent: 0 };
    this.start = this.end = 0;
  }

  /** The next message of whole frames, at most `maxMessageBytes` of them, after its headroom; undefined when nothing was written. */
  take(): Buffer | undefined {
    if (this.fullBytes === 0 && this.end > this.start) this.cut();
    const message = this.full.shift();
    if (message === undefined) return undefined;
    this.fullBytes -= message.bytes.byteLength - this.headroomBytes;
    this.taken.push(message.slab);
    return message.bytes;
  }

  /** The oldest message that was taken is with the operating system. */
  messageSent(): void {
    const slab = this.taken.shift();
    if (slab === undefined) return;
    slab.unsent -= 1;
    this.keepIfFree(slab);
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
    if (this.end - this.start + bytes > this.maxMessageBytes && this.end > this.start) this.cut();
    if (this.end + bytes <= this.slab.byteLength) return;
    const written = this.slab.subarray(this.start, this.end);
    const { headroomBytes } = this;
    const needed = Math.max(this.nextSlabBytes, headroomBytes + (written.byteLength + bytes) * 2);
    this.nextSlabBytes = Math.min(SLAB_BYTES, this.nextSlabBytes * SLAB_GROWTH);
    const filled = this.current;
    this.current = this.emptySlab(needed);
    this.slab.set(written, headroomBytes);
    this.keepIfFree(filled);
    this.start = headroomBytes;
    this.end = headroomBytes + written.byteLength;
  }

  private get slab(): Buffer {
    return this.current.bytes;
  }

  // What is written is a message.
  private cut(): void {
    const slab = this.current;
    slab.unsent += 1;
    this.full.push({ bytes: slab.bytes.subarray(this.start - this.headroomBytes, this.end), slab });
    this.fullBytes += this.end - this.start;
    this.start = this.end += this.headroomBytes;
  }

  private keepIfFree(slab: Slab): void {
    if (slab.unsent === 0 && slab !== this.current && slab.bytes.byteLength === SLAB_BYTES) this.spare = slab;
  }

  private emptySlab(bytes: number): Slab {
    const { spare } = this;
    if (spare === undefined || spare.bytes.byteLength < bytes) {
      return { bytes: Buffer.allocUnsafeSlow(bytes), unsent: 0 };
    }
    this.spare = undefined;
    return spare;
  }
}
