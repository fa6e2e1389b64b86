// When to dial again: exponential with full jitter, capped, reset only after sustained health, and never sooner than the
// gateway asked. Pure: time and chance come from outside. (AWS Architecture Blog, "Exponential Backoff And Jitter".)
import { AGENT_LIMITS } from './limits.ts';

export interface BackoffState {
  readonly failures: number;
}

export const FRESH_BACKOFF: BackoffState = { failures: 0 };

/** After a tunnel ended that lived `aliveMs` (0 when it never came up). */
export function afterTunnel(state: BackoffState, aliveMs: number): BackoffState {
  return { failures: aliveMs >= AGENT_LIMITS.HEALTHY_AFTER_MS ? 1 : state.failures + 1 };
}

/**
 * Milliseconds to wait before the next dial.
 * @param random in [0, 1)
 * @param pacedMs what the gateway asked for (GOAWAY delay, Retry-After); the wait is never shorter
 * @param capMs what the jitter never exceeds
 */
export function delayMs(
  state: BackoffState,
  random: number,
  pacedMs: number,
  capMs: number = AGENT_LIMITS.BACKOFF_CAP_MS,
): number {
  const paced = Math.min(Math.max(0, pacedMs), AGENT_LIMITS.MAX_PACED_DELAY_MS);
  if (state.failures === 0) return paced;
  const exponent = Math.min(state.failures - 1, 16);
  const cap = Math.min(capMs, AGENT_LIMITS.BACKOFF_FIRST_MS * 2 ** exponent);
  return Math.round(paced + random * cap);
}
