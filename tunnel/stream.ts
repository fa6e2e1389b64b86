// One logical stream: its state, its send queue and its two windows. The session moves its frames.
import { RESET_CODE } from './codes.ts';
import type { ResetCodeName } from './codes.ts';
import { detached } from './detached.ts';
import { FRAME } from './frame.ts';
import type { ReceiveWindow } from './flow-window.ts';
import { SendCredit } from './flow-window.ts';
import { MAX_PAYLOAD_BYTES, MIN_DATA_CHARGE_BYTES } from './limits.ts';

// A queue that is longer than a turn of the event loop makes it: its chunks wait, and keep no more memory than theirs.
const MAX_VIEWS_QUEUED = 2;

/** What a stream tells its owner, from within the session's reading and sending. A handler that throws resets its stream. */
export interface StreamHandler {
  /** The answer's head; at the gateway only, once, before any data. */
  onHead?(head: Buffer): void;
  /** `chunk` is a view into the received message. The owner calls `stream.consume(n)` when it is done with n bytes. */
  onData(chunk: Buffer): void;
  /** The peer sends no more data. */
  onEnd(): void;
  /** The stream is gone, with nothing more to come. Also when the session ended under it: SESSION_LOST. */
  onReset(code: ResetCodeName): void;
  /** After `write` answered false: it may write again. */
  onDrain?(): void;
}

/** What a stream needs of its session. */
export interface StreamHost {
  readonly isGateway: boolean;
  readonly streamQueueBytes: number;
  sendHead(stream: TunnelStream, head: Uint8Array): void;
  sendNumber(type: number, streamId: number, value: number): void;
  /** The stream has something for the scheduler. */
  wake(stream: TunnelStream): void;
  grant(stream: TunnelStream): void;
  forget(stream: TunnelStream): void;
}

const NO_HANDLER: StreamHandler = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
};

/** A bidirectional stream (SPEC §4). Not a Node stream: calls in, callbacks out, nothing allocated for each chunk. */
export class TunnelStream {
  readonly id: number;
  /** @internal the session's and the scheduler's; not for owners of streams. */
  readonly credit: SendCredit;
  readonly window: ReceiveWindow;
  handler: StreamHandler = NO_HANDLER;
  /** The scheduler's list of streams with something to send. */
  nextReady: TunnelStream | undefined = undefined;
  isReady = false;
  /** Since when data has waited for credit, ms of the monotonic clock; 0 while it does not. */
  blockedSinceMs = 0;
  /** The answer's head has come (at the gateway) or has been sent (at the agent). */
  isAnswered = false;
  remoteEnded = false;

  private readonly host: StreamHost;
  private queue: Buffer[] = [];
  private queueAt = 0;
  private queuedTotal = 0;
  private endQueued = false;
  private localEnded = false;
  private closed = false;
  private wantsDrain = false;

  constructor(id: number, host: StreamHost, creditBytes: number, window: ReceiveWindow) {
    this.id = id;
    this.host = host;
    this.credit = new SendCredit(creditBytes);
    this.window = window;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Bytes that wait in this end's queue. */
  get queuedBytes(): number {
    return this.queuedTotal;
  }

  /** Sends the answer's head: by the agent, once (SPEC §4.4). @throws RangeError unless it has 1 to 65,535 bytes */
  sendHead(head: Uint8Array): void {
    if (this.closed) return;
    if (this.isAnswered) throw new TypeError('the head of this stream was sent before');
    checkHead(head);
    this.host.sendHead(this, head);
  }

  /**
   * Queues `chunk`, which must not change afterwards.
   * @returns false when the writer must pause until `onDrain`. On a closed stream the chunk is dropped.
   */
  write(chunk: Buffer): boolean {
    if (this.closed) return true;
    if (this.endQueued) throw new TypeError('data after the end of this stream');
    if (!this.maySendBody) throw new TypeError('data before the head of this stream');
    if (chunk.byteLength === 0) return true;
    this.queue.push(this.queue.length < MAX_VIEWS_QUEUED ? chunk : detached(chunk));
    this.queuedTotal += chunk.byteLength;
    this.host.wake(this);
    if (this.queueCost < this.host.streamQueueBytes) return true;
    this.wantsDrain = true;
    return false;
  }

  /** Half-closes: no more data from this end. */
  end(): void {
    if (this.closed || this.endQueued) return;
    if (!this.maySendBody) throw new TypeError('an end before the head of this stream');
    this.endQueued = true;
    this.host.wake(this);
  }

  /** Closes the stream both ways at once; its handler hears nothing more. */
  reset(code: Exclude<ResetCodeName, 'SESSION_LOST'>): void {
    if (this.closed) return;
    this.host.sendNumber(FRAME.RESET, this.id, RESET_CODE[code]);
    this.close();
  }

  /** The owner is done with `bytes` that `onData` gave it: the peer may send as many again (SPEC §5.3). */
  consume(bytes: number): void {
    if (this.closed) return;
    if (this.window.consume(bytes) && !this.remoteEnded) this.host.grant(this);
  }

  private get maySendBody(): boolean {
    return this.isAnswered || this.host.isGateway;
  }

  // --- for the session and its scheduler ---

  /** The chunk at the head of the queue. */
  peek(): Buffer | undefined {
    return this.queue[0];
  }

  /** How much of the chunk at the head has been sent. */
  get peekOffset(): number {
    return this.queueAt;
  }

  /** `bytes` of the chunk at the head have been sent. */
  advance(bytes: number): void {
    this.queuedTotal -= bytes;
    this.queueAt += bytes;
    if (this.queueAt === this.queue[0]?.byteLength) {
      this.queue.shift();
      this.queueAt = 0;
    }
  }

  /** Whether END is the next thing to send. */
  get isEndDue(): boolean {
    return this.endQueued && !this.localEnded && this.queuedTotal === 0;
  }

  endSent(): void {
    this.localEnded = true;
    if (this.remoteEnded) this.close();
  }

  peerEnded(): void {
    this.remoteEnded = true;
    this.handler.onEnd();
    if (this.localEnded && !this.closed) this.close();
  }

  /** Tells a paused writer that it may go on, if the queue has become short. */
  notifyDrain(): void {
    if (!this.wantsDrain || this.closed || this.queueCost * 2 >= this.host.streamQueueBytes) return;
    this.wantsDrain = false;
    this.handler.onDrain?.();
  }

  /** Closed by the peer or by the end of the session: the owner is told. */
  closeWith(code: ResetCodeName): void {
    if (this.closed) return;
    const { handler } = this;
    this.release();
    // The session hears of it last: a drained session ends when its last stream is gone.
    try {
      handler.onReset(code);
    } finally {
      this.host.forget(this);
    }
  }

  // A queue of tiny chunks costs more than their bytes, as §5.1 says of its reader.
  private get queueCost(): number {
    return Math.max(this.queuedTotal, this.queue.length * MIN_DATA_CHARGE_BYTES);
  }

  private close(): void {
    this.release();
    this.host.forget(this);
  }

  private release(): void {
    this.closed = true;
    this.queue = [];
    this.queueAt = 0;
    this.queuedTotal = 0;
    this.window.release();
    this.handler = NO_HANDLER;
  }
}

/** @throws RangeError for a head that does not fit into one frame (SPEC §2.3) */
export function checkHead(head: Uint8Array): void {
  if (head.byteLength > 0 && head.byteLength <= MAX_PAYLOAD_BYTES) return;
  throw new RangeError(`a head has 1 to ${MAX_PAYLOAD_BYTES} bytes, not ${head.byteLength}`);
}
