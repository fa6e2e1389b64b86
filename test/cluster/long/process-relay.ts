// The relay as two processes of their own in front of the suite's real apiserver, and a kubectl of its administrator.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createApiserverClient, renderKubeconfig } from '../../../demo/control-plane/index.ts';
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { startRelayProcesses } from '../../support/processes/relay-processes.ts';
import type { RelayProcesses } from '../../support/processes/relay-processes.ts';
import type { ServiceLimits } from '../../support/processes/service-limits.ts';
import { CLUSTER, CLUSTER_SERVER_NAME } from '../../support/relay-world.ts';
import { bindClusterAdmin } from '../cluster-objects.ts';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl } from '../kubectl.ts';
import { kubectlFile, slugOf } from '../transports.ts';
import type { Transport } from '../transports.ts';

export interface ProcessRelay {
  readonly processes: RelayProcesses;
  readonly admin: ApiserverClient;
  /** alice's, who may do everything. By name only: `environment` is added to the transport's own. */
  kubectlOf(transport: Transport, environment?: Readonly<Record<string, string>>): Kubectl;
  close(): Promise<void>;
}

export async function startProcessRelay(limits?: Partial<ServiceLimits>): Promise<ProcessRelay> {
  const controlPlane = inject('controlPlane');
  const tools = inject('tools');
  const processes = await startRelayProcesses({
    upstream: {
      server: controlPlane.server,
      caPem: controlPlane.caPem,
      tokenFile: controlPlane.agentTokenFile,
    },
    ...(limits === undefined ? {} : { limits }),
  });
  const { entra } = processes;
  const admin = createApiserverClient(controlPlane);
  const alice = entra.directory.users.find(({ userPrincipalName }) => userPrincipalName.startsWith('alice@'));
  for (const group of alice?.groups ?? []) await bindClusterAdmin(admin, group);
  const token = entra.issueToken({ user: 'alice' });
  return {
    processes,
    admin,
    kubectlOf: (transport, environment = {}) => {
      const folder = join(controlPlane.directory, `${CLUSTER}-${processes.gateway.pid}-${slugOf(transport)}`);
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'kubeconfig');
      const cluster = {
        server: `https://127.0.0.1:${processes.port}`,
        caPem: processes.caPem,
        tlsServerName: CLUSTER_SERVER_NAME,
      };
      writeFileSync(file, renderKubeconfig(cluster, { token }), { mode: 0o600 });
      return createKubectl(kubectlFile(tools, transport), file, { ...transport.environment, ...environment });
    },
    close: async () => {
      admin.close();
      await processes.close();
    },
  };
}
