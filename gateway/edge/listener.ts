// HTTP/1.1 and HTTP/2 on one TLS port, by ALPN (RFC 7301). Every parser limit of the edge is set here.
import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Session, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { newRequestId, statusBody } from '../../http/index.ts';
import type { StatusOptions } from '../../http/index.ts';
import { boundPort } from '../../observe/index.ts';
import type { ListenAddress } from '../config.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { UpgradeExchange } from './upgrade-exchange.ts';

export interface TlsIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface EdgeListenerOptions {
  readonly address: ListenAddress;
  readonly limits: GatewayLimits;
  /** For every server name that is not a cluster's. */
  readonly ownIdentity: TlsIdentity;
  /** For the server names of clusters. */
  readonly clusterIdentity: TlsIdentity;
  isClusterServerName(serverName: string): boolean;
  onExchange(exchange: Exchange): void;
  /** A WebSocket upgrade on the path `/tunnel`. */
  onTunnel(request: IncomingMessage, socket: Duplex, head: Buffer, serverName: string): void;
}

export interface EdgeListener {
  readonly port: number;
  readonly connections: () => Promise<number>;
  /** Takes no new connection; HTTP/2 clients are told to go elsewhere. */
  stopListening(): void;
  close(): Promise<void>;
}

export async function startEdgeListener(options: EdgeListenerOptions): Promise<EdgeListener> {
  const { limits } = options;
  const own = secureContext(options.ownIdentity);
  const clusters = secureContext(options.clusterIdentity);
  const http2Sessions = new Set<ServerHttp2Session>();

  const server = createHttpsServer({
    cert: options.ownIdentity.certificatePem,
    key: options.ownIdentity.privateKeyPem,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    // Never throws, whatever the name is (CVE-2026-21637).
    SNICallback: (name, done) => done(null, options.isClusterServerName(name.toLowerCase()) ? clusters : own),
    handshakeTimeout: limits.TLS_HANDSHAKE_TIMEOUT_MS,
    headersTimeout: limits.HEADERS_TIMEOUT_MS,
    // An upload may take as long as it moves; what does not move is ended by the chain's own idle limit.
    requestTimeout: 0,
    keepAliveTimeout: limits.KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: limits.MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    requireHostHeader: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  // Headers beyond a count would be hidden from us and yet be obeyed by the parser (CVE-2026-58044): all are read, ours is the limit.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.MAX_CONNECTIONS;
  server.timeout = 0;

  const http2 = createHttp2Server({
    settings: {
      maxConcurrentStreams: limits.MAX_H2_STREAMS,
      initialWindowSize: limits.H2_STREAM_WINDOW_BYTES,
      maxHeaderListSize: limits.MAX_HEADER_BYTES,
      enablePush: false,
    },
    maxSessionMemory: limits.MAX_H2_SESSION_MEMORY_MIB,
    unknownProtocolTimeout: limits.TLS_HANDSHAKE_TIMEOUT_MS,
  });

  // One TLS server for both: the HTTP/1.1 server listens, and hands HTTP/2's sockets on.
  const [serveHttp1] = server.listeners('secureConnection');
  if (serveHttp1 === undefined) throw new TypeError('this Node has another way to serve TLS');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket);
    else serveHttp1.call(server, socket);
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    options.onExchange(new Http1Exchange(request, response, serverNameOf(request.socket), false));
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    options.onExchange(new Http1Exchange(request, response, serverNameOf(request.socket), true));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    // The chain refuses every expectation but 100-continue.
    options.onExchange(new Http1Exchange(request, response, serverNameOf(request.socket), false));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const serverName = serverNameOf(request.socket);
    if (request.url === '/tunnel' && !options.isClusterServerName(serverName)) {
      options.onTunnel(request, socket, head, serverName);
    } else {
      options.onExchange(new UpgradeExchange(request, socket, head, serverName));
    }
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuseRaw(socket, { code: 405, reason: 'MethodNotAllowed', message: 'CONNECT is not served here' });
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseRaw(socket, parserRefusal(error.code));
  });

  http2.on('session', (session: ServerHttp2Session) => {
    http2Sessions.add(session);
    session.setLocalWindowSize(limits.H2_CONNECTION_WINDOW_BYTES);
    session.setTimeout(limits.KEEP_ALIVE_TIMEOUT_MS, () => {
      // Idle means without streams: a quiet watch is not.
      if (http2StreamCount(session) === 0) session.close();
    });
    session.on('close', () => http2Sessions.delete(session));
    session.on('error', () => undefined);
  });
  http2.on('sessionError', () => undefined);
  http2.on(
    'stream',
    (stream: ServerHttp2Stream, _headers: unknown, _flags: number, rawHeaders: readonly string[]) => {
      countHttp2Stream(stream);
      const serverName = stream.session === undefined ? '' : serverNameOf(stream.session.socket);
      options.onExchange(new Http2Exchange(stream, rawHeaders, !stream.endAfterHeaders, serverName));
    },
  );

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.address.port, options.address.host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const port = boundPort(server);

  const stopListening = (): void => {
    server.close();
    server.closeIdleConnections();
    for (const session of http2Sessions) session.close();
  };
  return {
    port,
    connections: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    stopListening,
    close: async () => {
      const closed = new Promise<void>((resolve) =>
        server.listening ? server.once('close', resolve) : resolve(),
      );
      stopListening();
      for (const session of http2Sessions) session.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}

function secureContext(identity: TlsIdentity): SecureContext {
  return createSecureContext({
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
  });
}

function serverNameOf(socket: unknown): string {
  if (!(socket instanceof TLSSocket)) return '';
  const { servername } = socket as { servername?: unknown };
  return typeof servername === 'string' ? servername.toLowerCase() : '';
}

const streamCounts = new WeakMap<Http2Session, number>();

function http2StreamCount(session: Http2Session): number {
  return streamCounts.get(session) ?? 0;
}

function countHttp2Stream(stream: ServerHttp2Stream): void {
  const { session } = stream;
  if (session === undefined) return;
  streamCounts.set(session, http2StreamCount(session) + 1);
  stream.once('close', () => streamCounts.set(session, http2StreamCount(session) - 1));
}

// What the parser refuses before there is a request: the client still reads a Status.
function parserRefusal(code: string | undefined): Pick<StatusOptions, 'code' | 'reason' | 'message'> {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { code: 431, reason: 'RequestEntityTooLarge', message: 'the head of the request is too large' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 408, reason: 'Timeout', message: 'the head of the request did not come in time' };
  }
  return { code: 400, reason: 'BadRequest', message: 'the request is not valid HTTP/1.1' };
}

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function refuseRaw(socket: Duplex, status: Pick<StatusOptions, 'code' | 'reason' | 'message'>): void {
  const body = statusBody({ ...status, hop: 'gateway', requestId: newRequestId() });
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status.code} ${REASON_PHRASES[status.code] ?? ''}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.byteLength}\r\n\r\n${body.toString('utf8')}`,
  );
}
