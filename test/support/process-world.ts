// The gateway as several processes behind one port, as `cluster-connect gateway` runs it, with an agent and a recording upstream.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEntraStandIn } from '../../demo/entra/index.ts';
import { openStore, startGatewayProcesses, STORE_FILE } from '../../gateway/index.ts';
import type {
  ClusterStore,
  GatewayConfig,
  GatewayProcessesOptions,
  RunningGatewayProcesses,
} from '../../gateway/index.ts';
import { silentLogger } from '../../observe/index.ts';
import { startAgent } from '../../relay-agent/index.ts';
import type { AgentConfig, RunningAgent } from '../../relay-agent/index.ts';
import { entraSettingsOf } from './entra-stand-in.ts';
import { freePort } from './free-port.ts';
import { memoryLog } from './memory-log.ts';
import type { MemoryLog } from './memory-log.ts';
import { startRecordingUpstream } from './recording-upstream.ts';
import type { RecordingUpstream, RecordingUpstreamOptions } from './recording-upstream.ts';
import { AGENT_TOKEN, CLUSTER, CLUSTER_DOMAIN } from './relay-world.ts';
import { testAuthority } from './test-authority.ts';
import { until } from './until.ts';

export interface ProcessWorld {
  readonly gateway: RunningGatewayProcesses;
  readonly config: GatewayConfig;
  readonly agent: RunningAgent;
  readonly agentConfig: AgentConfig;
  readonly upstream: RecordingUpstream;
  readonly store: ClusterStore;
  readonly port: number;
  readonly caPem: string;
  /** Of the supervisor. */
  readonly log: MemoryLog;
  token(user: 'alice' | 'bob' | 'mallory'): Promise<string>;
  /** A number of the private listener's page; NaN where there is none of this name. */
  readonly metric: (name: string) => Promise<number>;
  close(): Promise<void>;
}

export interface ProcessWorldOptions extends RecordingUpstreamOptions {
  readonly processes?: number;
  readonly tunnels?: number;
  readonly gateway?: Partial<GatewayConfig>;
  readonly waits?: GatewayProcessesOptions['waits'];
}

const PROCESSES = 2;

/** Ready when the agent's tunnels are up and every process knows the others. */
export async function startProcessWorld(options: ProcessWorldOptions = {}): Promise<ProcessWorld> {
  const { processes = PROCESSES, tunnels = 1 } = options;
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const entra = await startEntraStandIn({ authority: testAuthority() });
  parts.defer(() => entra.close());
  const upstream = await startRecordingUpstream(options);
  parts.defer(() => upstream.close());
  const settings = entraSettingsOf(entra);
  const port = await freePort();
  const publicUrl = `https://127.0.0.1:${port}`;
  const groups = entra.directory.groups.map(({ objectId }) => objectId);
  const config: GatewayConfig = {
    listen: { host: '127.0.0.1', port },
    privateListen: { host: '127.0.0.1', port: 0 },
    publicUrl,
    dataDir: join(directory, 'gateway'),
    clusterDomain: CLUSTER_DOMAIN,
    entra: settings,
    access: [{ clusters: ['*'], role: 'user', users: [], groups, applications: [] }],
    drainTimeoutMs: 5000,
    logLevel: 'silent',
    ...options.gateway,
  };
  const log = memoryLog();
  const gateway = await startGatewayProcesses(config, processes, {
    logger: log.logger,
    waits: { RESTART_MS: 10, ...options.waits },
    limits: { DRAIN_PACING_MS: 10 },
  });
  parts.defer(() => gateway.close());
  const store = openStore(join(config.dataDir, STORE_FILE));
  parts.defer(() => store.close());
  await store.addCluster(CLUSTER);
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, AGENT_TOKEN);
  const agentConfig: AgentConfig = {
    gatewayUrl: publicUrl,
    gatewayCa: gateway.authorityPem,
    joinToken: await store.issueJoinToken(CLUSTER, 60_000),
    stateDir: join(directory, 'agent'),
    tunnels,
    entra: settings,
    upstream: { server: upstream.url, ca: upstream.caPem, tokenFile },
    drainTimeoutMs: 5000,
    logLevel: 'silent',
  };
  const agent = await startAgent(agentConfig, { logger: silentLogger, waits: {} });
  parts.defer(() => agent.close());
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.privateUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  await agent.connected();
  const steady = {
    cluster_connect_gateway_tunnels: tunnels,
    cluster_connect_gateway_peers: processes * (processes - 1),
  };
  for (const [name, value] of Object.entries(steady)) {
    await until(async () => (await metric(name)) === value);
  }
  const started = parts.move();
  return {
    gateway,
    config,
    agent,
    agentConfig,
    upstream,
    store,
    port,
    caPem: gateway.authorityPem,
    log,
    token: async (user) => entra.issueToken({ user }),
    metric,
    close: () => started.disposeAsync(),
  };
}
