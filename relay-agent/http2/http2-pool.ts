// As few HTTP/2 connections to the apiserver as its requests need. Where the apiserver speaks HTTP/1.1 only, says so, and the caller
// turns to another pool.
import type { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import { AGENT_LIMITS } from '../limits.ts';
import type { UpstreamRequest } from '../upstream-request.ts';
import { Http2Connection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { UpstreamError } from './upstream-error.ts';
import { HTTP2_LIMITS } from './limits.ts';

export interface Http2PoolOptions {
  readonly authority: string;
  /** A new connection through TLS. The socket's `alpnProtocol` says what it speaks. @throws Error of Node's, or UpstreamError */
  readonly connect: (signal: AbortSignal) => Promise<TLSSocket>;
  /** Takes a request that HTTP/2 cannot carry: the apiserver chose HTTP/1.1. */
  readonly otherwise: (request: UpstreamRequest, handler: Dispatcher.DispatchHandler) => void;
  /** A connection without a request is closed after this time. */
  readonly keepAliveMs: number;
}

interface Waiting {
  readonly request: UpstreamRequest;
  readonly handler: Dispatcher.DispatchHandler;
}

export class Http2Pool implements ConnectionOwner {
  streamLimit: number = HTTP2_LIMITS.STREAMS_BEFORE_SETTINGS;
  private readonly options: Http2PoolOptions;
  private readonly connections = new Set<Http2Connection>();
  // No longer than the tunnels have streams: each of these holds one.
  private waiting: Waiting[] = [];
  private dialling = false;
  private readonly closing = new AbortController();
  // When the apiserver was found to speak HTTP/1.1 only; it is asked again after a while.
  private declinedMs = -Infinity;
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: Http2PoolOptions) {
    this.options = options;
    this.sweeper = setInterval(() => this.sweep(), Math.min(HTTP2_LIMITS.SWEEP_MS, options.keepAliveMs / 2));
    this.sweeper.unref();
  }

  get openConnections(): number {
    return this.connections.size;
  }

  dispatch(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    if (this.closed) return handler.onResponseError?.(NO_REQUEST, stopped());
    if (this.isDeclined) return this.options.otherwise(request, handler);
    if (this.waiting.length === 0) {
      for (const connection of this.connections)
        if (connection.hasRoom) return connection.start(request, handler);
    }
    this.waiting.push({ request, handler });
    this.dial();
  }

  close(): void {
    this.closing.abort(stopped());
    clearInterval(this.sweeper);
    for (const connection of this.connections) connection.close();
    this.failWaiting(stopped());
  }

  // --- ConnectionOwner ---

  onRoom(): void {
    if (this.waiting.length > 0) this.serveWaiting();
  }

  onUnprocessed(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    // Later: its connection is in the middle of a frame.
    queueMicrotask(() => this.dispatch(request, handler));
  }

  onClosed(connection: Http2Connection): void {
    this.connections.delete(connection);
    if (this.waiting.length > 0) this.dial();
  }

  // --- private ---

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private get isDeclined(): boolean {
    return performance.now() - this.declinedMs < AGENT_LIMITS.UPSTREAM_PROTOCOL_REMEMBERED_MS;
  }

  // One at a time: most often the next connection has room for all that wait.
  private dial(): void {
    if (this.dialling || this.closed || this.connections.size >= AGENT_LIMITS.UPSTREAM_CONNECTIONS) return;
    this.dialling = true;
    this.options.connect(this.closing.signal).then(
      (socket) => this.onSocket(socket),
      (error: unknown) => {
        this.dialling = false;
        this.failWaiting(error);
      },
    );
  }

  private onSocket(socket: TLSSocket): void {
    this.dialling = false;
    if (this.closed) {
      socket.destroy();
      return;
    }
    // Between its handshake and here: none of its events would come any more.
    if (socket.destroyed) {
      const error = new UpstreamError('CC_ERR_UPSTREAM_CLOSED', 'the kube-apiserver closed the connection');
      return this.failWaiting(error);
    }
    if (socket.alpnProtocol === 'h2') {
      this.connections.add(new Http2Connection(socket, this.options.authority, this));
      return this.serveWaiting();
    }
    socket.destroy();
    this.declinedMs = performance.now();
    for (const { request, handler } of this.waiting.splice(0)) this.options.otherwise(request, handler);
  }

  private serveWaiting(): void {
    for (const connection of this.connections) {
      while (connection.hasRoom) {
        const next = this.waiting.shift();
        if (next === undefined) return;
        connection.start(next.request, next.handler);
      }
    }
    if (this.waiting.length > 0) this.dial();
  }

  private failWaiting(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    for (const { handler } of this.waiting.splice(0)) handler.onResponseError?.(NO_REQUEST, cause);
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.connections) {
      if (now - connection.idleSinceMs > this.options.keepAliveMs) connection.close();
      else connection.sweep(now);
    }
  }
}

function stopped(): UpstreamError {
  return new UpstreamError('CC_ERR_UPSTREAM_ABORTED', 'the agent stops');
}

// There is nothing to control of a request that never went out.
const NO_REQUEST: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
};
