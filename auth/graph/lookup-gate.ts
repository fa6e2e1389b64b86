// At most so many lookups at once, and at most so many that wait for a turn.
import { AuthError } from '../auth-error.ts';

export interface LookupGate {
  /** @throws AuthError CC_ERR_AUTH_BUSY, or the signal's reason when it comes first; else what the task throws */
  run<Result>(task: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export function createLookupGate(maxRunning: number, maxWaiting: number): LookupGate {
  let running = 0;
  const waiting = new Set<() => void>();

  async function turn(signal: AbortSignal): Promise<void> {
    if (running < maxRunning) {
      running += 1;
      return;
    }
    if (waiting.size >= maxWaiting) {
      throw new AuthError('CC_ERR_AUTH_BUSY', 'the groups of too many users are being looked up: try again');
    }
    // Whoever leaves hands his place on: `running` stays as it is.
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(enter);
        reject(signal.reason);
      };
      waiting.add(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  function passOn(): void {
    for (const enter of waiting) {
      waiting.delete(enter);
      enter();
      return;
    }
    running -= 1;
  }

  return {
    async run(task, signal) {
      signal.throwIfAborted();
      await turn(signal);
      try {
        return await task();
      } finally {
        passOn();
      }
    },
  };
}
