// A request of HTTP/1.1.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderList } from '../../http/index.ts';
import type { Exchange, ExchangeListener, OnClosed } from './exchange.ts';

export interface Http1ExchangeOptions {
  readonly serverName: string;
  readonly expectsContinue: boolean;
  readonly onClosed: OnClosed;
}

export class Http1Exchange implements Exchange {
  slot = -1;
  readonly httpVersion: string;
  readonly isUpgrade = false;
  readonly isCutShort = false;
  readonly hasBody = undefined;
  readonly method: string;
  readonly target: string;
  readonly serverName: string;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly expectsContinue: boolean;
  private listener: ExchangeListener | undefined = undefined;
  private isHeadHeld = false;
  private held: Buffer[] = [];

  constructor(request: IncomingMessage, response: ServerResponse, options: Http1ExchangeOptions) {
    this.httpVersion = request.httpVersion;
    this.request = request;
    this.response = response;
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.serverName = options.serverName;
    this.expectsContinue = options.expectsContinue;
    response.on('close', () => {
      options.onClosed(this);
      if (!response.writableFinished) this.listener?.onGone();
    });
    // Reported by `close`.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders;
  }

  get remoteAddress(): string {
    return this.request.socket.remoteAddress ?? '';
  }

  get isGone(): boolean {
    return this.response.destroyed || this.request.socket.destroyed;
  }

  /** Whether an error of the parser on `socket` can still be the answer to this request. */
  isAwaitingAnswer(): boolean {
    return !this.request.complete && !this.response.headersSent;
  }

  isOn(socket: unknown): boolean {
    return this.request.socket === socket;
  }

  listen(listener: ExchangeListener, hasBody: boolean): void {
    this.listener = listener;
    const { request, response } = this;
    response.on('drain', () => listener.onWritable());
    if (!hasBody) return;
    if (this.expectsContinue) response.writeContinue();
    request.on('data', (chunk: Buffer) => listener.onBody(chunk));
    request.once('end', () => listener.onBodyEnd());
  }

  pauseBody(): void {
    this.request.pause();
  }

  resumeBody(): void {
    this.request.resume();
  }

  // Held until this turn's answer is known: a whole one leaves in one write, one TLS record.
  respond(status: number, headers: HeaderList): void {
    const { response } = this;
    if (response.destroyed) return;
    // Or Node adds `Connection: keep-alive` and `Keep-Alive`, which no apiserver sends: HTTP/1.1 keeps a connection anyway.
    if (response.shouldKeepAlive) response.removeHeader('connection');
    response.writeHead(status, headers);
    this.isHeadHeld = true;
    process.nextTick(this.flushHead);
  }

  get isBehind(): boolean {
    return this.response.writableLength > 0;
  }

  write(chunk: Buffer): boolean {
    const { response } = this;
    if (response.destroyed) return true;
    if (!this.isHeadHeld) return response.write(chunk);
    this.held.push(chunk);
    return true;
  }

  end(closeConnection: boolean): void {
    const { response, held } = this;
    if (closeConnection) {
      const { socket } = this.request;
      response.once('finish', () => socket.destroySoon());
    }
    this.isHeadHeld = false;
    this.held = [];
    response.end(held.length <= 1 ? held[0] : Buffer.concat(held));
  }

  abort(): void {
    // Without the last chunk, or short of the length: RFC 9112 §8 lets nobody take this for a whole answer. There is no
    // room for a reason.
    this.isHeadHeld = false;
    this.request.socket.destroy();
  }

  private readonly flushHead = (): void => {
    if (!this.isHeadHeld) return;
    this.isHeadHeld = false;
    const { response, held } = this;
    if (held.length === 0) {
      // Not flushHeaders(): it would write the head as UTF-8, and values are bytes (RFC 9110 §5.5).
      response.write('', 'latin1');
      return;
    }
    this.held = [];
    for (const chunk of held) response.write(chunk);
  };
}
