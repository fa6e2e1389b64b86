// The sending half of a session: what is written in one turn of the event loop leaves as few messages (SPEC §7).
import { FIRST_SLAB_BYTES, FrameEncoder } from './frame-encoder.ts';
import type { TunnelLimits } from './limits.ts';
import { SendScheduler } from './send-scheduler.ts';
import type { TunnelStream } from './stream.ts';
import type { Transport } from './transport.ts';

// Collecting a turn's frames saves writes when much is under way; when little is, it costs a poll of the event loop.
// Flushes that follow one another within this time are a sign of much, whatever the streams say (a storm of events).
const COLLECT_WITHIN_MS = 0.05;

// Who has so much to send has more of it in the same turn: one read of a socket gives several TLS records.
const BULK_BYTES = 8 * 1024;

// Small enough that a message is sealed in one TLS write, large enough that its header costs nothing.
const FILL_BYTES = 16_384 - 16;

export interface OutboxOwner {
  isOpen(): boolean;
  /** So little is under way that frames are better sent now than collected. */
  isQuiet(): boolean;
  /** The peer does not read, and more waits for it than may (§7.4). */
  onOverflow(): void;
  /** A stream's `onDrain` threw. */
  onFault(stream: TunnelStream, error: unknown): void;
}

export class Outbox {
  /** Where frames other than DATA and END are written; `schedule` then sees to it that they leave. */
  readonly encoder: FrameEncoder;
  private readonly owner: OutboxOwner;
  private readonly transport: Transport;
  private readonly scheduler: SendScheduler;
  private readonly socketQueueBytes: number;
  private readonly maxWaitingBytes: number;
  // Streams whose queue has become shorter since their writers were last told.
  private readonly advanced: TunnelStream[] = [];
  private isScheduled = false;
  private sentTotal = 0;
  private sentBefore = 0;
  private lastFlushMs = 0;

  constructor(transport: Transport, limits: TunnelLimits, owner: OutboxOwner) {
    this.transport = transport;
    this.owner = owner;
    this.encoder = new FrameEncoder(limits.MAX_MESSAGE_BYTES, transport.headroomBytes);
    this.scheduler = new SendScheduler(limits.DATA_SLICE_BYTES);
    this.socketQueueBytes = limits.SOCKET_QUEUE_BYTES;
    this.maxWaitingBytes = limits.MAX_CONTROL_QUEUE_BYTES + limits.SOCKET_QUEUE_BYTES;
  }

  get sentBytes(): number {
    return this.sentTotal;
  }

  /** Bytes that have been written as frames and have not left this process. */
  get waitingBytes(): number {
    return this.encoder.pendingBytes + this.transport.bufferedBytes();
  }

  /** The stream has DATA that it has credit for, or an END. */
  add(stream: TunnelStream): void {
    this.scheduler.add(stream);
    this.schedule(stream.queuedBytes >= BULK_BYTES);
  }

  /** One flush for everything that this turn of the event loop writes. */
  schedule(isBulk = false): void {
    if (this.isScheduled || !this.owner.isOpen()) return;
    this.isScheduled = true;
    if (!isBulk && this.owner.isQuiet() && performance.now() - this.lastFlushMs > COLLECT_WITHIN_MS) {
      process.nextTick(this.flushLater);
    } else {
      setImmediate(this.flushLater);
    }
  }

  /** Once in each heartbeat interval: who sent next to nothing in it keeps next to no memory for sending. */
  newInterval(): void {
    if (this.sentTotal - this.sentBefore < FIRST_SLAB_BYTES) this.encoder.rest();
    this.sentBefore = this.sentTotal;
  }

  /** Sends what is written, and then DATA for as long as the socket takes it (§7.1, §7.3). */
  flush(): void {
    while (this.owner.isOpen()) {
      if (!this.scheduler.isEmpty && this.transport.bufferedBytes() < this.socketQueueBytes) {
        this.scheduler.fill(this.encoder, FILL_BYTES, monotonicMs, this.advanced);
      }
      if (!this.sendWritten()) return;
      this.notifyAdvanced();
    }
  }

  /** Sends what is written, and no DATA. Whether there was something. */
  sendWritten(): boolean {
    let message = this.encoder.take();
    if (message === undefined) return false;
    for (; message !== undefined; message = this.encoder.take()) {
      this.sentTotal += message.byteLength - this.transport.headroomBytes;
      this.transport.send(message);
    }
    if (this.transport.bufferedBytes() > this.maxWaitingBytes) this.owner.onOverflow();
    return true;
  }

  /** The socket has taken a message: there may be room for the next. */
  onSent(): void {
    this.encoder.messageSent();
    if (!this.scheduler.isEmpty) this.flush();
  }

  private readonly flushLater = (): void => {
    this.isScheduled = false;
    this.flush();
    this.lastFlushMs = performance.now();
  };

  private notifyAdvanced(): void {
    const { advanced } = this;
    if (advanced.length === 0) return;
    // A writer may write again in here: its stream then waits for the next turn.
    for (const stream of advanced) {
      try {
        stream.notifyDrain();
      } catch (error) {
        this.owner.onFault(stream, error);
      }
    }
    advanced.length = 0;
  }
}

function monotonicMs(): number {
  return performance.now();
}
