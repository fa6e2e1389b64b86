// One request on an HTTP/2 connection: its answer's state, its two windows, and what of its body waits to be sent.
import type { Dispatcher } from 'undici';
import type { Readable } from 'node:stream';
import { answerHasBody, H2_ERROR, Http2Error } from '../../http/index.ts';
import type { HeaderList } from '../../http/index.ts';
import type { UpstreamRequest } from '../upstream-request.ts';
import { HTTP2_LIMITS } from './limits.ts';
import { UpstreamError } from './upstream-error.ts';

/** What a stream needs of its connection. */
export interface StreamConnection {
  sendReset(stream: Http2Stream, code: number): void;
  sendCredit(stream: Http2Stream, bytes: number): void;
  /** The stream has something of its body to send. */
  wake(stream: Http2Stream): void;
  /** The stream is over: nothing more comes or goes. */
  forget(stream: Http2Stream): void;
}

/** Speaks to its handler as undici does, so that both versions of HTTP serve the same exchanges. */
export class Http2Stream implements Dispatcher.DispatchController {
  readonly id: number;
  readonly request: UpstreamRequest;
  readonly handler: Dispatcher.DispatchHandler;
  aborted = false;
  paused = false;
  reason: Error | null = null;
  rawHeaders: HeaderList | null = null;
  /** What the peer takes of the body now, bytes. */
  sendWindow: number;
  closed = false;
  /** END_STREAM has been sent. */
  localEnded = false;

  private readonly connection: StreamConnection;
  // What the peer may still send, and what it may send again but was not told yet.
  private receiveWindow: number = HTTP2_LIMITS.STREAM_WINDOW_BYTES;
  private owedBytes = 0;
  private hasHead = false;
  // Of an announced length; Infinity when none was announced.
  private missingBytes = Infinity;
  private readonly source: Readable | undefined = undefined;
  private queue: Buffer[] = [];
  private sourceEnded = false;
  // Of the request's own Content-Length; Infinity without one.
  private unsentBytes = Infinity;

  constructor(
    id: number,
    connection: StreamConnection,
    request: UpstreamRequest,
    handler: Dispatcher.DispatchHandler,
    sendWindow: number,
  ) {
    this.id = id;
    this.connection = connection;
    this.request = request;
    this.handler = handler;
    this.sendWindow = sendWindow;
    const { body } = request;
    if (body === null) {
      this.localEnded = true;
    } else if (Buffer.isBuffer(body)) {
      if (body.byteLength > 0) this.queue.push(body);
      this.sourceEnded = true;
    } else {
      this.source = body;
    }
  }

  // --- Dispatcher.DispatchController, for the exchange ---

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.giveCredit();
  }

  abort(reason: Error): void {
    if (this.closed) return;
    this.aborted = true;
    this.reason = reason;
    this.breakOff(
      H2_ERROR.CANCEL,
      new UpstreamError('CC_ERR_UPSTREAM_ABORTED', 'given up', { cause: reason }),
    );
  }

  // --- what comes from the apiserver ---

  /** A DATA frame begins. @throws Http2Error when it is more than the window allows */
  receive(flowBytes: number): void {
    this.receiveWindow -= flowBytes;
    if (this.receiveWindow < 0)
      throw new Http2Error('FLOW_CONTROL_ERROR', 'more data than the window allows');
    this.owedBytes += flowBytes;
  }

  onData(piece: Buffer): void {
    this.missingBytes -= piece.byteLength;
    if (!this.hasHead || this.missingBytes < 0) return this.malformed();
    this.handler.onResponseData?.(this, piece);
  }

  /** A DATA frame is over. */
  onDataEnd(endStream: boolean): void {
    if (endStream) this.onEnd();
    else this.giveCredit();
  }

  /** @param list the decoded block, undefined for one that is too large */
  onHeaders(list: HeaderList | undefined, endStream: boolean): void {
    if (list === undefined) {
      return this.breakOff(
        H2_ERROR.CANCEL,
        new UpstreamError('CC_ERR_UPSTREAM_ANSWER_TOO_LARGE', 'the head of an answer is too large'),
      );
    }
    // Trailers: no apiserver sends any, and no client of one reads them.
    if (this.hasHead) return endStream ? this.onEnd() : this.malformed();
    const status = statusOf(list);
    if (status === undefined || status === 101) return this.malformed();
    // Interim answers end here.
    if (status < 200) return endStream ? this.malformed() : undefined;
    this.hasHead = true;
    this.rawHeaders = list.slice(2);
    // RFC 9113 §8.1.1: the length of an answer that has no body tells what another one would have brought.
    this.missingBytes = answerHasBody(this.request.method, status) ? announcedBytes(list) : 0;
    this.handler.onResponseStart?.(this, status, NO_HEADERS, '');
    if (endStream && !this.closed) this.onEnd();
  }

  /** Whether it can be sent once more: nothing of it is used up, and its handler has heard of no answer. */
  get isRepeatable(): boolean {
    const { body } = this.request;
    return !this.hasHead && (body === null || Buffer.isBuffer(body));
  }

  /** The peer gave the request up, or its connection broke. */
  fail(error: UpstreamError): void {
    this.end();
    this.handler.onResponseError?.(this, error);
  }

  // --- the request's body ---

  /** The head is on its way: the body may follow. */
  startBody(): void {
    const { source } = this;
    if (this.localEnded) return;
    if (source === undefined) return this.connection.wake(this);
    const length = headerValue(this.request.headers, 'content-length');
    if (length !== undefined) this.unsentBytes = Number(length);
    source.on('data', (chunk: Buffer) => {
      if (this.closed) return;
      this.unsentBytes -= chunk.byteLength;
      if (this.unsentBytes < 0) return this.wrongBodyLength();
      this.queue.push(chunk);
      source.pause();
      this.connection.wake(this);
    });
    source.once('end', () => {
      if (this.closed) return;
      if (this.unsentBytes > 0 && this.unsentBytes !== Infinity) return this.wrongBodyLength();
      this.sourceEnded = true;
      this.connection.wake(this);
    });
    source.once('error', (error: Error) => this.abort(error));
  }

  /** What is next of the body; undefined while nothing waits. */
  peekBody(): Buffer | undefined {
    return this.queue[0];
  }

  get isBodyEndDue(): boolean {
    return this.sourceEnded && !this.localEnded && this.queue.length === 0;
  }

  /** `bytes` of what waits have gone out. */
  bodySent(bytes: number): void {
    this.sendWindow -= bytes;
    const [chunk] = this.queue;
    if (chunk === undefined) return;
    if (bytes < chunk.byteLength) {
      this.queue[0] = chunk.subarray(bytes);
      return;
    }
    this.queue.shift();
    if (this.queue.length === 0) this.source?.resume();
  }

  // --- private ---

  private onEnd(): void {
    if (!this.hasHead || (this.missingBytes > 0 && this.missingBytes !== Infinity)) return this.malformed();
    // Answered before the body was whole (RFC 9113 §8.1): the rest is not wanted.
    if (!this.localEnded) this.connection.sendReset(this, H2_ERROR.CANCEL);
    this.end();
    this.handler.onResponseEnd?.(this, NO_HEADERS);
  }

  private giveCredit(): void {
    if (this.paused || this.closed || this.owedBytes * 2 < HTTP2_LIMITS.STREAM_WINDOW_BYTES) return;
    const bytes = this.owedBytes;
    this.owedBytes = 0;
    this.receiveWindow += bytes;
    this.connection.sendCredit(this, bytes);
  }

  private malformed(): void {
    this.breakOff(
      H2_ERROR.PROTOCOL_ERROR,
      new UpstreamError('CC_ERR_UPSTREAM_PROTOCOL', 'an answer that HTTP/2 does not allow'),
    );
  }

  private wrongBodyLength(): void {
    this.breakOff(
      H2_ERROR.CANCEL,
      new UpstreamError('CC_ERR_UPSTREAM_BODY_LENGTH', 'a body that is not as long as it said'),
    );
  }

  private breakOff(code: number, error: UpstreamError): void {
    if (this.closed) return;
    this.connection.sendReset(this, code);
    this.fail(error);
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.queue = [];
    this.connection.forget(this);
    // What still comes of the body has nowhere to go, and its sender is to be told so.
    this.source?.destroy();
  }
}

const NO_HEADERS = {};

function statusOf(list: HeaderList): number | undefined {
  const [name, value = ''] = list;
  if (name !== ':status' || !/^[1-5][0-9]{2}$/.test(value)) return undefined;
  return Number(value);
}

function announcedBytes(list: HeaderList): number {
  const value = headerValue(list, 'content-length');
  return value === undefined ? Infinity : Number(value);
}

function headerValue(list: readonly string[], name: string): string | undefined {
  for (let at = 0; at < list.length; at += 2) if (list[at] === name) return list[at + 1];
  return undefined;
}
