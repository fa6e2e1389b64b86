// The relay as two processes of their own, which a test may end or measure, in front of a real apiserver, and a kubectl of
// its administrator.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createApiserverClient } from '../../demo/control-plane/index.ts';
import type { ApiserverClient, ControlPlaneAddress } from '../../demo/control-plane/index.ts';
import { userOf } from '../support/entra-stand-in.ts';
import { startRelayProcesses } from '../support/processes/relay-processes.ts';
import type { RelayProcesses, RelayProcessesOptions } from '../support/processes/relay-processes.ts';
import { CLUSTER_SERVER_NAME } from '../support/relay-world.ts';
import { bindClusterAdmin } from './cluster-objects.ts';
import { writeKubeconfigTo } from './kubeconfig.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { kubectlFile, slugOf } from './transports.ts';
import type { Transport } from './transports.ts';

export interface ProcessRelay {
  readonly processes: RelayProcesses;
  readonly admin: ApiserverClient;
  /** alice's, who may do everything. By name only. */
  kubectlOf(transport: Transport, options?: KubectlOptions): Kubectl;
  /** alice's, in a folder of that name. */
  writeKubeconfig(folder: string, tokenSeconds?: number): string;
  close(): Promise<void>;
}

export interface KubectlOptions {
  /** Added to the transport's own. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** For a token of its own that shall expire. */
  readonly tokenSeconds?: number | undefined;
}

export interface ProcessRelayOptions extends Omit<RelayProcessesOptions, 'upstream'> {
  /** The suite's by default. */
  readonly controlPlane?: ControlPlaneAddress;
}

/** Ready when all tunnels are up. */
export async function startProcessRelay(options: ProcessRelayOptions = {}): Promise<ProcessRelay> {
  const { controlPlane = inject('controlPlane'), ...others } = options;
  const { server, caPem, agentTokenFile: tokenFile } = controlPlane;
  const processes = await startRelayProcesses({ upstream: { server, caPem, tokenFile }, ...others });
  const { entra } = processes;
  const directory = mkdtempSync(join(controlPlane.directory, 'process-relay-'));
  const admin = createApiserverClient(controlPlane);
  for (const group of userOf(entra, 'alice').groups) await bindClusterAdmin(admin, group);

  const cluster = {
    server: `https://127.0.0.1:${processes.port}`,
    caPem: processes.caPem,
    tlsServerName: CLUSTER_SERVER_NAME,
  };
  const writeKubeconfig = (folder: string, tokenSeconds?: number): string => {
    const life = tokenSeconds === undefined ? {} : { ttlSeconds: tokenSeconds };
    const token = entra.issueToken({ user: 'alice', ...life });
    return writeKubeconfigTo(join(directory, folder), cluster, { token });
  };
  // Its kubeconfig is not to be written while another kubectl reads it.
  const kubectls = new Map<string, Kubectl>();
  return {
    processes,
    admin,
    writeKubeconfig,
    kubectlOf: (transport, { environment = {}, tokenSeconds } = {}) => {
      const key = JSON.stringify([transport.name, environment, tokenSeconds]);
      const kubectl =
        kubectls.get(key) ??
        createKubectl(
          kubectlFile(inject('tools'), transport),
          writeKubeconfig(`${slugOf(transport)}-${kubectls.size}`, tokenSeconds),
          { ...transport.environment, ...environment },
        );
      kubectls.set(key, kubectl);
      return kubectl;
    },
    close: async () => {
      admin.close();
      await processes.close();
    },
  };
}
