// The life of a service on a terminal or in a pod: the first signal drains it, a second one ends it at once.
import { EXIT } from './exit-codes.ts';

export interface Service {
  drain(): Promise<void>;
  close(): Promise<void>;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type Signal = (typeof SIGNALS)[number];
/** A close that hangs must not keep somebody who pressed Ctrl-C twice. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Waits for a signal, drains, closes, and ends the process.
 * Kubernetes sends SIGTERM and, after terminationGracePeriodSeconds, SIGKILL: drainTimeout belongs below that.
 */
export async function serveUntilSignal(service: Service): Promise<never> {
  const first = Promise.withResolvers<void>();
  let draining = false;
  const onSignal = (signal: Signal): void => {
    if (draining) void closeAtOnce(service, signal);
    draining = true;
    first.resolve();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  await first.promise;
  await service.drain();
  await service.close();
  return process.exit(EXIT.ok);
}

async function closeAtOnce(service: Service, signal: Signal): Promise<never> {
  const timeout = Promise.withResolvers<void>();
  setTimeout(timeout.resolve, CLOSE_TIMEOUT_MS);
  // The signal's exit code says that this was no clean end, whatever the close reports.
  await Promise.race([service.close().catch(() => undefined), timeout.promise]);
  return process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
}
