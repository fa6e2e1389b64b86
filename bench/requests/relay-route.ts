// What only our own route has: handles of its processes.
import { z } from 'zod';
import { isRelayRoute } from '../routes/index.ts';
import type { RelayRoute, RunningRoute } from '../routes/index.ts';

export function relayOf(route: RunningRoute): RelayRoute | undefined {
  return isRelayRoute(route) ? route : undefined;
}

/** How often a tunnel of the agent had to come up again; 0 for other routes. */
export async function reconnectsOf(route: RunningRoute): Promise<number> {
  return (await relayOf(route)?.agent.call('reconnects', null, z.int())) ?? 0;
}
