// A request that asks to switch protocols. Its socket is ours alone: nothing else is parsed on it, before or after (security U1, U4).
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../http/index.ts';
import type { Exchange, ExchangeListener, OnClosed } from './exchange.ts';
import { linger } from './raw-answer.ts';

export class UpgradeExchange implements Exchange {
  readonly httpVersion: string;
  readonly isUpgrade = true;
  readonly hasBody = undefined;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly serverName: string;
  readonly remoteAddress: string;
  private readonly socket: Duplex;
  private readonly early: Buffer;
  private listener: ExchangeListener | undefined = undefined;
  private switched = false;

  constructor(
    request: IncomingMessage,
    socket: Duplex,
    early: Buffer,
    serverName: string,
    onClosed: OnClosed,
  ) {
    this.httpVersion = request.httpVersion;
    this.socket = socket;
    this.early = early;
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
  }

  pauseBody(): void {
    this.socket.pause();
  }

  resumeBody(): void {
    if (this.switched) this.socket.resume();
  }

  respond(status: number, headers: HeaderList): void {
    if (this.socket.destroyed) return;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
    for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
    this.switched = status === 101;
    // RFC 9112 §6.3: without a length, an answer ends where its connection does.
    this.socket.write(this.switched ? `${head}\r\n` : `${head}connection: close\r\n\r\n`, 'latin1');
    if (this.switched) this.readOn();
  }

  // Bytes that the client sent before the 101 were held back until now.
  private readOn(): void {
    const { listener, socket } = this;
    if (listener === undefined) return;
    if (this.early.byteLength > 0) listener.onBody(this.early);
    socket.on('data', (chunk: Buffer) => listener.onBody(chunk));
    socket.once('end', () => listener.onBodyEnd());
  }

  get isBehind(): boolean {
    return this.socket.writableLength > 0;
  }

  write(chunk: Buffer): boolean {
    return this.socket.destroyed || this.socket.write(chunk);
  }

  end(): void {
    this.socket.end();
    // A declined upgrade is over with its answer: what the client says after it is never parsed.
    if (!this.switched) linger(this.socket);
  }

  abort(): void {
    this.socket.destroy();
  }
}
