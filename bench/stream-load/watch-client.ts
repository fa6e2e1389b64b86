// Many watches, and what became of the events that were sent to them: how late each one was, and whether any is missing.
import { z } from 'zod';
import { monotonicUs } from '../apiserver/streams/index.ts';
import { LatencyRecorder } from '../load/index.ts';
import { streamTargetSchema } from './stream-target.ts';
import { WatchConnection } from './watch-connection.ts';

export const watchSpecSchema = streamTargetSchema.extend({
  watches: z.int().min(1).max(999_999),
  perConnection: z.int().min(1).max(100),
  /** Taken in turn, connection by connection. */
  tokens: z.array(z.string()).min(1),
});
export type WatchSpec = z.infer<typeof watchSpecSchema>;

export const watchRoundSchema = z.object({
  events: z.int(),
  p50Us: z.number(),
  p99Us: z.number(),
  maxUs: z.number(),
  /** Events whose number is not the next of their watch. */
  outOfOrder: z.int(),
});
export type WatchRound = z.infer<typeof watchRoundSchema>;

/** Connections that are opened at the same time. */
const OPENING = 10;
const OPEN_TIMEOUT_MS = 100_000;
/** An event that is so late will not come. */
const LAST_EVENT_MS = 10_000;

export class WatchClient {
  private readonly latencies = new LatencyRecorder();
  private readonly sequences: Uint32Array;
  private readonly spec: WatchSpec;
  private readonly connections: WatchConnection[] = [];
  private answered = 0;
  private outOfOrder = 0;
  private failure: Error | undefined = undefined;
  // Who waits for something to become true.
  private waiting: { isTrue(): boolean; resolve(): void; reject(error: Error): void } | undefined = undefined;

  constructor(spec: WatchSpec) {
    this.spec = spec;
    this.sequences = new Uint32Array(spec.watches);
  }

  /** @throws Error when a watch is not answered */
  async open(): Promise<void> {
    const { watches, perConnection, tokens, ...target } = this.spec;
    const waitingConnections = Array.from(
      { length: Math.ceil(watches / perConnection) },
      (_, index) => index,
    );
    while (waitingConnections.length > 0) {
      const batch = waitingConnections.splice(0, OPENING);
      await Promise.all(
        batch.map(async (index) => {
          const first = index * perConnection;
          const count = Math.min(perConnection, watches - first);
          const connection = new WatchConnection({
            onOpen: () => {
              this.answered += 1;
              this.look();
            },
            onEvent: ({ watch, sequence, sentUs }) => this.event(watch, sequence, sentUs),
            onFailure: (error) => this.fail(error),
          });
          this.connections.push(connection);
          const numbers = Array.from({ length: count }, (__, at) => first + at);
          await connection.open(target, tokens[index % tokens.length] ?? '', numbers);
        }),
      );
      const asked = Math.min(watches, (waitingConnections[0] ?? Infinity) * perConnection);
      await this.until(
        () => this.answered >= asked,
        OPEN_TIMEOUT_MS,
        () => `${asked - this.answered} of ${asked} watches were not answered`,
      );
    }
  }

  /** Waits for so many events since the last call. @throws Error when a watch is lost */
  async take(events: number): Promise<WatchRound> {
    await this.until(
      () => this.latencies.size >= events,
      LAST_EVENT_MS,
      () => `${events - this.latencies.size} of ${events} events were lost`,
    );
    const round = { events: this.latencies.size, ...this.latencies.summary(), outOfOrder: this.outOfOrder };
    this.latencies.clear();
    this.outOfOrder = 0;
    return round;
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }

  private event(watch: number, sequence: number, sentUs: number): void {
    this.latencies.record((monotonicUs() - sentUs) / 1000);
    const expected = (this.sequences[watch] ?? 0) + 1;
    if (sequence !== expected) this.outOfOrder += 1;
    this.sequences[watch] = sequence;
    this.look();
  }

  private until(isTrue: () => boolean, timeoutMs: number, otherwise: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(new Error(otherwise())), timeoutMs);
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.waiting = undefined;
        settle();
      };
      this.waiting = { isTrue, resolve: () => end(resolve), reject: (error) => end(() => reject(error)) };
      if (this.failure !== undefined) this.waiting.reject(this.failure);
      else this.look();
    });
  }

  private look(): void {
    if (this.waiting?.isTrue() === true) this.waiting.resolve();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
  }
}
