// Frames into memory that the socket can keep: slabs that are filled once, from front to back, and never written again.
import { HttpError } from '../http-error.ts';
import { HpackEncoder, MAX_FIELD_OVERHEAD_BYTES } from './hpack/index.ts';
import { DEFAULT_MAX_FRAME_BYTES, FLAG, FRAME, FRAME_HEADER_BYTES } from './frame.ts';

const SLAB_BYTES = 64 * 1024;
// A size update, twice.
const BLOCK_OVERHEAD_BYTES = 16;
/** A block longer than any that MAX_HEAD_BYTES of text can make. */
const MAX_BLOCK_BYTES = 128 * 1024;

export class FrameWriter {
  /** Of the heads that this end sends. */
  readonly encoder = new HpackEncoder();
  private slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private length = 0;
  private taken = 0;

  get isEmpty(): boolean {
    return this.taken === this.length;
  }

  /** What was written since the last call; undefined for nothing. */
  take(): Buffer | undefined {
    if (this.isEmpty) return undefined;
    const bytes = this.slab.subarray(this.taken, this.length);
    this.taken = this.length;
    return bytes;
  }

  /**
   * A head, as HEADERS and, where it must be, CONTINUATION (RFC 9113 §6.2, §6.10).
   * @param spill takes what was written before, when a new slab is begun
   * @throws HttpError CC_ERR_HTTP_HEADERS_TOO_LARGE
   */
  headers(
    streamId: number,
    list: readonly string[],
    endStream: boolean,
    spill: (bytes: Buffer) => void,
  ): void {
    let bytes = FRAME_HEADER_BYTES + BLOCK_OVERHEAD_BYTES + (list.length >>> 1) * MAX_FIELD_OVERHEAD_BYTES;
    for (let at = 0; at < list.length; at += 1) bytes += list[at]?.length ?? 0;
    if (bytes > MAX_BLOCK_BYTES)
      throw new HttpError('CC_ERR_HTTP_HEADERS_TOO_LARGE', 'the head is too large');
    this.reserve(bytes, spill);
    const from = this.length;
    const end = this.encoder.encode(list, this.slab, from + FRAME_HEADER_BYTES);
    const blockBytes = end - from - FRAME_HEADER_BYTES;
    const flags = endStream ? FLAG.END_STREAM : 0;
    if (blockBytes <= DEFAULT_MAX_FRAME_BYTES) {
      this.frame(blockBytes, FRAME.HEADERS, flags | FLAG.END_HEADERS, streamId);
      this.length = end;
      return;
    }
    // Seldom: the block is moved apart, to make room for the headers of its frames.
    const block = Buffer.from(this.slab.subarray(from + FRAME_HEADER_BYTES, end));
    this.reserve(
      blockBytes + FRAME_HEADER_BYTES * (2 + Math.ceil(blockBytes / DEFAULT_MAX_FRAME_BYTES)),
      spill,
    );
    for (let at = 0; at < blockBytes; at += DEFAULT_MAX_FRAME_BYTES) {
      const part = block.subarray(at, at + DEFAULT_MAX_FRAME_BYTES);
      const isLast = at + part.byteLength === blockBytes;
      const type = at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION;
      this.frame(part.byteLength, type, (at === 0 ? flags : 0) | (isLast ? FLAG.END_HEADERS : 0), streamId);
      this.length += part.copy(this.slab, this.length);
    }
  }

  /** A frame's header alone: its payload of `bytes` follows in a write of its own. */
  frameHeader(
    type: number,
    flags: number,
    streamId: number,
    bytes: number,
    spill: (bytes: Buffer) => void,
  ): void {
    this.reserve(FRAME_HEADER_BYTES, spill);
    this.frame(bytes, type, flags, streamId);
  }

  /** A short frame whose payload is here. */
  control(
    type: number,
    flags: number,
    streamId: number,
    payload: Uint8Array,
    spill: (bytes: Buffer) => void,
  ): void {
    this.reserve(FRAME_HEADER_BYTES + payload.byteLength, spill);
    this.frame(payload.byteLength, type, flags, streamId);
    this.slab.set(payload, this.length);
    this.length += payload.byteLength;
  }

  /** RST_STREAM and WINDOW_UPDATE: a payload of one number. */
  number(type: number, streamId: number, value: number, spill: (bytes: Buffer) => void): void {
    this.reserve(FRAME_HEADER_BYTES + 4, spill);
    this.frame(4, type, 0, streamId);
    this.length = this.slab.writeUInt32BE(value, this.length);
  }

  // Leaves the writer behind the header; `headers` sets the length itself.
  private frame(bytes: number, type: number, flags: number, streamId: number): void {
    const { slab } = this;
    let at = this.length;
    slab[at++] = bytes >>> 16;
    slab[at++] = (bytes >>> 8) & 0xff;
    slab[at++] = bytes & 0xff;
    slab[at++] = type;
    slab[at++] = flags;
    this.length = slab.writeUInt32BE(streamId, at);
  }

  private reserve(bytes: number, spill: (bytes: Buffer) => void): void {
    if (this.length + bytes <= this.slab.byteLength) return;
    const written = this.take();
    if (written !== undefined) spill(written);
    this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    this.length = 0;
    this.taken = 0;
  }
}
