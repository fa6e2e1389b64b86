// One HTTP/2 connection to the apiserver, client side (RFC 9113): many requests in one TLS record, heads that shrink to a few
// bytes. Flow control is for each stream; the connection's own window never closes, so that no answer waits for another's reader.
import type { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import {
  checkFrame,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  FrameWriter,
  H2_ERROR,
  HeaderBlock,
  HpackDecoder,
  Http2Error,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
} from '../../http/index.ts';
import type { FrameSink } from '../../http/index.ts';
import { countReceived, IdTable } from '../../memory/index.ts';
import type { UpstreamRequest } from '../upstream-request.ts';
import { BodySender, widened } from './body-sender.ts';
import { Http2Stream } from './http2-stream.ts';
import type { StreamConnection } from './http2-stream.ts';
import { HTTP2_LIMITS } from './limits.ts';
import { Pings } from './pings.ts';
import { checkSetting, settingsPayload } from './settings.ts';
import { UpstreamError } from './upstream-error.ts';

export interface ConnectionOwner {
  /** How many requests the apiserver last said that it takes on a connection: a new one begins with that. */
  streamLimit: number;
  /** There may be room for another request. */
  onRoom(): void;
  /** The apiserver surely did not begin this request, and it can be sent again. */
  onUnprocessed(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void;
  onClosed(connection: Http2Connection): void;
}

const PING_PAYLOAD = Buffer.alloc(8);
// The connection's window is opened again when half of it is used.
const CONNECTION_CREDIT_BYTES = 2 ** 30;

export class Http2Connection implements FrameSink, StreamConnection {
  /** Since when no request is running, ms of the monotonic clock; Infinity while one is. */
  idleSinceMs: number;
  private readonly socket: TLSSocket;
  private readonly authority: string;
  private readonly owner: ConnectionOwner;
  private readonly reader: FrameReader;
  private readonly writer = new FrameWriter();
  private readonly decoder = new HpackDecoder(HTTP2_LIMITS.MAX_BLOCK_BYTES);
  private readonly block = new HeaderBlock(HTTP2_LIMITS.MAX_BLOCK_BYTES);
  private readonly streams = new IdTable<Http2Stream>();
  private readonly bodies: BodySender;
  private readonly pings = new Pings(() => this.sendPing());
  private nextId = 1;
  private maxStreams: number;
  private initialSendWindow = DEFAULT_WINDOW_BYTES;
  private receivedBytes = 0;
  private lastAuthorization = '';
  private isScheduled = false;
  private hasSettings = false;
  private draining = false;
  private closed = false;

  /** @param socket through TLS, with ALPN "h2" */
  constructor(socket: TLSSocket, authority: string, owner: ConnectionOwner) {
    this.socket = socket;
    this.authority = authority;
    this.owner = owner;
    this.maxStreams = owner.streamLimit;
    this.reader = new FrameReader(this, HTTP2_LIMITS.MAX_FRAME_BYTES);
    this.bodies = new BodySender(socket, this.writer, this.spill);
    this.idleSinceMs = performance.now();
    socket.on('data', (chunk: Buffer) => this.onBytes(chunk));
    socket.on('drain', () => this.onDrain());
    socket.on('error', (error) => this.lose(error));
    socket.on('end', () => this.lose());
    socket.on('close', () => this.lose());
    socket.write(PREFACE);
    this.writer.control(FRAME.SETTINGS, 0, 0, settingsPayload(), this.spill);
    this.writer.number(FRAME.WINDOW_UPDATE, 0, MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES, this.spill);
    this.flush();
  }

  get hasRoom(): boolean {
    return (
      !this.draining &&
      !this.closed &&
      this.streams.size + this.pings.heldPlaces < this.maxStreams &&
      this.socket.writableLength < HTTP2_LIMITS.MAX_SOCKET_QUEUE_BYTES / 2
    );
  }

  get activeStreams(): number {
    return this.streams.size;
  }

  /** Sends a request; `hasRoom` was true. What goes wrong is told to the handler. */
  start(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    const stream = new Http2Stream(this.nextId, this, request, handler, this.initialSendWindow);
    handler.onRequestStart?.(stream, {});
    if (stream.aborted) return;
    const authorization = authorizationOf(request.headers);
    // The agent's own token is renewed each hour: the table makes room for the new one.
    if (this.lastAuthorization !== '' && authorization !== this.lastAuthorization)
      this.writer.encoder.restart();
    this.lastAuthorization = authorization;
    const { method, target, headers, body } = request;
    const list = [
      ':method',
      method,
      ':scheme',
      'https',
      ':authority',
      this.authority,
      ':path',
      target,
      ...headers,
    ];
    if (Buffer.isBuffer(body)) list.push('content-length', String(body.byteLength));
    try {
      this.writer.headers(stream.id, list, body === null, this.spill);
    } catch (error) {
      stream.closed = true;
      handler.onResponseError?.(stream, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.nextId += 2;
    if (this.nextId > MAX_STREAM_ID) this.draining = true;
    this.streams.add(stream.id, stream);
    this.idleSinceMs = Infinity;
    stream.startBody();
    this.schedule();
  }

  /** To be called every SWEEP_MS: finds out about an apiserver that vanished. */
  sweep(nowMs: number): void {
    if (this.closed) return;
    if (this.pings.isOverdue(nowMs)) {
      return this.end(new UpstreamError('CC_ERR_UPSTREAM_SILENT', 'the kube-apiserver does not answer'));
    }
    if (this.streams.size > 0) this.pings.watch(nowMs);
  }

  /** Ends it in order; running requests fail. */
  close(): void {
    this.end(new UpstreamError('CC_ERR_UPSTREAM_ABORTED', 'the agent stops'));
  }

  // --- StreamConnection ---

  sendReset(stream: Http2Stream, code: number): void {
    // One that its exchange gave up before its head was written does not exist for the apiserver.
    if (this.closed || !this.streams.has(stream.id)) return;
    this.writer.number(FRAME.RST_STREAM, stream.id, code, this.spill);
    this.pings.resetSent();
    this.schedule();
  }

  sendCredit(stream: Http2Stream, bytes: number): void {
    this.writer.number(FRAME.WINDOW_UPDATE, stream.id, bytes, this.spill);
    this.schedule();
  }

  wake(stream: Http2Stream): void {
    this.bodies.add(stream);
    this.schedule();
  }

  forget(stream: Http2Stream): void {
    this.bodies.drop(stream);
    if (!this.streams.delete(stream.id)) return;
    if (this.streams.size === 0) this.idleSinceMs = performance.now();
    if (this.closed) return;
    if (this.draining && this.streams.size === 0) this.close();
    else this.owner.onRoom();
  }

  // --- FrameSink ---

  onDataFrame(streamId: number, flowBytes: number): void {
    this.checkOrder(FRAME.DATA, 0);
    this.receivedBytes += flowBytes;
    if (this.receivedBytes >= CONNECTION_CREDIT_BYTES) {
      this.writer.number(FRAME.WINDOW_UPDATE, 0, this.receivedBytes, this.spill);
      this.receivedBytes = 0;
      this.schedule();
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) this.checkKnown(streamId);
    else stream.receive(flowBytes);
  }

  onData(streamId: number, piece: Buffer): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    try {
      stream.onData(piece);
    } catch (error) {
      fault(stream, error);
    }
  }

  onDataEnd(streamId: number, endStream: boolean): void {
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    try {
      stream.onDataEnd(endStream);
    } catch (error) {
      fault(stream, error);
    }
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.checkOrder(type, flags);
    checkFrame(type, flags, streamId, payload.byteLength);
    switch (type) {
      case FRAME.HEADERS:
        this.checkKnown(streamId);
        if (this.block.begin(flags, streamId, payload)) this.onBlock();
        break;
      case FRAME.CONTINUATION:
        if (this.block.add(flags, streamId, payload)) this.onBlock();
        break;
      case FRAME.RST_STREAM:
        this.onReset(streamId, payload.readUInt32BE(0));
        break;
      case FRAME.SETTINGS:
        if ((flags & FLAG.ACK) === 0) this.onSettings(payload);
        break;
      case FRAME.PING:
        this.onPing(flags, payload);
        break;
      case FRAME.GOAWAY:
        this.onGoAway(payload);
        break;
      case FRAME.WINDOW_UPDATE:
        this.onWindowUpdate(streamId, payload.readUInt32BE(0));
        break;
      default:
      // RFC 9113 §5.5: what is not known is passed over, PRIORITY among it.
    }
  }

  // --- private ---

  private onBytes(chunk: Buffer): void {
    if (this.closed) return;
    this.pings.received(performance.now());
    countReceived(chunk.byteLength);
    try {
      this.reader.push(chunk);
    } catch (error) {
      this.end(asConnectionError(error));
    }
  }

  private onBlock(): void {
    const { streamId, endStream } = this.block;
    const list = this.decoder.decode(this.block.take());
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    try {
      stream.onHeaders(list, endStream);
    } catch (error) {
      fault(stream, error);
    }
  }

  private onReset(streamId: number, code: number): void {
    this.checkKnown(streamId);
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    if (code === H2_ERROR.REFUSED_STREAM) return this.unprocessed(stream);
    stream.fail(new UpstreamError('CC_ERR_UPSTREAM_RESET', `the kube-apiserver reset the request (${code})`));
  }

  private onSettings(payload: Buffer): void {
    if (!this.hasSettings) {
      this.hasSettings = true;
      // What was true of the connection before need not be true of this one.
      this.maxStreams = HTTP2_LIMITS.STREAMS_BEFORE_SETTINGS;
    }
    for (let at = 0; at < payload.byteLength; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      switch (checkSetting(payload.readUInt16BE(at), value)) {
        case SETTING.HEADER_TABLE_SIZE:
          this.writer.encoder.setMaxTableBytes(value);
          break;
        case SETTING.MAX_CONCURRENT_STREAMS:
          this.maxStreams = Math.min(value, HTTP2_LIMITS.MAX_STREAMS);
          break;
        case SETTING.INITIAL_WINDOW_SIZE:
          this.moveWindows(value);
          break;
        default:
      }
    }
    this.owner.streamLimit = Math.max(1, this.maxStreams);
    this.writer.control(FRAME.SETTINGS, FLAG.ACK, 0, payload.subarray(0, 0), this.spill);
    this.schedule();
    this.owner.onRoom();
  }

  // RFC 9113 §6.9.2: those of running requests move with it, below zero too.
  private moveWindows(initialWindow: number): void {
    const change = initialWindow - this.initialSendWindow;
    this.initialSendWindow = initialWindow;
    for (const stream of this.streams.values()) {
      stream.sendWindow = widened(stream.sendWindow, change);
      if (stream.peekBody() !== undefined) this.wake(stream);
    }
  }

  private onPing(flags: number, payload: Buffer): void {
    if ((flags & FLAG.ACK) === 0) {
      this.writer.control(FRAME.PING, FLAG.ACK, 0, payload, this.spill);
      return this.schedule();
    }
    this.pings.acknowledged();
    this.owner.onRoom();
  }

  private onGoAway(payload: Buffer): void {
    const lastId = payload.readUInt32BE(0) & MAX_STREAM_ID;
    this.draining = true;
    for (const stream of this.streams.values()) if (stream.id > lastId) this.unprocessed(stream);
    if (this.streams.size === 0) this.close();
  }

  private onWindowUpdate(streamId: number, value: number): void {
    const bytes = value & MAX_WINDOW_BYTES;
    // RFC 9113 §6.9
    if (bytes === 0) throw new Http2Error('PROTOCOL_ERROR', 'credit of nothing');
    if (streamId === 0) {
      this.bodies.widen(bytes);
      return this.schedule();
    }
    this.checkKnown(streamId);
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    stream.sendWindow = widened(stream.sendWindow, bytes);
    if (stream.peekBody() !== undefined) this.wake(stream);
  }

  private checkOrder(type: number, flags: number): void {
    // RFC 9113 §6.10: nothing in between.
    if (this.block.isOpen && type !== FRAME.CONTINUATION)
      throw new Http2Error('PROTOCOL_ERROR', 'a block that is cut off');
    // RFC 9113 §3.4: settings come first.
    if (!this.hasSettings && (type !== FRAME.SETTINGS || (flags & FLAG.ACK) !== 0))
      throw new Http2Error('PROTOCOL_ERROR', 'not the beginning of HTTP/2');
  }

  // A frame of a stream that is over is a late one; of one that never was, a fault.
  private checkKnown(streamId: number): void {
    if (streamId === 0 || streamId % 2 === 0 || streamId >= this.nextId) {
      throw new Http2Error('PROTOCOL_ERROR', 'a frame of a stream that does not exist');
    }
  }

  private unprocessed(stream: Http2Stream): void {
    const { request, handler } = stream;
    const again = { ...request, attempts: (request.attempts ?? 1) + 1 };
    if (!stream.isRepeatable || again.attempts > HTTP2_LIMITS.MAX_ATTEMPTS) {
      return stream.fail(
        new UpstreamError('CC_ERR_UPSTREAM_REFUSED', 'the kube-apiserver did not take the request'),
      );
    }
    stream.closed = true;
    this.forget(stream);
    this.owner.onUnprocessed(again, handler);
  }

  private sendPing(): void {
    this.writer.control(FRAME.PING, 0, 0, PING_PAYLOAD, this.spill);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.closed) return;
    this.isScheduled = true;
    // Requests come in messages of the tunnel, several in each: what one brings leaves in one write.
    process.nextTick(this.flushLater);
  }

  private readonly flushLater = (): void => {
    this.isScheduled = false;
    this.sendBodies();
  };

  private readonly spill = (bytes: Buffer): void => void this.socket.write(bytes);

  private flush(): void {
    const bytes = this.writer.take();
    if (bytes === undefined || this.closed) return;
    this.socket.write(bytes);
    if (this.socket.writableLength <= HTTP2_LIMITS.MAX_SOCKET_QUEUE_BYTES) return;
    this.end(new UpstreamError('CC_ERR_UPSTREAM_SILENT', 'the kube-apiserver does not read what it is sent'));
  }

  // Heads and control first.
  private sendBodies(): void {
    if (this.closed) return;
    if (this.bodies.isIdle) return this.flush();
    this.socket.cork();
    this.bodies.send();
    this.flush();
    this.socket.uncork();
  }

  private onDrain(): void {
    if (this.closed) return;
    this.sendBodies();
    this.owner.onRoom();
  }

  private lose(cause?: Error): void {
    this.end(
      new UpstreamError('CC_ERR_UPSTREAM_CLOSED', 'the kube-apiserver closed the connection', { cause }),
    );
  }

  private end(error: UpstreamError): void {
    if (this.closed) return;
    this.closed = true;
    const { socket, writer } = this;
    const code = error.cause instanceof Http2Error ? H2_ERROR[error.cause.h2Code] : H2_ERROR.NO_ERROR;
    const farewell = Buffer.alloc(8);
    farewell.writeUInt32BE(code, 4);
    writer.control(FRAME.GOAWAY, 0, 0, farewell, this.spill);
    const last = writer.take();
    if (last !== undefined && socket.writable) socket.write(last);
    const timer = setTimeout(() => socket.destroy(), HTTP2_LIMITS.FAREWELL_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
    socket.destroySoon();
    for (const stream of this.streams.values()) stream.fail(error);
    this.streams.clear();
    this.owner.onClosed(this);
  }
}

// A handler's own mistake ends its own request, nobody else's.
function fault(stream: Http2Stream, error: unknown): void {
  if (error instanceof Http2Error) throw error;
  stream.abort(error instanceof Error ? error : new Error(String(error)));
}

function asConnectionError(cause: unknown): UpstreamError {
  const message = cause instanceof Http2Error ? cause.message : 'a frame could not be handled';
  return new UpstreamError('CC_ERR_UPSTREAM_PROTOCOL', message, { cause });
}

function authorizationOf(headers: readonly string[]): string {
  const at = headers.lastIndexOf('authorization');
  return at < 0 ? '' : (headers[at + 1] ?? '');
}
