// A request that asks to switch protocols. Its socket is ours alone: nothing else is parsed on it, before or after (security U1, U4).
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { switchedProtocol } from '../../http/index.ts';
import type { HeaderList, StatusOptions, SwitchedProtocol } from '../../http/index.ts';
import type { Exchange, ExchangeListener, OnClosed } from './exchange.ts';
import { linger } from './raw-answer.ts';

/** What a client may say before the answer to its upgrade; the rest waits in its socket. */
const MAX_EARLY_BYTES = 64 * 1024;
/** What a chunk costs at least, however few its bytes (security D5). */
const MIN_CHUNK_COST_BYTES = 256;

export class UpgradeExchange implements Exchange {
  slot = -1;
  readonly httpVersion: string;
  readonly isUpgrade = true;
  readonly hasBody = undefined;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly serverName: string;
  readonly remoteAddress: string;
  private readonly socket: Duplex;
  // What the client sent before the answer.
  private early: Buffer[];
  private earlyBytes: number;
  private bodyPaused = false;
  private listener: ExchangeListener | undefined = undefined;
  private state: 'waiting' | 'switched' | 'declined' = 'waiting';
  // For what can still be said when the switched connection breaks off.
  private protocol: SwitchedProtocol | undefined = undefined;

  constructor(
    request: IncomingMessage,
    socket: Duplex,
    early: Buffer,
    serverName: string,
    onClosed: OnClosed,
  ) {
    this.httpVersion = request.httpVersion;
    this.socket = socket;
    this.early = early.byteLength > 0 ? [early] : [];
    this.earlyBytes = early.byteLength;
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.serverName = serverName;
    this.remoteAddress = request.socket.remoteAddress ?? '';
    // Each direction ends by itself: what is still to come back is not cut off by the client's FIN.
    socket.allowHalfOpen = true;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      onClosed(this);
      this.listener?.onGone();
    });
  }

  get isGone(): boolean {
    return this.socket.destroyed;
  }

  listen(listener: ExchangeListener): void {
    this.listener = listener;
    this.socket.on('drain', () => listener.onWritable());
    // From now on, not only after the 101: the end of a socket that nobody reads is never heard.
    this.socket.on('data', (chunk: Buffer) => this.onData(chunk));
    this.socket.once('end', () => this.onEnd());
  }

  pauseBody(): void {
    this.bodyPaused = true;
    this.socket.pause();
  }

  resumeBody(): void {
    this.bodyPaused = false;
    if (this.state === 'switched') this.socket.resume();
  }

  respond(status: number, headers: HeaderList): void {
    if (this.socket.destroyed) return;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
    for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
    const switched = status === 101;
    this.state = switched ? 'switched' : 'declined';
    if (switched) this.protocol = switchedProtocol(this.target, headers);
    // RFC 9112 §6.3: without a length, an answer ends where its connection does.
    this.socket.write(switched ? `${head}\r\n` : `${head}connection: close\r\n\r\n`, 'latin1');
    const early = this.early;
    this.early = [];
    if (switched) this.readOn(early);
  }

  private onData(chunk: Buffer): void {
    if (this.state === 'switched') return this.listener?.onBody(chunk);
    if (this.state === 'declined') return;
    this.early.push(chunk);
    this.earlyBytes += Math.max(chunk.byteLength, MIN_CHUNK_COST_BYTES);
    if (this.earlyBytes >= MAX_EARLY_BYTES) this.socket.pause();
  }

  // A client that says before the answer that it will say nothing more has given up, as Go's server takes it too.
  private onEnd(): void {
    if (this.state === 'switched') this.listener?.onBodyEnd();
    else if (this.state === 'waiting') this.socket.destroy();
  }

  // Bytes that the client sent before the 101 were held back until now.
  private readOn(early: readonly Buffer[]): void {
    for (const chunk of early) this.listener?.onBody(chunk);
    if (!this.bodyPaused) this.socket.resume();
  }

  get isBehind(): boolean {
    return this.socket.writableLength > 0;
  }

  write(chunk: Buffer): boolean {
    this.protocol?.follow(chunk);
    return this.socket.destroyed || this.socket.write(chunk);
  }

  get isCutShort(): boolean {
    return this.protocol?.isCutShort ?? false;
  }

  end(): void {
    this.socket.end();
    // A declined upgrade is over with its answer: what the client says after it is never parsed.
    if (this.state !== 'switched') linger(this.socket);
  }

  abort(why?: StatusOptions): void {
    const { protocol, socket } = this;
    // The answer ended before: its last bytes may still be on their way.
    if (socket.writableEnded && !socket.destroyed) return linger(socket);
    const farewell = why === undefined ? undefined : protocol?.farewell(why);
    if (farewell === undefined || farewell.byteLength === 0 || !socket.writable) {
      socket.destroy();
      return;
    }
    this.protocol = undefined;
    socket.end(farewell);
    linger(socket);
  }
}
