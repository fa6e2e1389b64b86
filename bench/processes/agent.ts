// The process of the relay-agent, as `cluster-connect agent` would run it.
import { z } from 'zod';
import { startAgent } from '../../relay-agent/index.ts';
import type { RunningAgent } from '../../relay-agent/index.ts';
import { entraSettingsSchema } from './entra-settings.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({
  gatewayUrl: z.string(),
  gatewayCa: z.string(),
  joinToken: z.string(),
  stateDir: z.string(),
  tunnels: z.int(),
  entra: entraSettingsSchema,
  upstream: z.object({ server: z.string(), ca: z.string(), tokenFile: z.string() }),
});

let agent: RunningAgent | undefined;

serveParent(
  {
    start: async (params) => {
      agent = await startAgent({ ...startSchema.parse(params), drainTimeoutMs: 1000, logLevel: 'warn' });
      await agent.connected();
    },
    /** A tunnel that came up again in between would make a round worthless. */
    reconnects: () => agent?.reconnects,
  },
  () => agent?.close(),
);
