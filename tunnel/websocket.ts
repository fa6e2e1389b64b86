// The one file that knows `ws`: a WebSocket as a Transport, at both ends (SPEC §1).
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { ClientOptions, RawData } from 'ws';
import { utf8Start } from './frame-encoder.ts';
import { DEFAULT_LIMITS, SUBPROTOCOL } from './limits.ts';
import type { TunnelLimits } from './limits.ts';
import type { Transport, TransportListener } from './transport.ts';

const MAX_REASON_BYTES = 120;

/** Wraps an open WebSocket. */
export function websocketTransport(socket: WebSocket, limits: TunnelLimits = DEFAULT_LIMITS): Transport {
  return new WebSocketTransport(socket, limits.MAX_WEBSOCKET_PINGS);
}

// A class, because a gateway has thousands of them: a closure for each method would be held for each tunnel.
class WebSocketTransport implements Transport {
  private readonly socket: WebSocket;
  private readonly maxPings: number;
  private listener: TransportListener | undefined = undefined;
  private pings = 0;
  private closed: { readonly code: number; readonly reason: string } | undefined = undefined;

  constructor(socket: WebSocket, maxPings: number) {
    this.socket = socket;
    this.maxPings = maxPings;
    socket.on('ping', (data: Buffer) => this.answerPing(data));
    socket.on('close', (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString('utf8') };
      this.listener?.onClose(this.closed.code, this.closed.reason);
    });
    // `close` follows every `error`; the code that it carries says enough.
    socket.on('error', ignore);
  }

  listen(to: TransportListener): void {
    const { socket, closed } = this;
    this.listener = to;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (!isBinary) to.onViolation('text', 'a text message');
      else if (Buffer.isBuffer(data)) to.onMessage(data);
    });
    // A socket may die while its owner still looks up whether to take it.
    if (closed !== undefined) queueMicrotask(() => to.onClose(closed.code, closed.reason));
    // Frames that came together with the upgrade wait in the paused socket until somebody listens.
    socket.resume();
  }

  send(message: Buffer): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message, SEND_OPTIONS, this.sent);
  }

  bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  newInterval(): void {
    this.pings = 0;
  }

  close(code: number, reason: string): void {
    this.socket.close(code, Buffer.from(utf8Start(reason, MAX_REASON_BYTES)));
  }

  terminate(): void {
    this.socket.terminate();
  }

  private readonly sent = (): void => this.listener?.onSent();

  private answerPing(data: Buffer): void {
    this.pings += 1;
    if (this.pings > this.maxPings) this.listener?.onViolation('pings', 'too many WebSocket pings');
    else if (this.socket.readyState === WebSocket.OPEN) this.socket.pong(data);
  }
}

function ignore(): void {
  // Told by another event.
}

const SEND_OPTIONS = { binary: true, compress: false };

export interface TunnelAcceptor {
  /**
   * Completes an upgrade that has been authenticated. The caller has checked method, path and credentials.
   * A request that is no tunnel handshake is answered with 4xx and `accepted` is not called.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accepted: (transport: Transport) => void,
  ): void;
}

/** The gateway's end. */
export function createTunnelAcceptor(limits: TunnelLimits = DEFAULT_LIMITS): TunnelAcceptor {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    ...receiverOptions(limits),
  });
  return {
    accept: (request, socket, head, accepted) => {
      const offered = request.headers['sec-websocket-protocol'] ?? '';
      if (!offered.split(',').some((name) => name.trim() === SUBPROTOCOL)) {
        const body = `the subprotocol ${SUBPROTOCOL} is required\n`;
        // Node has taken its own listener away: a peer that resets now would end the process.
        socket.on('error', () => undefined);
        socket.once('finish', () => socket.destroy());
        socket.end(
          `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
            `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
        return;
      }
      server.handleUpgrade(request, socket, head, (websocket) => {
        websocket.pause();
        accepted(websocketTransport(websocket, limits));
      });
    },
  };
}

/** A gateway answered the dial with something other than a tunnel. */
export interface DialRefusal {
  readonly status: number;
  /** Seconds, from Retry-After; 0 when the gateway named none. */
  readonly retryAfterSeconds: number;
  /** The beginning of the answer's body. */
  readonly body: string;
}

export interface DialOptions {
  /** `wss://host[:port]/tunnel` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
  /** Makes the socket, already through TLS: for an outbound proxy. */
  readonly createConnection?: ClientOptions['createConnection'];
  /** For the whole dial, to the tunnel or to the end of a refusal. */
  readonly handshakeTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly limits?: TunnelLimits;
}

const MAX_REFUSAL_BYTES = 4096;

/** The agent's end: dials, and answers with a transport or with the gateway's refusal. @throws for anything below HTTP */
export function dialTunnel(options: DialOptions): Promise<Transport | DialRefusal> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(options.url, [SUBPROTOCOL], {
      headers: { ...options.headers },
      followRedirects: false,
      // SPEC §1.7
      generateMask: (mask) => mask.fill(0),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...(options.createConnection === undefined ? {} : { createConnection: options.createConnection }),
      ...receiverOptions(limits),
    });
    const giveUp = (message: string): void => {
      settled();
      reject(new Error(message));
      socket.terminate();
    };
    const abort = (): void => giveUp('the dial was given up');
    const settled = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
    };
    // ws has a handshakeTimeout, but that begins again with each byte of a dribbled answer.
    const timer = setTimeout(
      () => giveUp('the gateway did not finish the handshake in time'),
      options.handshakeTimeoutMs,
    );
    socket.on('error', (error) => {
      settled();
      reject(error);
    });
    if (options.signal.aborted) return abort();
    options.signal.addEventListener('abort', abort, { once: true });
    socket.once('open', () => {
      settled();
      socket.pause();
      resolve(websocketTransport(socket, limits));
    });
    socket.once('unexpected-response', (request, response) => {
      readStart(response, (body) => {
        settled();
        request.destroy();
        const retryAfterSeconds = Math.max(
          0,
          Number.parseInt(response.headers['retry-after'] ?? '0', 10) || 0,
        );
        resolve({ status: response.statusCode ?? 0, retryAfterSeconds, body });
      });
    });
  });
}

function readStart(response: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    response.removeAllListeners();
    response.on('error', () => undefined);
    response.destroy();
    done(Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES).toString('utf8'));
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= MAX_REFUSAL_BYTES) finish();
  });
  response.once('end', finish);
  response.once('error', finish);
}

// SPEC §1.3 to §1.5 as options of ws; autoPong is ours because a flood of pings must have a bound.
function receiverOptions(limits: TunnelLimits) {
  return {
    perMessageDeflate: false,
    maxPayload: limits.MAX_MESSAGE_BYTES,
    maxFragments: 1,
    maxBufferedChunks: limits.MAX_MESSAGE_PIECES,
    autoPong: false,
    closeTimeout: limits.CLOSE_TIMEOUT_MS,
    skipUTF8Validation: true,
  };
}
