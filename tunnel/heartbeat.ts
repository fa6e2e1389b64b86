// Liveness and the round trip (SPEC §6): PINGs carry a counter, PONGs are matched to them.
import { TunnelError } from './codes.ts';
import { PING_BYTES } from './frame.ts';

// The smallest of the recent samples is the path's own time: queues only ever add to it.
const RECENT_SAMPLES = 8;
// Before the first PONG: long enough that a first window grows, short enough to mean nothing on a local network.
const ASSUMED_ROUND_TRIP_MS = 1;

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly sendPing: (payload: Buffer) => void;
  readonly onDead: (error: TunnelError) => void;
  /** Runs once in each interval: where the session resets its counters. */
  readonly onInterval: () => void;
}

export class Heartbeat {
  private readonly options: HeartbeatOptions;
  private readonly unanswered = new Map<number, number>();
  private readonly samples: number[] = [];
  private counter = 0;
  private minimumMs = ASSUMED_ROUND_TRIP_MS;
  private readonly interval: NodeJS.Timeout;
  private deadline: NodeJS.Timeout | undefined = undefined;

  constructor(options: HeartbeatOptions) {
    this.options = options;
    this.interval = setInterval(() => {
      options.onInterval();
      this.ping();
    }, options.intervalMs);
  }

  /** The smallest recent round trip in milliseconds. */
  get roundTripMs(): number {
    return this.minimumMs;
  }

  ping(): void {
    this.counter += 1;
    const payload = Buffer.alloc(PING_BYTES);
    payload.writeUInt32BE(this.counter, 4);
    this.unanswered.set(this.counter, performance.now());
    if (this.deadline === undefined) this.expectPong(this.options.timeoutMs);
    this.options.sendPing(payload);
  }

  /** @throws TunnelError PROTOCOL_ERROR for a PONG that nobody asked for (§6.3) */
  pong(payload: Buffer): void {
    const counter = payload.readUInt32BE(4);
    const sentAt = this.unanswered.get(counter);
    if (sentAt === undefined || payload.readUInt32BE(0) !== 0) {
      throw new TunnelError('PROTOCOL_ERROR', 'a PONG that answers no PING');
    }
    // PONGs keep the order of PINGs; an answer to this one is an answer to all before it.
    for (const earlier of this.unanswered.keys()) if (earlier <= counter) this.unanswered.delete(earlier);
    clearTimeout(this.deadline);
    this.deadline = undefined;
    const nowMs = performance.now();
    const [oldestSentAt] = this.unanswered.values();
    if (oldestSentAt !== undefined) this.expectPong(oldestSentAt + this.options.timeoutMs - nowMs);
    this.samples.push(nowMs - sentAt);
    if (this.samples.length > RECENT_SAMPLES) this.samples.shift();
    this.minimumMs = Math.min(...this.samples);
  }

  // The deadline is always that of the oldest PING without an answer (§6.2).
  private expectPong(withinMs: number): void {
    this.deadline = setTimeout(() => {
      this.options.onDead(new TunnelError('HEARTBEAT_TIMEOUT', 'the peer did not answer a ping'));
    }, withinMs);
  }

  stop(): void {
    clearInterval(this.interval);
    clearTimeout(this.deadline);
    this.deadline = undefined;
  }
}
