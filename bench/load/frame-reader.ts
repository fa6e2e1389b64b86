// Frames of HTTP/2 (RFC 9113 §4.1), in any split of the bytes, and nothing of what they mean.

/** @param payload in memory that is used again after the call */
export type OnFrame = (type: number, flags: number, streamId: number, payload: Buffer) => void;

export const FRAME_HEADER_BYTES = 9;
/** RFC 9113 §4.2: no peer may send more without being allowed to. */
const MAX_PAYLOAD_BYTES = 16_384;

export class FrameReader {
  private readonly onFrame: OnFrame;
  private partial: Buffer | undefined = undefined;

  constructor(onFrame: OnFrame) {
    this.onFrame = onFrame;
  }

  /** @throws Error for a frame that is too long */
  push(chunk: Buffer): void {
    const bytes = this.partial === undefined ? chunk : Buffer.concat([this.partial, chunk]);
    let at = 0;
    while (bytes.byteLength - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      if (length > MAX_PAYLOAD_BYTES) throw new Error('a frame is too long');
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.byteLength) break;
      const streamId = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      this.onFrame(
        bytes.readUInt8(at + 3),
        bytes.readUInt8(at + 4),
        streamId,
        bytes.subarray(at + FRAME_HEADER_BYTES, end),
      );
      at = end;
    }
    // A copy: the chunk's memory is used again.
    this.partial = at === bytes.byteLength ? undefined : Buffer.from(bytes.subarray(at));
  }
}
