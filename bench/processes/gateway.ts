// The process of the gateway, as `cluster-connect gateway` would run it, with one cluster and one user who may reach it.
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
  clusterName: z.string(),
  userObjectId: z.string(),
  entra: entraSettingsSchema,
});
const HOST = '127.0.0.1';
const JOIN_TOKEN_LIFETIME_MS = 60_000;

let gateway: RunningGateway | undefined;

serveParent(
  {
    start: async (params) => {
      const { port, publicUrl, dataDir, clusterDomain, clusterName, userObjectId, entra } =
        startSchema.parse(params);
      gateway = await startGateway({
        listen: { host: HOST, port },
        privateListen: { host: HOST, port: 0 },
        publicUrl,
        dataDir,
        clusterDomain,
        entra,
        access: [
          { clusters: [clusterName], role: 'user', users: [userObjectId], groups: [], applications: [] },
        ],
        drainTimeoutMs: 1000,
        logLevel: 'warn',
      });
      await gateway.store.addCluster(clusterName);
      return {
        authorityPem: gateway.authorityPem,
        joinToken: await gateway.store.issueJoinToken(clusterName, JOIN_TOKEN_LIFETIME_MS),
      };
    },
  },
  () => gateway?.close(),
);
