// Cuts what comes from a socket into frames. DATA is handed on as it comes, never collected; anything else is short and whole.
import { FLAG, FRAME, FRAME_HEADER_BYTES } from './frame.ts';
import { Http2Error } from './http2-error.ts';

export interface FrameSink {
  /** A DATA frame begins; `flowBytes` are what it counts for flow control (RFC 9113 §6.1). */
  onDataFrame(streamId: number, flowBytes: number): void;
  /** `piece` is a view into what the socket gave. */
  onData(streamId: number, piece: Buffer): void;
  onDataEnd(streamId: number, endStream: boolean): void;
  /** Every other frame; `payload` is valid during the call only. */
  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void;
}

export class FrameReader {
  private readonly sink: FrameSink;
  private readonly maxFrameBytes: number;
  private readonly header = Buffer.alloc(FRAME_HEADER_BYTES);
  private headerBytes = 0;
  private type = 0;
  private flags = 0;
  private streamId = 0;
  // Of the frame's payload still to come.
  private left = 0;
  private paddingLeft = -1;
  private inFrame = false;
  // A frame that comes in pieces, but for DATA: one copy, whatever the pieces are.
  private whole: Buffer | undefined = undefined;
  private wholeBytes = 0;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.sink = sink;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** @throws Http2Error, and what the sink throws */
  push(chunk: Buffer): void {
    let at = 0;
    const end = chunk.byteLength;
    while (at < end || (this.inFrame && this.left === 0)) {
      if (!this.inFrame) {
        at = this.readHeader(chunk, at, end);
        continue;
      }
      const bytes = Math.min(this.left, end - at);
      this.left -= bytes;
      if (this.type === FRAME.DATA) this.data(chunk, at, at + bytes);
      else this.collect(chunk, at, at + bytes);
      at += bytes;
      if (this.left === 0) this.inFrame = false;
    }
  }

  private readHeader(chunk: Buffer, from: number, end: number): number {
    let at = from;
    if (this.headerBytes === 0 && end - at >= FRAME_HEADER_BYTES) {
      this.begin(chunk, at);
      return at + FRAME_HEADER_BYTES;
    }
    while (at < end && this.headerBytes < FRAME_HEADER_BYTES)
      this.header[this.headerBytes++] = chunk[at++] ?? 0;
    if (this.headerBytes === FRAME_HEADER_BYTES) {
      this.headerBytes = 0;
      this.begin(this.header, 0);
    }
    return at;
  }

  private begin(bytes: Buffer, at: number): void {
    this.left = bytes.readUIntBE(at, 3);
    this.type = bytes[at + 3] ?? 0;
    this.flags = bytes[at + 4] ?? 0;
    this.streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    this.inFrame = true;
    if (this.left > this.maxFrameBytes) throw new Http2Error('FRAME_SIZE_ERROR', 'a frame that is too large');
    if (this.type !== FRAME.DATA) return;
    if (this.streamId === 0) throw new Http2Error('PROTOCOL_ERROR', 'DATA of no stream');
    this.paddingLeft = (this.flags & FLAG.PADDED) === 0 ? 0 : -1;
    this.sink.onDataFrame(this.streamId, this.left);
  }

  // `left` is what comes after `to`.
  private data(chunk: Buffer, from: number, to: number): void {
    let at = from;
    if (this.paddingLeft < 0 && at < to) {
      this.paddingLeft = chunk[at++] ?? 0;
      if (this.paddingLeft > this.left + to - at)
        throw new Http2Error('PROTOCOL_ERROR', 'padding that is too long');
    }
    // Padding is at the end: of what is here, the bytes that it does not reach into.
    const contentEnd = Math.min(to, to + this.left - Math.max(0, this.paddingLeft));
    if (contentEnd > at) {
      const whole = at === 0 && contentEnd === chunk.byteLength;
      this.sink.onData(this.streamId, whole ? chunk : chunk.subarray(at, contentEnd));
    }
    if (this.left > 0) return;
    if (this.paddingLeft < 0) throw new Http2Error('FRAME_SIZE_ERROR', 'padding without a length');
    this.sink.onDataEnd(this.streamId, (this.flags & FLAG.END_STREAM) !== 0);
  }

  private collect(chunk: Buffer, from: number, to: number): void {
    const isWhole = this.left === 0;
    if (isWhole && this.whole === undefined) {
      this.sink.onFrame(this.type, this.flags, this.streamId, chunk.subarray(from, to));
      return;
    }
    this.whole ??= Buffer.allocUnsafe(to - from + this.left);
    this.wholeBytes += chunk.copy(this.whole, this.wholeBytes, from, to);
    if (!isWhole) return;
    const payload = this.whole;
    this.whole = undefined;
    this.wholeBytes = 0;
    this.sink.onFrame(this.type, this.flags, this.streamId, payload);
  }
}
