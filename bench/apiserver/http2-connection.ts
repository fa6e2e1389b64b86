// One HTTP/2 connection of the stand-in, on a bare TLS socket: node:http2 would cost more than what is measured.
import type { TLSSocket } from 'node:tls';
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  FrameWriter,
  HeaderBlock,
  HpackDecoder,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
} from '../../http/index.ts';
import type { FrameSink } from '../../http/index.ts';

/** As many as a kube-apiserver allows on one connection. */
const MAX_STREAMS = 100;
/** What a client may send of one body before it is told to go on. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const MAX_BLOCK_BYTES = 64 * 1024;
/** Waiting in the socket: enough that it is never idle. */
const SOCKET_QUEUE_BYTES = 512 * 1024;

/** A request, and the way of its answer. Set `onBody` and the others before returning from the call that brings it. */
export interface Http2Request {
  readonly method: string;
  readonly path: string;
  /** Name and value in turn, pseudo-headers among them. */
  readonly headers: readonly string[];
  onBody: (bytes: Buffer) => void;
  onBodyEnd: () => void;
  onClose: () => void;
  /** @param headers name and value in turn, `:status` first */
  respond(headers: readonly string[]): void;
  /** @param onSent when windows and socket have taken it */
  write(bytes: Buffer, onSent?: () => void): void;
  end(): void;
}

/** @param onRequest what it throws ends the connection */
export function serveHttp2(socket: TLSSocket, onRequest: (request: Http2Request) => void): void {
  const connection = new Http2ServerConnection(socket, onRequest);
  socket.on('data', (chunk: Buffer) => {
    try {
      connection.push(chunk);
    } catch {
      socket.destroy();
    }
  });
  // Not in the event itself: while the kernel takes all at once, that would leave no turn to other connections.
  socket.on('drain', () => setImmediate(() => connection.flush()));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connection.close());
}

interface Waiting {
  readonly bytes: Buffer;
  readonly onSent: (() => void) | undefined;
}

class ServerStream implements Http2Request {
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly queue: Waiting[] = [];
  onBody: (bytes: Buffer) => void = () => undefined;
  onBodyEnd: () => void = () => undefined;
  onClose: () => void = () => undefined;
  window: number;
  owedBytes = 0;
  ended = false;
  private readonly connection: Http2ServerConnection;

  constructor(id: number, headers: readonly string[], window: number, connection: Http2ServerConnection) {
    this.id = id;
    this.headers = headers;
    this.method = headers[headers.indexOf(':method') + 1] ?? '';
    this.path = headers[headers.indexOf(':path') + 1] ?? '';
    this.window = window;
    this.connection = connection;
  }

  respond(headers: readonly string[]): void {
    this.connection.writer.headers(this.id, headers, false, this.connection.spill);
    this.connection.schedule();
  }

  write(bytes: Buffer, onSent?: () => void): void {
    this.queue.push({ bytes, onSent });
    this.connection.wake(this);
  }

  end(): void {
    this.ended = true;
    this.connection.wake(this);
  }
}

class Http2ServerConnection implements FrameSink {
  readonly writer = new FrameWriter();
  readonly spill = (bytes: Buffer): void => void this.socket.write(bytes);
  private readonly socket: TLSSocket;
  private readonly onRequest: (request: Http2Request) => void;
  private readonly reader = new FrameReader(this, DEFAULT_MAX_FRAME_BYTES);
  private readonly block = new HeaderBlock(MAX_BLOCK_BYTES);
  private readonly decoder = new HpackDecoder(MAX_BLOCK_BYTES);
  private readonly streams = new Map<number, ServerStream>();
  private readonly sending = new Set<ServerStream>();
  private prefaceBytes = 0;
  private initialWindow = DEFAULT_WINDOW_BYTES;
  private maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  private window = DEFAULT_WINDOW_BYTES;
  private isScheduled = false;

  constructor(socket: TLSSocket, onRequest: (request: Http2Request) => void) {
    this.socket = socket;
    this.onRequest = onRequest;
    const settings = Buffer.alloc(12);
    settings.writeUInt16BE(SETTING.MAX_CONCURRENT_STREAMS, 0);
    settings.writeUInt32BE(MAX_STREAMS, 2);
    settings.writeUInt16BE(SETTING.INITIAL_WINDOW_SIZE, 6);
    settings.writeUInt32BE(STREAM_WINDOW_BYTES, 8);
    this.writer.control(FRAME.SETTINGS, 0, 0, settings, this.spill);
    this.writer.number(FRAME.WINDOW_UPDATE, 0, MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES, this.spill);
    this.flush();
  }

  push(chunk: Buffer): void {
    const skipped = Math.min(PREFACE.byteLength - this.prefaceBytes, chunk.byteLength);
    this.prefaceBytes += skipped;
    this.reader.push(skipped === 0 ? chunk : chunk.subarray(skipped));
  }

  close(): void {
    for (const stream of this.streams.values()) stream.onClose();
    this.streams.clear();
  }

  wake(stream: ServerStream): void {
    this.sending.add(stream);
    this.schedule();
  }

  schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(this.flushLater);
  }

  flush(): void {
    const { socket, sending } = this;
    if (socket.destroyed) return;
    socket.cork();
    for (const stream of sending) {
      if (socket.writableLength >= SOCKET_QUEUE_BYTES) break;
      sending.delete(stream);
      if (this.sendFrame(stream)) sending.add(stream);
      if (this.window <= 0) break;
    }
    this.flushWritten();
    socket.uncork();
  }

  // --- FrameSink ---

  onDataFrame(streamId: number, flowBytes: number): void {
    // The connection's window is open for 2 GiB; a body of the bench is shorter, but there may be many.
    if (flowBytes > 0) this.writer.number(FRAME.WINDOW_UPDATE, 0, flowBytes, this.spill);
    const stream = this.streams.get(streamId);
    if (stream !== undefined) stream.owedBytes += flowBytes;
    this.schedule();
  }

  onData(streamId: number, piece: Buffer): void {
    this.streams.get(streamId)?.onBody(piece);
  }

  onDataEnd(streamId: number, endStream: boolean): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    if (endStream) return stream.onBodyEnd();
    if (stream.owedBytes * 2 < STREAM_WINDOW_BYTES) return;
    this.writer.number(FRAME.WINDOW_UPDATE, streamId, stream.owedBytes, this.spill);
    stream.owedBytes = 0;
    this.schedule();
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    switch (type) {
      case FRAME.HEADERS:
        if (this.block.begin(flags, streamId, payload)) this.onBlock();
        break;
      case FRAME.CONTINUATION:
        if (this.block.add(flags, streamId, payload)) this.onBlock();
        break;
      case FRAME.RST_STREAM:
        this.forget(this.streams.get(streamId));
        break;
      case FRAME.SETTINGS:
        if ((flags & FLAG.ACK) === 0) this.onSettings(payload);
        break;
      case FRAME.PING:
        if ((flags & FLAG.ACK) === 0) this.writer.control(FRAME.PING, FLAG.ACK, 0, payload, this.spill);
        this.schedule();
        break;
      case FRAME.WINDOW_UPDATE:
        this.onWindowUpdate(streamId, payload.readUInt32BE(0));
        break;
      default:
    }
  }

  // --- private ---

  private readonly flushLater = (): void => {
    this.isScheduled = false;
    this.flush();
  };

  private onBlock(): void {
    const { streamId, endStream } = this.block;
    const headers = this.decoder.decode(this.block.take());
    if (headers === undefined) throw new RangeError('a head that is too large');
    const stream = new ServerStream(streamId, headers, this.initialWindow, this);
    this.streams.set(streamId, stream);
    this.onRequest(stream);
    if (endStream) stream.onBodyEnd();
  }

  private onSettings(payload: Buffer): void {
    for (let at = 0; at < payload.byteLength; at += 6) {
      const id = payload.readUInt16BE(at);
      const value = payload.readUInt32BE(at + 2);
      if (id === SETTING.MAX_FRAME_SIZE) this.maxFrameBytes = value;
      if (id !== SETTING.INITIAL_WINDOW_SIZE) continue;
      for (const stream of this.streams.values()) stream.window += value - this.initialWindow;
      this.initialWindow = value;
    }
    this.writer.control(FRAME.SETTINGS, FLAG.ACK, 0, payload.subarray(0, 0), this.spill);
    this.schedule();
  }

  private onWindowUpdate(streamId: number, bytes: number): void {
    if (streamId === 0) this.window += bytes;
    const stream = this.streams.get(streamId);
    if (stream !== undefined) {
      stream.window += bytes;
      this.sending.add(stream);
    }
    if (this.sending.size > 0) this.schedule();
  }

  /** @returns whether the stream can send more at once */
  private sendFrame(stream: ServerStream): boolean {
    const [next] = stream.queue;
    if (next === undefined) {
      if (stream.ended) {
        this.writer.frameHeader(FRAME.DATA, FLAG.END_STREAM, stream.id, 0, this.spill);
        this.forget(stream);
      }
      return false;
    }
    const bytes = Math.min(next.bytes.byteLength, stream.window, this.window, this.maxFrameBytes);
    if (bytes <= 0) return this.window <= 0 && stream.window > 0;
    stream.window -= bytes;
    this.window -= bytes;
    const isWhole = bytes === next.bytes.byteLength;
    const isLast = isWhole && stream.ended && stream.queue.length === 1;
    this.writer.frameHeader(FRAME.DATA, isLast ? FLAG.END_STREAM : 0, stream.id, bytes, this.spill);
    this.flushWritten();
    this.socket.write(isWhole ? next.bytes : next.bytes.subarray(0, bytes));
    if (!isWhole) {
      stream.queue[0] = { bytes: next.bytes.subarray(bytes), onSent: next.onSent };
      return true;
    }
    stream.queue.shift();
    next.onSent?.();
    if (isLast) this.forget(stream);
    return !isLast && (stream.queue.length > 0 || stream.ended);
  }

  private flushWritten(): void {
    const bytes = this.writer.take();
    if (bytes !== undefined) this.socket.write(bytes);
  }

  private forget(stream: ServerStream | undefined): void {
    if (stream === undefined) return;
    this.streams.delete(stream.id);
    this.sending.delete(stream);
    stream.onClose();
  }
}
