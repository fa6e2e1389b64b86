// The process of a gateway whose clusters are in its database already, and one user who may reach all of them.
import { z } from 'zod';
import { startGateway } from '../../gateway/index.ts';
import type { RunningGateway } from '../../gateway/index.ts';
import { entraSettingsSchema } from './entra-settings.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({
  port: z.int(),
  publicUrl: z.string(),
  dataDir: z.string(),
  clusterDomain: z.string(),
  userObjectId: z.string(),
  entra: entraSettingsSchema,
});
const HOST = '127.0.0.1';

let gateway: RunningGateway | undefined;

serveParent(
  {
    start: async (params) => {
      const { port, userObjectId, ...config } = startSchema.parse(params);
      gateway = await startGateway({
        ...config,
        listen: { host: HOST, port },
        privateListen: { host: HOST, port: 0 },
        access: [{ clusters: ['*'], role: 'user', users: [userObjectId], groups: [], applications: [] }],
        drainTimeoutMs: 1000,
        logLevel: 'error',
      });
      return { authorityPem: gateway.authorityPem };
    },
    tunnels: () => gateway?.connectedTunnels,
  },
  () => gateway?.close(),
);
