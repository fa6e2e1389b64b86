// The process of a fleet: thousands of agents, as far as their tunnels go.
import { z } from 'zod';
import { Fleet, fleetSpecSchema } from '../fleet/index.ts';
import { serveParent } from './serve-parent.ts';

const waitSchema = z.object({ sinceMs: z.number(), timeoutMs: z.number() });

let fleet: Fleet | undefined;

serveParent(
  {
    launch: (params) => {
      fleet = new Fleet(fleetSpecSchema.parse(params));
    },
    'all-up': (params) => {
      const { sinceMs, timeoutMs } = waitSchema.parse(params);
      return fleet?.allUp(sinceMs, timeoutMs);
    },
    arrivals: () => fleet?.arrivals(),
    recall: async () => {
      await fleet?.close();
      fleet = undefined;
    },
  },
  () => fleet?.close(),
);
