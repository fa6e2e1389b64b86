// HTTP/1.1 and HTTP/2 on one TLS port, by ALPN (RFC 7301). Every parser limit of the edge is set here.
import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { LiveSet } from '../../memory/index.ts';
import { boundPort } from '../../observe/index.ts';
import type { ListenAddress } from '../config.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Exchange } from './exchange.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { countHttp2Stream, http2StreamCount } from './http2-streams.ts';
import type { EdgeIdentities, TlsIdentity } from './tls-identity.ts';
import { answerRaw, linger } from './raw-answer.ts';
import type { RawAnswer } from './raw-answer.ts';
import { UpgradeExchange } from './upgrade-exchange.ts';

export interface EdgeListenerOptions {
  readonly address: ListenAddress;
  /** Other processes listen on the same address; the kernel spreads connections over them. */
  readonly sharesPort: boolean;
  /** For TLS session tickets; by default keys of this listener alone. */
  readonly ticketKeys?: Buffer | undefined;
  readonly limits: GatewayLimits;
  readonly identities: EdgeIdentities;
  isClusterServerName(serverName: string): boolean;
  onExchange(exchange: Exchange): void;
  /** A WebSocket upgrade on the path `/tunnel`. */
  onTunnel(request: IncomingMessage, socket: Duplex, head: Buffer, serverName: string): void;
}

export interface EdgeListener {
  readonly port: number;
  /** Exchanges whose answer is not yet with the operating system. */
  readonly openExchanges: number;
  /** Shows other certificates from the next connection on. @throws for a certificate and key that do not belong together */
  setIdentities(identities: EdgeIdentities): void;
  /** Takes no new connection; clients are told to go elsewhere after what they have asked. */
  stopListening(): void;
  close(): Promise<void>;
}

// A head that is too slow is noticed at most this part of its time too late.
const HEADERS_CHECKS_PER_TIMEOUT = 5;

export async function startEdgeListener(options: EdgeListenerOptions): Promise<EdgeListener> {
  const { limits } = options;
  const tickets = options.ticketKeys === undefined ? {} : { ticketKeys: options.ticketKeys };
  let own = secureContext(options.identities.own);
  let clusters = secureContext(options.identities.clusters);
  const http2Sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const open = new LiveSet<Exchange>();
  const onClosed = (exchange: Exchange): void => {
    open.delete(exchange);
  };
  const accept = (exchange: Exchange): void => {
    open.add(exchange);
    options.onExchange(exchange);
  };
  let stopped: Promise<void> | undefined;

  const server = createHttpsServer({
    cert: options.identities.own.certificatePem,
    key: options.identities.own.privateKeyPem,
    minVersion: 'TLSv1.2',
    ...tickets,
    ALPNProtocols: ['h2', 'http/1.1'],
    // Never throws, whatever the name is (CVE-2026-21637).
    SNICallback: (name, done) => done(null, options.isClusterServerName(name.toLowerCase()) ? clusters : own),
    handshakeTimeout: limits.TLS_HANDSHAKE_TIMEOUT_MS,
    headersTimeout: limits.HEADERS_TIMEOUT_MS,
    // Node looks that often; by default every 30 s, which would double the limit and more.
    connectionsCheckingInterval: Math.ceil(limits.HEADERS_TIMEOUT_MS / HEADERS_CHECKS_PER_TIMEOUT),
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
    // Rapid reset (CVE-2023-44487): beyond these the connection ends with ENHANCE_YOUR_CALM.
    streamResetBurst: limits.H2_RESET_BURST,
    streamResetRate: limits.H2_RESETS_PER_SECOND,
    // A cluster's answer may hold such a field twice: it is passed on like over HTTP/1.1, not thrown about.
    strictSingleValueFields: false,
  });

  // One TLS server for both: the HTTP/1.1 server listens, and hands HTTP/2's sockets on.
  const [serveHttp1] = server.listeners('secureConnection');
  if (serveHttp1 === undefined) throw new TypeError('this Node has another way to serve TLS');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') {
      // A session that is closed ends its socket, and leaves it to the client to close it.
      socket.once('finish', () => linger(socket));
      http2.emit('connection', socket);
    } else {
      serveHttp1.call(server, socket);
    }
  });

  // All of them: also the ones within a TLS handshake and the ones that were upgraded, which no server lists.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const serveRequest =
    (expectsContinue: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      if (stopped !== undefined) response.shouldKeepAlive = false;
      const serverName = serverNameOf(request.socket);
      accept(new Http1Exchange(request, response, { serverName, expectsContinue, onClosed }));
    };
  server.on('request', serveRequest(false));
  server.on('checkContinue', serveRequest(true));
  // The chain refuses every expectation but 100-continue.
  server.on('checkExpectation', serveRequest(false));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const serverName = serverNameOf(request.socket);
    if (request.url === '/tunnel' && !options.isClusterServerName(serverName)) {
      options.onTunnel(request, socket, head, serverName);
    } else {
      accept(new UpgradeExchange(request, socket, head, serverName, onClosed));
    }
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    answerRaw(socket, { code: 405, reason: 'MethodNotAllowed', message: 'CONNECT is not served here' });
  });
  const refusedByParser = new WeakSet<Duplex>();
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    // Only what the parser says has a reader: not a handshake that failed, nor a connection that broke.
    const isParsers = /^(?:HPE_|ERR_HTTP_)/.test(error.code ?? '');
    // More of a head that is too large: the answer is on its way, and what still comes is thrown away.
    if (isParsers && refusedByParser.has(socket)) return;
    refusedByParser.add(socket);
    if (!isParsers || !socket.writable || isAnswering(socket)) socket.destroy();
    else answerRaw(socket, parserRefusal(error.code));
  });

  http2.on('session', (session: ServerHttp2Session) => {
    session.on('error', () => undefined);
    if (session.destroyed) return;
    http2Sessions.add(session);
    session.setLocalWindowSize(limits.H2_CONNECTION_WINDOW_BYTES);
    session.setTimeout(limits.KEEP_ALIVE_TIMEOUT_MS);
    // Each time, not only the first. Idle means without streams: a quiet watch is not.
    session.on('timeout', () => {
      if (http2StreamCount(session) === 0) session.close();
    });
    session.on('close', () => http2Sessions.delete(session));
  });
  http2.on('sessionError', () => undefined);
  http2.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: number, rawHeaders: string[]) => {
    countHttp2Stream(stream);
    const serverName = stream.session === undefined ? '' : serverNameOf(stream.session.socket);
    accept(new Http2Exchange(stream, rawHeaders, !stream.endAfterHeaders, serverName, onClosed));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { ...options.address, reusePort: options.sharesPort, backlog: limits.LISTEN_BACKLOG },
      () => {
        server.removeListener('error', reject);
        resolve();
      },
    );
  });
  const port = boundPort(server);

  // What a parser complains about in the middle of other answers is no answer to any of them.
  function isAnswering(socket: Duplex): boolean {
    for (const exchange of open) {
      if (exchange instanceof Http1Exchange && exchange.isOn(socket) && !exchange.isAwaitingAnswer())
        return true;
    }
    return false;
  }

  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of http2Sessions) session.close();
    });
    return stopped;
  };
  return {
    port,
    get openExchanges() {
      return open.size;
    },
    setIdentities: (identities) => {
      const next = { own: secureContext(identities.own), clusters: secureContext(identities.clusters) };
      ({ own, clusters } = next);
      // For clients that send no server name.
      server.setSecureContext({
        cert: identities.own.certificatePem,
        key: identities.own.privateKeyPem,
        minVersion: 'TLSv1.2',
        ...tickets,
      });
    },
    stopListening: () => {
      void stop();
    },
    close: async () => {
      const closed = stop();
      for (const session of http2Sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
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

// What the parser refuses before there is a request: the client still reads a Status.
function parserRefusal(code: string | undefined): RawAnswer {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { code: 431, reason: 'RequestEntityTooLarge', message: 'the head of the request is too large' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { code: 408, reason: 'Timeout', message: 'the head of the request did not come in time' };
  }
  return { code: 400, reason: 'BadRequest', message: 'the request is not valid HTTP/1.1' };
}
