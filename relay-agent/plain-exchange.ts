// An ordinary request: from a stream to the apiserver and back, chunk by chunk. Hot path: no promise, no closure for each chunk.
import type { Dispatcher } from 'undici';
import { encodeAnswerHead, filterAnswerHeaders } from '../http/index.ts';
import type { HeaderList, RequestHead } from '../http/index.ts';
import type { ResetCodeName, StreamHandler, TunnelStream } from '../tunnel/index.ts';
import { AGENT_LIMITS } from './limits.ts';
import { RequestBody } from './request-body.ts';
import { answerStatus } from './status-answer.ts';
import { upstreamFailure } from './upstream-failure.ts';
import type { Upstream } from './upstream.ts';

export class PlainExchange implements StreamHandler, Dispatcher.DispatchHandler {
  private readonly stream: TunnelStream;
  private readonly head: RequestHead;
  private readonly upstream: Upstream;
  private readonly onDone: () => void;
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private headers: HeaderList | undefined = undefined;
  private body: RequestBody | undefined = undefined;
  private collected: Buffer[] = [];
  private collectedBytes = 0;
  // A short body that comes in pieces, and how much of it is in here.
  private whole: Buffer | undefined = undefined;
  private wholeBytes = 0;
  private bodyEnded: boolean;
  private headSent = false;
  private finished = false;

  constructor(stream: TunnelStream, head: RequestHead, upstream: Upstream, onDone: () => void) {
    this.stream = stream;
    this.head = head;
    this.upstream = upstream;
    this.onDone = onDone;
    this.bodyEnded = head.bodyLength === 0;
  }

  /** The request is authenticated: it goes out, at once or when its short body is whole. */
  start(headers: HeaderList): void {
    if (this.finished) return;
    const { bodyLength } = this.head;
    if (bodyLength === 0) return this.dispatch(headers, null);
    if (bodyLength > 0 && bodyLength <= AGENT_LIMITS.WHOLE_BODY_BYTES) {
      this.headers = headers;
      if (this.bodyEnded) this.dispatchWhole();
      else if (this.collectedBytes < bodyLength) this.gather();
      return;
    }
    // Framed as the client framed it; undici breaks the request off when the bytes do not add up.
    if (bodyLength > 0) headers.push('content-length', String(bodyLength));
    const body = new RequestBody(this.stream);
    body.on('error', () => undefined);
    this.body = body;
    for (const chunk of this.collected) body.accept(chunk);
    this.collected = [];
    if (this.bodyEnded) body.finish();
    this.dispatch(headers, body);
  }

  /** The request is not to go out: a Status answers it. */
  refuse(answer: () => void): void {
    if (this.finished) return;
    this.finish();
    answer();
  }

  /** Breaks the exchange off: its token has expired. */
  expire(): void {
    if (this.finished) return;
    this.stream.reset('EXPIRED');
    this.cancel();
  }

  // --- StreamHandler: what comes from the gateway ---

  onData(chunk: Buffer): void {
    if (this.finished) return this.stream.consume(chunk.byteLength);
    if (this.body !== undefined) return this.body.accept(chunk);
    // Before the request may go out chunks wait here: no more than the stream's window.
    this.collected.push(chunk);
    this.collectedBytes += chunk.byteLength;
    if (this.headers !== undefined && this.collectedBytes < this.head.bodyLength) this.gather();
  }

  onEnd(): void {
    this.bodyEnded = true;
    if (this.body !== undefined) this.body.finish();
    else if (this.headers !== undefined) this.dispatchWhole();
  }

  onReset(_code: ResetCodeName): void {
    this.cancel();
  }

  onDrain(): void {
    this.controller?.resume();
  }

  // --- undici's DispatchHandler: what comes from the apiserver ---

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.finished) controller.abort(new Error('the client went away'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.finished) return;
    try {
      const headers = filterAnswerHeaders(status, rawHeaders(controller));
      this.headSent = true;
      this.stream.sendHead(encodeAnswerHead({ status, headers }));
    } catch (error) {
      this.headSent = false;
      this.fail(error);
      controller.abort(new Error('the answer was refused'));
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.stream.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.finished) return;
    this.finish();
    this.stream.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.fail(error);
  }

  // --- private ---

  private dispatchWhole(): void {
    const { headers } = this;
    if (headers === undefined) return;
    this.headers = undefined;
    if (this.collectedBytes !== this.head.bodyLength) {
      this.stream.reset('BAD_HEAD');
      this.finish();
      return;
    }
    const [only] = this.collected;
    if (this.whole === undefined && this.collected.length === 1 && only !== undefined) {
      this.collected = [];
      this.stream.consume(only.byteLength);
      return this.dispatch(headers, only);
    }
    const body = this.gather();
    this.whole = undefined;
    this.dispatch(headers, body);
  }

  // Gives credit back for the pieces: small ones use up more of the window than their bytes, and the rest would never come.
  private gather(): Buffer {
    const whole = (this.whole ??= Buffer.allocUnsafe(this.head.bodyLength));
    for (const chunk of this.collected.splice(0)) {
      whole.set(chunk, this.wholeBytes);
      this.wholeBytes += chunk.byteLength;
      this.stream.consume(chunk.byteLength);
    }
    return whole;
  }

  private dispatch(headers: HeaderList, body: Buffer | RequestBody | null): void {
    this.upstream.dispatch({ method: this.head.method, target: this.head.target, headers, body }, this);
  }

  private fail(error: unknown): void {
    if (this.finished) return;
    this.finish();
    if (this.headSent) return this.stream.reset('UPSTREAM_LOST');
    answerStatus(this.stream, upstreamFailure(error, this.head.requestId));
  }

  private cancel(): void {
    if (this.finished) return;
    this.finish();
    this.body?.destroy();
    this.controller?.abort(new Error('the client went away'));
  }

  private finish(): void {
    this.finished = true;
    this.collected = [];
    this.onDone();
  }
}

function rawHeaders(controller: Dispatcher.DispatchController): HeaderList {
  const raw = controller.rawHeaders;
  const headers: HeaderList = [];
  if (!Array.isArray(raw)) return headers;
  for (const item of raw) headers.push(typeof item === 'string' ? item : item.toString('latin1'));
  return headers;
}
