// Waits that end: a pause and a promise that a signal cuts short, and how long Retry-After means.

/** @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** What others wait for too: a signal ends the waiting and not the thing. @throws the signal's reason */
export async function abortable<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // It may fail after nobody waits for it any more.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  return await new Promise<Result>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * Milliseconds; undefined for a value that says nothing. Seconds or a date (RFC 9110 §10.2.3), and seconds with a
 * fraction, which Microsoft's throttling.md shows.
 */
export function retryAfterMs(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value) * 1000);
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return undefined;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
