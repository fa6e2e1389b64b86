// The bodies of all requests of a connection on their way out: a slice of each in turn, as far as both windows and the socket take them.
import type { TLSSocket } from 'node:tls';
import { DEFAULT_WINDOW_BYTES, FLAG, FRAME, Http2Error, MAX_WINDOW_BYTES } from '../../http/index.ts';
import type { FrameWriter } from '../../http/index.ts';
import type { Http2Stream } from './http2-stream.ts';
import { HTTP2_LIMITS } from './limits.ts';

export class BodySender {
  private readonly socket: TLSSocket;
  private readonly writer: FrameWriter;
  private readonly spill: (bytes: Buffer) => void;
  // Streams with something of their body to send and room in their window.
  private readonly streams = new Set<Http2Stream>();
  // What the peer takes on this connection now, bytes.
  private window = DEFAULT_WINDOW_BYTES;

  /** @param spill writes to `socket` */
  constructor(socket: TLSSocket, writer: FrameWriter, spill: (bytes: Buffer) => void) {
    this.socket = socket;
    this.writer = writer;
    this.spill = spill;
  }

  get isIdle(): boolean {
    return this.streams.size === 0;
  }

  /** The stream has something to send. The end of a body waits for no window, nor for the bodies of others. */
  add(stream: Http2Stream): void {
    if (!stream.isBodyEndDue) return void this.streams.add(stream);
    this.writer.frameHeader(FRAME.DATA, FLAG.END_STREAM, stream.id, 0, this.spill);
    stream.localEnded = true;
  }

  drop(stream: Http2Stream): void {
    this.streams.delete(stream);
  }

  /** WINDOW_UPDATE of the connection. @throws Http2Error */
  widen(bytes: number): void {
    this.window = widened(this.window, bytes);
  }

  /** Writes what may be written now, after what is in the writer. */
  send(): void {
    const { socket, streams } = this;
    for (const stream of streams) {
      if (socket.writableLength >= HTTP2_LIMITS.SOCKET_QUEUE_BYTES) return;
      // One that has more is put at the end: a Set visits what is added while it is walked.
      streams.delete(stream);
      if (this.sendSlice(stream)) streams.add(stream);
      if (this.window <= 0) return;
    }
  }

  // Whether the stream can send more as soon as the connection can.
  private sendSlice(stream: Http2Stream): boolean {
    const chunk = stream.peekBody();
    if (chunk === undefined) return false;
    const room = Math.min(stream.sendWindow, this.window);
    // A window that is closed takes the stream out of turn; its WINDOW_UPDATE brings it back.
    if (room <= 0) return stream.sendWindow > 0;
    const bytes = Math.min(chunk.byteLength, room, HTTP2_LIMITS.DATA_SLICE_BYTES);
    this.window -= bytes;
    stream.bodySent(bytes);
    const isLast = stream.isBodyEndDue;
    this.writer.frameHeader(FRAME.DATA, isLast ? FLAG.END_STREAM : 0, stream.id, bytes, this.spill);
    const before = this.writer.take();
    if (before !== undefined) this.socket.write(before);
    this.socket.write(bytes === chunk.byteLength ? chunk : chunk.subarray(0, bytes));
    if (isLast) stream.localEnded = true;
    return stream.peekBody() !== undefined;
  }
}

/** RFC 9113 §6.9.1. @throws Http2Error for a window that may not be so large */
export function widened(window: number, bytes: number): number {
  if (window + bytes > MAX_WINDOW_BYTES)
    throw new Http2Error('FLOW_CONTROL_ERROR', 'a window that is too large');
  return window + bytes;
}
