// An upgrade (exec, attach, port-forward, cp): raw bytes both ways, but only after a valid 101 (security U1 to U4).
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  checkDeclinedUpgrade,
  checkSwitchingProtocols,
  encodeAnswerHead,
  filterAnswerHeaders,
} from '../http/index.ts';
import type { HeaderList, RequestHead } from '../http/index.ts';
import { countReceived } from '../memory/index.ts';
import { detached } from '../tunnel/index.ts';
import type { StreamHandler, TunnelStream } from '../tunnel/index.ts';
import { answerStatus } from './status-answer.ts';
import { upstreamFailure } from './upstream-failure.ts';
import type { Upstream } from './upstream.ts';

export class UpgradeExchange implements StreamHandler {
  private readonly stream: TunnelStream;
  private readonly head: RequestHead;
  private readonly upstream: Upstream;
  private readonly onDone: () => void;
  private request: ClientRequest | undefined = undefined;
  private socket: Duplex | undefined = undefined;
  private source: IncomingMessage | Duplex | undefined = undefined;
  // What the client sent before the 101; no more than the stream's window.
  private early: Buffer[] = [];
  private owedBytes = 0;
  private headSent = false;
  // Each direction of a switched connection ends by itself: the exchange is over with the second.
  private remoteEnded = false;
  private answerEnded = false;
  private finished = false;

  constructor(stream: TunnelStream, head: RequestHead, upstream: Upstream, onDone: () => void) {
    this.stream = stream;
    this.head = head;
    this.upstream = upstream;
    this.onDone = onDone;
  }

  start(headers: HeaderList): void {
    if (this.finished) return;
    const { method, target, upgrade } = this.head;
    const request = this.upstream.upgrade({
      method,
      target,
      headers: [...headers, 'connection', 'Upgrade', 'upgrade', upgrade],
    });
    this.request = request;
    request.once('upgrade', (answer, socket, head) => this.switched(answer, socket, head));
    request.once('response', (answer) => this.declined(answer));
    request.once('timeout', () => request.destroy(new Error('no answer to an upgrade')));
    request.on('error', (error) => this.fail(error));
    request.end();
  }

  refuse(answer: () => void): void {
    if (this.finished) return;
    this.finish();
    answer();
  }

  expire(): void {
    if (this.finished) return;
    this.stream.reset('EXPIRED');
    this.cancel();
  }

  // --- what comes from the gateway ---

  onData(chunk: Buffer): void {
    const { socket } = this;
    if (this.finished || socket?.destroyed === true) {
      this.stream.consume(chunk.byteLength);
    } else if (socket === undefined) {
      this.early.push(chunk);
    } else if (
      // The socket takes many small chunks before it says stop.
      socket.write(socket.writableLength > 0 ? detached(chunk) : chunk) &&
      this.owedBytes === 0
    ) {
      this.stream.consume(chunk.byteLength);
    } else {
      this.owedBytes += chunk.byteLength;
    }
  }

  onEnd(): void {
    this.remoteEnded = true;
    this.socket?.end();
    if (this.answerEnded) this.finish();
  }

  onReset(): void {
    this.cancel();
  }

  onDrain(): void {
    this.source?.resume();
  }

  // --- what comes from the apiserver ---

  private switched(answer: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.finished) {
      socket.destroy();
      return;
    }
    socket.allowHalfOpen = true;
    socket.on('error', () => undefined);
    try {
      const headers = checkSwitchingProtocols(this.head.upgrade, answer.statusCode ?? 0, answer.rawHeaders);
      this.sendHead(101, headers);
    } catch (error) {
      socket.destroy();
      this.fail(error);
      return;
    }
    this.socket = socket;
    this.source = socket;
    socket.on('drain', () => this.stream.consume(this.takeOwed()));
    this.forward(socket);
    socket.once('end', () => {
      this.answerEnded = true;
      this.stream.end();
      if (this.remoteEnded) this.finish();
    });
    socket.once('close', () => this.brokenOff());
    if (head.byteLength > 0) this.stream.write(head);
    for (const chunk of this.early.splice(0)) this.onData(chunk);
    if (this.remoteEnded) socket.end();
  }

  // The apiserver said no: its answer is relayed, and both sides are closed. The client's early bytes go nowhere.
  private declined(answer: IncomingMessage): void {
    if (this.finished) {
      answer.destroy();
      return;
    }
    const status = answer.statusCode ?? 0;
    try {
      checkDeclinedUpgrade(status);
      const headers = filterAnswerHeaders(status, answer.rawHeaders);
      this.sendHead(status, headers);
    } catch (error) {
      answer.destroy();
      this.fail(error);
      return;
    }
    this.early = [];
    this.source = answer;
    this.forward(answer);
    answer.once('end', () => {
      this.stream.end();
      this.finish();
    });
    answer.once('close', () => this.brokenOff());
  }

  private forward(source: IncomingMessage | Duplex): void {
    source.on('data', (chunk: Buffer) => {
      countReceived(chunk.byteLength);
      if (!this.stream.write(chunk)) source.pause();
    });
  }

  private sendHead(status: number, headers: HeaderList): void {
    const head = encodeAnswerHead({ status, headers });
    this.headSent = true;
    this.stream.sendHead(head);
  }

  private brokenOff(): void {
    if (this.finished) return;
    // The answer is whole, and its end may still wait for the client: what the client still says goes nowhere.
    if (this.answerEnded) return this.stream.consume(this.takeOwed());
    this.finish();
    this.stream.reset('UPSTREAM_LOST');
  }

  private takeOwed(): number {
    const owed = this.owedBytes;
    this.owedBytes = 0;
    return owed;
  }

  private fail(error: unknown): void {
    if (this.finished) return;
    this.finish();
    this.request?.destroy();
    if (this.headSent) return this.stream.reset('UPSTREAM_LOST');
    answerStatus(this.stream, upstreamFailure(error, this.head.requestId));
  }

  private cancel(): void {
    this.request?.destroy();
    this.socket?.destroy();
    this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.early = [];
    this.onDone();
  }
}
