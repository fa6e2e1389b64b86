// Frames of HTTP/2 (RFC 9113 §4.1), in any split of the bytes, and nothing of what they mean.

/** @param payload in memory that is used again after the call */
export type OnFrame = (type: number, flags: number, streamId: number, payload: Buffer) => void;

export const FRAME_HEADER_BYTES = 9;
/** RFC 9113 §4.2: no peer may send more without being allowed to. */
const MAX_PAYLOAD_BYTES = 16_384;

export class FrameReader {
  private readonly onFrame: OnFrame;
  /** The one frame that a chunk may end in; only that is copied, for the chunk's memory is used again. */
  private readonly partial = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES);
  private partialBytes = 0;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  /** @throws Error for a frame that is too long */
  push(chunk: Buffer): void {
    let at = this.partialBytes === 0 ? 0 : this.complete(chunk);
    while (chunk.byteLength - at >= FRAME_HEADER_BYTES) {
      const end = at + frameBytes(chunk, at);
      if (end > chunk.byteLength) break;
      this.deliver(chunk, at, end);
      at = end;
    }
    this.fill(chunk, at, Infinity);
  }

  /** @returns how much of the chunk belonged to the frame that the one before ended in */
  private complete(chunk: Buffer): number {
    let used = this.fill(chunk, 0, FRAME_HEADER_BYTES);
    if (this.partialBytes < FRAME_HEADER_BYTES) return used;
    const whole = frameBytes(this.partial, 0);
    used += this.fill(chunk, used, whole);
    if (this.partialBytes === whole) {
      this.partialBytes = 0;
      this.deliver(this.partial, 0, whole);
    }
    return used;
  }

  /** @param until how much of the frame is wanted at most. @returns how much was taken */
  private fill(chunk: Buffer, from: number, until: number): number {
    const count = Math.min(until - this.partialBytes, chunk.byteLength - from);
    if (count <= 0) return 0;
    chunk.copy(this.partial, this.partialBytes, from, from + count);
    this.partialBytes += count;
    return count;
  }

  private deliver(bytes: Buffer, at: number, end: number): void {
    const streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
    const payload = bytes.subarray(at + FRAME_HEADER_BYTES, end);
    this.onFrame(bytes.readUInt8(at + 3), bytes.readUInt8(at + 4), streamId, payload);
  }
}

/** With its header, of which all has to be there. */
function frameBytes(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > MAX_PAYLOAD_BYTES) throw new Error('a frame is too long');
  return FRAME_HEADER_BYTES + length;
}
