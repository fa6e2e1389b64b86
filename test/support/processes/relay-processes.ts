// The whole way with the gateway and the agent as processes of their own, as they are installed: what one of them keeps,
// no other part of a test can hide.
import { get } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import {
  AUTHORITY_DIRECTORY,
  AUTHORITY_NAME,
  loadOrCreateAuthority,
  openStore,
  STORE_FILE,
} from '../../../gateway/index.ts';
import { freePort } from '../free-port.ts';
import { CLUSTER, CLUSTER_DOMAIN } from '../relay-world.ts';
import { startTcpProxy } from '../tcp-proxy.ts';
import type { TcpProxy } from '../tcp-proxy.ts';
import { startMeasured } from './measured-process.ts';
import type { MeasuredOptions, MeasuredProcess } from './measured-process.ts';
import type { ServiceLimits } from './service-limits.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
const LIMITED = join(import.meta.dirname, 'limited-service.ts');
/** How many the agent keeps: its own default. */
export const TUNNELS = 2;
const JOIN_TOKEN_LIFETIME_MS = 60_000;
const TUNNELS_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

export interface RelayProcessesOptions extends MeasuredOptions {
  readonly upstream: { readonly server: string; readonly caPem: string; readonly tokenFile: string };
  /** Without them the command itself is run. */
  readonly limits?: Partial<ServiceLimits>;
  /** Of both; 1 s by default. */
  readonly drainTimeout?: string;
}

export interface RelayProcesses {
  readonly entra: EntraStandIn;
  readonly gateway: MeasuredProcess;
  /** The present one. */
  readonly agent: MeasuredProcess;
  /** Where clients find the gateway, on 127.0.0.1. */
  readonly port: number;
  readonly caPem: string;
  /** Between the two, for a test to cut. */
  readonly network: TcpProxy;
  /** A number of the gateway's or the agent's private listener; NaN where there is none of this name. */
  metric(name: string): Promise<number>;
  /** Resolves when gateway and agent both have all tunnels. */
  tunnelsUp(): Promise<void>;
  /** Ends the agent and starts it again with what it had stored. */
  restartAgent(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  close(): Promise<void>;
}

/** Ready when all tunnels are up. The groups of alice and bob may use every cluster. */
export async function startRelayProcesses(options: RelayProcessesOptions): Promise<RelayProcesses> {
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  // Ended in reverse, also when a later step fails.
  await using parts = new AsyncDisposableStack();
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const entra = await startEntraStandIn();
  parts.defer(() => entra.close());
  const port = await freePort();
  const network = await startTcpProxy(port);
  parts.defer(() => network.close());
  const publicUrl = `https://127.0.0.1:${network.port}`;
  const { drainTimeout = '1s' } = options;
  const dataDir = join(directory, 'gateway');
  const write = async (name: string, content: string): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  const entraSettings = {
    authorityHost: entra.authorityHost,
    authorityCaFile: await write('entra-ca.pem', entra.caPem),
    tenants: [entra.tenantId],
    audiences: entra.audiences,
    // A token ends when it says so.
    clockSkewSeconds: 0,
  };
  const start = async (kind: 'gateway' | 'agent', settings: object): Promise<MeasuredProcess> => {
    // JSON is YAML.
    const file = await write(`${kind}.yaml`, JSON.stringify(settings));
    if (options.limits === undefined) return startMeasured(MAIN, [kind, '--config', file], options);
    const limits: ServiceLimits = { gateway: {}, tunnel: {}, agent: {}, ...options.limits };
    return startMeasured(LIMITED, [kind, file, JSON.stringify(limits)], options);
  };

  await mkdir(dataDir, { mode: 0o700 });
  const { certificatePem: caPem } = loadOrCreateAuthority(join(dataDir, AUTHORITY_DIRECTORY), AUTHORITY_NAME);
  const gatewayPrivatePort = await freePort();
  const gateway = await start('gateway', {
    // What is measured is one process.
    processes: 1,
    listen: `127.0.0.1:${port}`,
    privateListen: `127.0.0.1:${gatewayPrivatePort}`,
    publicUrl,
    dataDir,
    clusterDomain: CLUSTER_DOMAIN,
    entra: entraSettings,
    access: [
      { clusters: ['*'], role: 'user', groups: entra.directory.groups.map(({ objectId }) => objectId) },
    ],
    drainTimeout,
  });
  parts.defer(() => gateway.end('SIGKILL'));
  await gateway.logged('gateway.started');

  const store = openStore(join(dataDir, STORE_FILE));
  await store.addCluster(CLUSTER);
  const joinToken = await store.issueJoinToken(CLUSTER, JOIN_TOKEN_LIFETIME_MS);
  await store.close();
  const agentPrivatePort = await freePort();
  const agentSettings = {
    gatewayUrl: publicUrl,
    gatewayCaFile: await write('gateway-ca.pem', caPem),
    joinToken,
    stateDir: join(directory, 'agent'),
    tunnels: TUNNELS,
    entra: entraSettings,
    upstream: {
      server: options.upstream.server,
      caFile: await write('cluster-ca.pem', options.upstream.caPem),
      tokenFile: options.upstream.tokenFile,
    },
    privateListen: `127.0.0.1:${agentPrivatePort}`,
    drainTimeout,
  };
  let agent = await start('agent', agentSettings);
  parts.defer(() => agent.end('SIGKILL'));

  async function metric(name: string): Promise<number> {
    const port = name.startsWith('cluster_connect_agent') ? agentPrivatePort : gatewayPrivatePort;
    const text = await readPage(`http://127.0.0.1:${port}/metrics`);
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  }

  async function tunnelsUp(): Promise<void> {
    const deadline = performance.now() + TUNNELS_TIMEOUT_MS;
    for (;;) {
      const counts = await Promise.all(
        ['cluster_connect_gateway_tunnels', 'cluster_connect_agent_tunnels'].map(metric),
      ).catch(() => [NaN]);
      if (counts.every((count) => count === TUNNELS)) return;
      if (performance.now() > deadline) throw new Error(`the tunnels do not come up: ${counts.join(', ')}`);
      await wait(POLL_MS);
    }
  }

  await agent.logged('agent.tunnel.connected');
  await tunnelsUp();
  const started = parts.move();
  return {
    entra,
    gateway,
    get agent() {
      return agent;
    },
    port,
    caPem,
    network,
    metric,
    tunnelsUp,
    restartAgent: async (signal) => {
      await agent.end(signal);
      agent = await start('agent', agentSettings);
      await agent.logged('agent.tunnel.connected');
      await tunnelsUp();
    },
    close: () => started.disposeAsync(),
  };
}

// On a connection that is closed after it: a kept one would count among the descriptors that are measured.
function readPage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      textOf(response).then(resolve, reject);
    }).once('error', reject);
  });
}
