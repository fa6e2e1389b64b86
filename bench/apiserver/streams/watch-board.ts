// The stand-in's open watches, and the events that are sent to them: a steady rate, spread over all of them.
import { encodeEvent, monotonicUs } from './watch-event.ts';

export interface Watcher {
  /** One event. The memory is the watcher's. */
  send(event: Buffer): void;
}

export interface Storm {
  readonly events: number;
  readonly elapsedMs: number;
}

interface OpenWatch {
  readonly watch: number;
  readonly watcher: Watcher;
  sequence: number;
}

/** A prime: neighbours in time are no neighbours in the order in which they were opened. */
const STRIDE = 7919;
/** As fine as Node's timers are. */
const TICK_MS = 1;

export class WatchBoard {
  private readonly watches = new Map<number, OpenWatch>();

  get open(): number {
    return this.watches.size;
  }

  /** @throws RangeError for one that is open */
  add(watch: number, watcher: Watcher): void {
    if (this.watches.has(watch)) throw new RangeError(`watch ${watch} is open already`);
    this.watches.set(watch, { watch, watcher, sequence: 0 });
  }

  remove(watch: number): void {
    this.watches.delete(watch);
  }

  /** Sends so many events a second for so long. Watches that close meanwhile are left out. */
  storm(eventsPerSecond: number, durationMs: number): Promise<Storm> {
    const order = [...this.watches.values()];
    const total = Math.round((eventsPerSecond * durationMs) / 1000);
    const stride = order.length % STRIDE === 0 ? 1 : STRIDE;
    const startUs = monotonicUs();
    let sent = 0;
    let next = 0;
    return new Promise((resolve, reject) => {
      if (order.length === 0) throw new RangeError('there is no watch to send an event to');
      const timer = setInterval(() => {
        const elapsedMs = (monotonicUs() - startUs) / 1000;
        const due = Math.min(total, Math.floor((elapsedMs * eventsPerSecond) / 1000));
        for (; sent < due; sent += 1) {
          next = (next + stride) % order.length;
          const one = order[next];
          if (one === undefined || !this.watches.has(one.watch)) {
            clearInterval(timer);
            return reject(new Error('a watch closed while events were sent'));
          }
          one.sequence += 1;
          one.watcher.send(encodeEvent({ watch: one.watch, sequence: one.sequence, sentUs: monotonicUs() }));
        }
        if (sent < total) return;
        clearInterval(timer);
        resolve({ events: sent, elapsedMs });
      }, TICK_MS);
    });
  }
}
