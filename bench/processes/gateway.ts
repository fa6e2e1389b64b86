// The process of the gateway, as `cluster-connect gateway` would run it, with one cluster and one user who may reach it.
import { join } from 'node:path';
import { z } from 'zod';
import { openStore, startGateway, startGatewayProcesses, STORE_FILE } from '../../gateway/index.ts';
import type { GatewayConfig } from '../../gateway/index.ts';
import { entraSettingsSchema } from './entra-settings.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({
  port: z.int(),
  publicUrl: z.string(),
  dataDir: z.string(),
  clusterDomain: z.string(),
  clusterName: z.string(),
  userObjectId: z.string(),
  /** Others who may reach the cluster are in it. */
  userGroup: z.string().optional(),
  entra: entraSettingsSchema,
  /** Behind the one port. */
  processes: z.int().min(1).default(1),
});
const HOST = '127.0.0.1';
const JOIN_TOKEN_LIFETIME_MS = 60_000;

let gateway: { readonly privateUrl: string; close(): Promise<void> } | undefined;

serveParent(
  {
    start: async (params) => {
      const {
        port,
        publicUrl,
        dataDir,
        clusterDomain,
        clusterName,
        userObjectId,
        userGroup,
        entra,
        processes,
      } = startSchema.parse(params);
      const config: GatewayConfig = {
        listen: { host: HOST, port },
        privateListen: { host: HOST, port: 0 },
        publicUrl,
        dataDir,
        clusterDomain,
        entra,
        access: [
          {
            clusters: [clusterName],
            role: 'user',
            users: [userObjectId],
            groups: userGroup === undefined ? [] : [userGroup],
            applications: [],
          },
        ],
        drainTimeoutMs: 1000,
        logLevel: 'warn',
      };
      const running =
        processes === 1 ? await startGateway(config) : await startGatewayProcesses(config, processes);
      gateway = running;
      const store = openStore(join(dataDir, STORE_FILE));
      await store.addCluster(clusterName);
      const joinToken = await store.issueJoinToken(clusterName, JOIN_TOKEN_LIFETIME_MS);
      await store.close();
      return { authorityPem: running.authorityPem, joinToken };
    },
    /** Requests so far, and those of them that went through another process, which holds the tunnel. */
    requests: async () => {
      const page = await (await fetch(`${gateway?.privateUrl}/metrics`)).text();
      const read = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(page)?.[1] ?? 0);
      return {
        all: read('cluster_connect_gateway_requests_total\\{outcome="answered"\\}'),
        viaPeer: read('cluster_connect_gateway_peer_streams_total'),
      };
    },
  },
  () => gateway?.close(),
);
