// When a tenant's Graph may be asked again. One lookup is told to wait, and all others of that tenant wait with it:
// Graph counts what is asked meanwhile against the application (Microsoft: throttling.md).
import { unavailable } from './graph-failure.ts';
import type { GraphLimits } from './limits.ts';
import { pause } from './waiting.ts';

export interface Throttle {
  /** Resolves when Graph may be asked. @throws AuthError CC_ERR_AUTH_GRAPH_UNAVAILABLE when that is too late for anybody */
  pass(tenantId: string, signal: AbortSignal): Promise<void>;
  hold(tenantId: string, ms: number): void;
}

export function createThrottle(limits: GraphLimits): Throttle {
  const heldUntilMs = new Map<string, number>();

  return {
    async pass(tenantId, signal) {
      const now = Date.now();
      const untilMs = heldUntilMs.get(tenantId);
      if (untilMs === undefined) return;
      // A clock that was set back must not stretch the wait.
      if (untilMs <= now || untilMs - now > limits.MAX_THROTTLE_MS) {
        heldUntilMs.delete(tenantId);
        return;
      }
      if (untilMs - now > limits.MAX_WAIT_MS) throw unavailable('Graph throttles, and for too long to wait');
      await pause(untilMs - now, signal);
    },
    hold(tenantId, ms) {
      const untilMs = Date.now() + Math.min(ms, limits.MAX_THROTTLE_MS);
      if (untilMs <= (heldUntilMs.get(tenantId) ?? 0)) return;
      if (heldUntilMs.size >= limits.MAX_TENANTS) heldUntilMs.clear();
      heldUntilMs.set(tenantId, untilMs);
    },
  };
}
