// A request of HTTP/2 (RFC 9113).
import { constants } from 'node:http2';
import type { ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import type { HeaderList, StatusOptions } from '../../http/index.ts';
import type { Exchange, ExchangeListener, OnClosed } from './exchange.ts';
import { breakOffHttp2, resetHttp2 } from './http2-break-off.ts';

/**
 * Until the first and between later looks whether an answer's END_STREAM has left, milliseconds; each wait is twice the one before. A client
 * that reads nothing keeps it here for as long as its stream lives, and may have thousands of streams.
 */
const FIRST_END_LOOK_MS = 2;
const MAX_END_LOOK_MS = 1024;

export class Http2Exchange implements Exchange {
  slot = -1;
  readonly httpVersion = '2.0';
  readonly isUpgrade = false;
  readonly isCutShort = false;
  readonly method: string;
  readonly target: string;
  /** Empty once the exchange is listened to. */
  readonly rawHeaders: string[];
  readonly hasBody: boolean;
  readonly serverName: string;
  readonly remoteAddress: string;
  private readonly stream: ServerHttp2Stream;
  private listener: ExchangeListener | undefined = undefined;
  private ended = false;
  private aborted = false;
  private head: string[] | undefined = undefined;
  private held: Buffer[] = [];

  constructor(
    stream: ServerHttp2Stream,
    rawHeaders: string[],
    hasBody: boolean,
    serverName: string,
    onClosed: OnClosed,
  ) {
    this.stream = stream;
    this.hasBody = hasBody;
    this.serverName = serverName;
    this.remoteAddress = stream.session?.socket.remoteAddress ?? '';
    this.rawHeaders = rawHeaders;
    let method = '';
    let target = '';
    // Pseudo-headers come first (RFC 9113 §8.3); nghttp2 has refused unknown and repeated ones.
    for (let at = 0; rawHeaders[at]?.startsWith(':') === true; at += 2) {
      if (rawHeaders[at] === ':method') method = rawHeaders[at + 1] ?? '';
      else if (rawHeaders[at] === ':path') target = rawHeaders[at + 1] ?? '';
    }
    this.method = method;
    this.target = target;
    stream.on('close', () => {
      onClosed(this);
      if (!this.ended || !stream.writableFinished) this.listener?.onGone();
    });
    // A client's RST_STREAM with NO_ERROR: Node would wait for an answer that nobody takes any more.
    stream.on('aborted', () => {
      if (!this.aborted) stream.destroy();
    });
    // Reported by `close`.
    stream.on('error', () => undefined);
  }

  get isGone(): boolean {
    return this.isClosed;
  }

  listen(listener: ExchangeListener): void {
    this.listener = listener;
    this.stream.on('drain', () => listener.onWritable());
    const expectsContinue = this.hasBody && this.expectsContinue();
    // The request is on its way: nobody reads them any more, and Node's stream holds this very array. A watch lasts for
    // hours, with the user's token in it.
    this.rawHeaders.length = 0;
    if (!this.hasBody) return;
    if (expectsContinue) this.stream.additionalHeaders({ ':status': constants.HTTP_STATUS_CONTINUE });
    this.stream.on('data', (chunk: Buffer) => listener.onBody(chunk));
    this.stream.once('end', () => listener.onBodyEnd());
  }

  pauseBody(): void {
    this.stream.pause();
  }

  resumeBody(): void {
    this.stream.resume();
  }

  // Held until this turn's answer is known: a whole one leaves in one piece.
  respond(status: number, headers: HeaderList): void {
    if (this.isClosed) return;
    this.head = [':status', String(status), ...headers];
    process.nextTick(this.flushHead);
  }

  get isBehind(): boolean {
    return this.stream.writableLength > 0;
  }

  write(chunk: Buffer): boolean {
    if (this.isClosed) return true;
    if (this.head === undefined) return this.stream.write(chunk);
    this.held.push(chunk);
    return true;
  }

  end(closeConnection: boolean): void {
    this.ended = true;
    const { stream, head } = this;
    if (this.isClosed) return;
    if (head === undefined) {
      stream.end();
    } else {
      this.head = undefined;
      const body = this.held.length <= 1 ? this.held[0] : Buffer.concat(this.held);
      this.held = [];
      if (!this.sendHead(head, { endStream: body === undefined })) return;
      if (body !== undefined) stream.end(body);
    }
    if (closeConnection) stream.once('finish', () => this.stopBody(FIRST_END_LOOK_MS));
  }

  abort(why?: StatusOptions): void {
    this.aborted = true;
    this.head = undefined;
    if (why === undefined) resetHttp2(this.stream);
    else breakOffHttp2(this.stream, why);
  }

  // RFC 9110 §10.1.1. The chain has refused every other expectation.
  private expectsContinue(): boolean {
    return !this.isClosed && this.rawHeaders.some((text, at) => at % 2 === 0 && text === 'expect');
  }

  private get isClosed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  // Node has rules of its own about heads; one that it does not take ends this stream, not the process.
  private sendHead(head: string[], options: ServerStreamResponseOptions): boolean {
    try {
      this.stream.respond(head, options);
      return true;
    } catch {
      this.ended = false;
      this.abort();
      return false;
    }
  }

  // RFC 9113 §8.1: tells the client to stop sending a body that nobody reads. Node reports `finish` before END_STREAM has
  // left, and a reset that overtakes it would take the end of the answer away.
  private stopBody(waitMs: number): void {
    const { stream } = this;
    if (stream.destroyed) return;
    if (stream.state.localClose === 1) return stream.close(constants.NGHTTP2_NO_ERROR);
    setTimeout(() => this.stopBody(Math.min(waitMs * 2, MAX_END_LOOK_MS)), waitMs).unref();
  }

  private readonly flushHead = (): void => {
    const { stream, head, held } = this;
    if (head === undefined || this.isClosed) return;
    this.head = undefined;
    this.held = [];
    stream.once('wantTrailers', () => {
      if (!this.aborted && !this.isClosed) stream.sendTrailers({});
    });
    if (!this.sendHead(head, { waitForTrailers: true })) return;
    for (const chunk of held) stream.write(chunk);
  };
}
