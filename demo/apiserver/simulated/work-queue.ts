// Work that the simulated controllers do a little later: soon after a change, never inside it, once for each key.
import type { Logger } from '../../../observe/index.ts';

export interface WorkQueue {
  /** Runs `work` after `delayMs`, unless work for `key` waits already. */
  schedule(key: string, delayMs: number, work: () => void): void;
  close(): void;
}

/** Keys come from stored objects, so their number is bounded by MAX_STORED_OBJECTS. */
export function createWorkQueue(logger: Logger): WorkQueue {
  const waiting = new Map<string, NodeJS.Timeout>();
  let closed = false;
  return {
    schedule(key, delayMs, work) {
      if (closed || waiting.has(key)) return;
      const timer = setTimeout(() => {
        waiting.delete(key);
        try {
          work();
        } catch (error) {
          logger.warn('standin.simulation.failed', { key, error });
        }
      }, delayMs);
      timer.unref();
      waiting.set(key, timer);
    },
    close() {
      closed = true;
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
