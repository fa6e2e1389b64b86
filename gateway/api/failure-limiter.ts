// Counts failures for each client address and says when an address has had enough. A join token cannot be guessed;
// what this saves is the work of refusing, and the log.
import { isIPv6 } from 'node:net';

export interface FailureLimiterOptions {
  readonly maxFailures: number;
  readonly windowMs: number;
  readonly maxAddresses: number;
}

export interface FailureLimiter {
  /** Whole seconds until this address may try again; 0 when it may now. */
  retryAfterSeconds(address: string, nowMs: number): number;
  countFailure(address: string, nowMs: number): void;
}

interface Window {
  failures: number;
  readonly endsAtMs: number;
}

export function createFailureLimiter(options: FailureLimiterOptions): FailureLimiter {
  // Windows are all equally long and are put at the end, so the first entry is the oldest.
  const windows = new Map<string, Window>();

  const openWindow = (key: string, nowMs: number): Window | undefined => {
    const window = windows.get(key);
    if (window === undefined || nowMs < window.endsAtMs) return window;
    windows.delete(key);
    return undefined;
  };

  const forgetOldest = (): void => {
    const oldest = windows.keys().next();
    if (!oldest.done) windows.delete(oldest.value);
  };

  return {
    retryAfterSeconds(address, nowMs) {
      const window = openWindow(addressKey(address), nowMs);
      if (window === undefined || window.failures < options.maxFailures) return 0;
      return Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000));
    },
    countFailure(address, nowMs) {
      const key = addressKey(address);
      const window = openWindow(key, nowMs);
      if (window !== undefined) {
        window.failures += 1;
        return;
      }
      if (windows.size >= options.maxAddresses) forgetOldest();
      windows.set(key, { failures: 1, endsAtMs: nowMs + options.windowMs });
    },
  };
}

/** One client, one key: an IPv4 address in either spelling, or the /64 that one IPv6 client has all of. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
