// The process of a delaying relay: the long way of a tunnel's own connection.
import { z } from 'zod';
import { startDelayingRelay } from '../link/index.ts';
import type { DelayingRelay } from '../link/index.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({ targetPort: z.int(), roundTripMs: z.number().min(0).max(10_000) });

let relay: DelayingRelay | undefined;

serveParent(
  {
    start: async (params) => {
      const { targetPort, roundTripMs } = startSchema.parse(params);
      relay = await startDelayingRelay(targetPort, roundTripMs);
      return { port: relay.port };
    },
  },
  () => relay?.close(),
);
