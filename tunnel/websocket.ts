// The one file that knows `ws`: a WebSocket as a Transport, at both ends (SPEC §1).
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import type { ClientOptions, RawData } from 'ws';
import { countReceived } from '../memory/index.ts';
import { utf8Start } from './frame-encoder.ts';
import { DEFAULT_LIMITS, SUBPROTOCOL } from './limits.ts';
import type { TunnelLimits } from './limits.ts';
import type { Transport, TransportListener } from './transport.ts';

const MAX_REASON_BYTES = 120;

// RFC 6455 §5.2: the longest header of a frame, and what a client's has more than a server's.
const MAX_HEADER_BYTES = 10;
const MASK_BYTES = 4;
const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const LENGTH_IN_16_BITS = 126;
const LENGTH_IN_64_BITS = 127;

// A class, because a gateway has thousands of them: a closure for each method would be held for each tunnel.
class WebSocketTransport implements Transport {
  readonly headroomBytes: number;
  private readonly websocket: WebSocket;
  private readonly socket: Duplex;
  private readonly maskBytes: number;
  private readonly maxPings: number;
  private listener: TransportListener | undefined = undefined;
  private pings = 0;
  private closed: { readonly code: number; readonly reason: string } | undefined = undefined;

  /**
   * @param websocket open, and paused
   * @param socket what it runs on: messages go there as whole frames, in one write; ws would make two of each
   */
  constructor(websocket: WebSocket, socket: Duplex, end: 'client' | 'server', maxPings: number) {
    this.websocket = websocket;
    this.socket = socket;
    this.maskBytes = end === 'client' ? MASK_BYTES : 0;
    this.headroomBytes = MAX_HEADER_BYTES + this.maskBytes;
    this.maxPings = maxPings;
    websocket.on('ping', (data: Buffer) => this.answerPing(data));
    websocket.on('close', (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString('utf8') };
      this.listener?.onClose(this.closed.code, this.closed.reason);
    });
    // `close` follows every `error`; the code that it carries says enough.
    websocket.on('error', ignore);
  }

  listen(to: TransportListener): void {
    const { websocket, closed } = this;
    this.listener = to;
    websocket.on('message', (data: RawData, isBinary: boolean) => {
      if (!isBinary) return to.onViolation('text', 'a text message');
      if (!Buffer.isBuffer(data)) return;
      countReceived(data.byteLength);
      to.onMessage(data);
    });
    // A socket may die while its owner still looks up whether to take it.
    if (closed !== undefined) queueMicrotask(() => to.onClose(closed.code, closed.reason));
    // Frames that came together with the upgrade wait in the paused socket until somebody listens.
    websocket.resume();
  }

  send(message: Buffer): void {
    if (this.websocket.readyState !== WebSocket.OPEN) return;
    this.socket.write(message.subarray(this.writeHeader(message)), this.sent);
  }

  bufferedBytes(): number {
    return this.websocket.bufferedAmount;
  }

  newInterval(): void {
    this.pings = 0;
  }

  close(code: number, reason: string): void {
    this.websocket.close(code, Buffer.from(utf8Start(reason, MAX_REASON_BYTES)));
  }

  terminate(): void {
    this.websocket.terminate();
  }

  private readonly sent = (): void => this.listener?.onSent();

  // Right before the frames, in the message's headroom. @returns where it begins
  private writeHeader(message: Buffer): number {
    const { headroomBytes, maskBytes } = this;
    const bytes = message.byteLength - headroomBytes;
    const lengthBytes = bytes < LENGTH_IN_16_BITS ? 0 : bytes <= 0xffff ? 2 : 8;
    const at = headroomBytes - maskBytes - lengthBytes - 2;
    message[at] = FINAL_BINARY;
    const masked = maskBytes === 0 ? 0 : MASKED;
    if (lengthBytes === 0) {
      message[at + 1] = masked | bytes;
    } else if (lengthBytes === 2) {
      message[at + 1] = masked | LENGTH_IN_16_BITS;
      message.writeUInt16BE(bytes, at + 2);
    } else {
      message[at + 1] = masked | LENGTH_IN_64_BITS;
      message.writeUInt32BE(0, at + 2);
      message.writeUInt32BE(bytes, at + 6);
    }
    // SPEC §1.7
    message.fill(0, headroomBytes - maskBytes, headroomBytes);
    return at;
  }

  private answerPing(data: Buffer): void {
    this.pings += 1;
    if (this.pings > this.maxPings) this.listener?.onViolation('pings', 'too many WebSocket pings');
    else if (this.websocket.readyState === WebSocket.OPEN) this.websocket.pong(data);
  }
}

function ignore(): void {
  // Told by another event.
}

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
        accepted(new WebSocketTransport(websocket, socket, 'server', limits.MAX_WEBSOCKET_PINGS));
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
      ...(options.ca === undefined ? {} : { secureContext: contextOf(options.ca) }),
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
    let under: Duplex | undefined;
    socket.once('upgrade', (response) => {
      under = response.socket;
    });
    socket.once('open', () => {
      settled();
      if (under === undefined) return giveUp('the gateway did not upgrade');
      socket.pause();
      resolve(new WebSocketTransport(socket, under, 'client', limits.MAX_WEBSOCKET_PINGS));
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

// To read a certificate takes a tenth of a dial: the CA of the last one is mostly that of the next one too.
let known: { readonly ca: string; readonly context: SecureContext } | undefined;

function contextOf(ca: string): SecureContext {
  if (known?.ca !== ca) known = { ca, context: createSecureContext({ ca }) };
  return known.context;
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
