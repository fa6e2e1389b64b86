// Which stream's data goes next: streams take turns, a slice each (SPEC §7.2). A list threaded through the streams.
import type { FrameEncoder } from './frame-encoder.ts';
import { FRAME_HEADER_BYTES } from './frame.ts';
import { MAX_PAYLOAD_BYTES } from './limits.ts';
import type { TunnelStream } from './stream.ts';

export class SendScheduler {
  private readonly sliceBytes: number;
  private first: TunnelStream | undefined = undefined;
  private last: TunnelStream | undefined = undefined;

  constructor(sliceBytes: number) {
    this.sliceBytes = sliceBytes;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  /** Puts a stream at the end of the list, once. */
  add(stream: TunnelStream): void {
    if (stream.isReady) return;
    stream.isReady = true;
    if (this.last === undefined) this.first = stream;
    else this.last.nextReady = stream;
    this.last = stream;
  }

  /**
   * Writes slices into `encoder` until its message holds `maxBytes` or nothing is left that may be sent.
   * Streams whose queue became shorter are added to `advanced`.
   */
  fill(encoder: FrameEncoder, maxBytes: number, nowMs: () => number, advanced: TunnelStream[]): void {
    while (this.first !== undefined) {
      const room = maxBytes - encoder.length - FRAME_HEADER_BYTES;
      if (room <= 0) return;
      const stream = this.removeFirst(this.first);
      if (stream.isClosed) continue;
      const sent = this.sendSlice(stream, encoder, Math.min(room, this.sliceBytes));
      if (sent > 0) {
        stream.blockedSinceMs = 0;
        advanced.push(stream);
      }
      if (stream.isEndDue) {
        encoder.endStream(stream.id);
        stream.endSent();
      } else if (stream.queuedBytes > 0) {
        // A stream without credit leaves the list; CREDIT brings it back.
        if (stream.credit.sendable > 0) this.add(stream);
        else if (stream.blockedSinceMs === 0) stream.blockedSinceMs = nowMs();
      }
    }
  }

  private removeFirst(stream: TunnelStream): TunnelStream {
    this.first = stream.nextReady;
    if (this.first === undefined) this.last = undefined;
    stream.nextReady = undefined;
    stream.isReady = false;
    return stream;
  }

  private sendSlice(stream: TunnelStream, encoder: FrameEncoder, maxBytes: number): number {
    let left = maxBytes;
    let sent = 0;
    while (left > 0) {
      const chunk = stream.peek();
      const sendable = stream.credit.sendable;
      if (chunk === undefined || sendable === 0) break;
      const from = stream.peekOffset;
      const bytes = Math.min(left, sendable, chunk.byteLength - from, MAX_PAYLOAD_BYTES);
      encoder.data(stream.id, chunk, from, bytes);
      stream.credit.spend(bytes);
      stream.advance(bytes);
      sent += bytes;
      left -= bytes + FRAME_HEADER_BYTES;
    }
    return sent;
  }
}
