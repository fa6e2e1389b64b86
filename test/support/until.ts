// Waits for what is going to be true, looking often and giving up late: a machine may have other work.
import { vi } from 'vitest';

const INTERVAL_MS = 5;
const TIMEOUT_MS = 15_000;

/** @throws when it does not become true in time */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(isTrue, { interval: INTERVAL_MS, timeout: TIMEOUT_MS });
}
