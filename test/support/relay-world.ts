// The whole way in one process, over real sockets: Entra stand-in, gateway, agent and a recording upstream.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntraSettings } from '../../auth/index.ts';
import { startEntraStandIn } from '../../demo/entra/index.ts';
import type { EntraStandIn } from '../../demo/entra/index.ts';
import { startGateway } from '../../gateway/index.ts';
import type {
  AccessRule,
  GatewayConfig,
  GatewayLimits,
  Membership,
  RunningGateway,
} from '../../gateway/index.ts';
import { silentLogger } from '../../observe/index.ts';
import type { Logger } from '../../observe/index.ts';
import { startAgent } from '../../relay-agent/index.ts';
import type { AgentConfig, AgentWaits, RunningAgent } from '../../relay-agent/index.ts';
import type { TunnelLimits } from '../../tunnel/index.ts';
import { entraSettingsOf } from './entra-stand-in.ts';
import { freePort } from './free-port.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';
import { startRecordingUpstream } from './recording-upstream.ts';
import type { RecordingUpstream, RecordingUpstreamOptions } from './recording-upstream.ts';
import { testAuthority } from './test-authority.ts';

export const CLUSTER = 'edge-1';
export const CLUSTER_DOMAIN = 'cluster-connect.internal';
export const CLUSTER_SERVER_NAME = `${CLUSTER}.${CLUSTER_DOMAIN}`;
/** What the agent authenticates with; it never comes back to a client. */
export const AGENT_TOKEN = 'agent-service-account-token';

export interface RelayWorld {
  readonly entra: EntraStandIn;
  readonly gateway: RunningGateway;
  readonly agent: RunningAgent;
  readonly upstream: RecordingUpstream;
  readonly port: number;
  /** Between the agent and the gateway, where the test asked for one. */
  readonly network: TcpProxy | undefined;
  /** The gateway's CA. */
  readonly caPem: string;
  readonly directory: string;
  readonly gatewayConfig: GatewayConfig;
  readonly agentConfig: AgentConfig;
  /** A user's token from the stand-in. */
  token(user: 'alice' | 'bob' | 'mallory', ttlSeconds?: number): Promise<string>;
  close(): Promise<void>;
}

export interface RelayWorldOptions extends RecordingUpstreamOptions {
  readonly access?: readonly AccessRule[];
  readonly entra?: Partial<EntraSettings>;
  /** Of the agent alone, which need not agree with the gateway. */
  readonly agentEntra?: Partial<EntraSettings>;
  readonly gatewayLimits?: Partial<GatewayLimits>;
  /** Of both ends. */
  readonly tunnelLimits?: Partial<TunnelLimits>;
  readonly agentWaits?: Partial<AgentWaits>;
  readonly gateway?: Partial<GatewayConfig>;
  readonly agent?: Partial<AgentConfig>;
  /** Another apiserver than the recording one. */
  readonly upstreamConfig?: AgentConfig['upstream'];
  readonly logger?: Logger;
  /** The gateway is one of several. */
  readonly membership?: Membership;
  /** Tunnels go through a TCP proxy that the test can cut. */
  readonly cuttable?: boolean;
  /** Tunnels of this test are expected to come up again. Else one that did fails the test at its end. */
  readonly reconnects?: boolean;
}

/** Ready when all tunnels are up. Alice's and Bob's groups may use every cluster, Mallory may not. */
export async function startRelayWorld(options: RelayWorldOptions = {}): Promise<RelayWorld> {
  const logger = options.logger ?? silentLogger;
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  const entra = await startEntraStandIn({ authority: testAuthority() });
  const upstream = await startRecordingUpstream(options);
  const settings = { ...entraSettingsOf(entra), ...options.entra };
  const port = await freePort();
  const network = options.cuttable === true ? await startTcpProxy(port) : undefined;
  const publicUrl = `https://127.0.0.1:${network?.port ?? port}`;
  const groups = entra.directory.groups.map(({ objectId }) => objectId);
  const gatewayConfig: GatewayConfig = {
    listen: { host: '127.0.0.1', port },
    privateListen: { host: '127.0.0.1', port: 0 },
    publicUrl,
    dataDir: join(directory, 'gateway'),
    clusterDomain: CLUSTER_DOMAIN,
    entra: settings,
    access: options.access ?? [{ clusters: ['*'], role: 'user', users: [], groups, applications: [] }],
    drainTimeoutMs: 5000,
    logLevel: 'silent',
    ...options.gateway,
  };
  const { gatewayLimits: limits = {}, tunnelLimits = {}, agentWaits: waits = {} } = options;
  const gateway = await startGateway(gatewayConfig, {
    logger,
    limits,
    tunnelLimits,
    ...(options.membership === undefined ? {} : { membership: options.membership }),
  });
  await gateway.store.addCluster(CLUSTER);
  const joinToken = await gateway.store.issueJoinToken(CLUSTER, 60_000);
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, AGENT_TOKEN);
  const agentConfig: AgentConfig = {
    gatewayUrl: publicUrl,
    gatewayCa: gateway.authorityPem,
    joinToken,
    stateDir: join(directory, 'agent'),
    tunnels: 2,
    entra: { ...settings, ...options.agentEntra },
    upstream: options.upstreamConfig ?? { server: upstream.url, ca: upstream.caPem, tokenFile },
    drainTimeoutMs: 5000,
    logLevel: 'silent',
    ...options.agent,
  };
  const agent = await startAgent(agentConfig, { logger, waits, tunnelLimits });
  await agent.connected();
  // The gateway hears of a tunnel a moment later than the agent.
  while (gateway.connectedTunnels < agentConfig.tunnels)
    await new Promise((resolve) => setImmediate(resolve));
  return {
    entra,
    gateway,
    agent,
    upstream,
    port,
    network,
    caPem: gateway.authorityPem,
    directory,
    gatewayConfig,
    agentConfig,
    token: async (user, ttlSeconds) =>
      entra.issueToken({ user, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }),
    close: async () => {
      const { reconnects } = agent;
      await agent.close();
      await gateway.close();
      await Promise.all([upstream.close(), entra.close(), network?.close()]);
      await rm(directory, { recursive: true, force: true });
      if (reconnects > 0 && options.reconnects !== true) {
        throw new Error(`a tunnel came up again ${reconnects} times, and no test asked for it`);
      }
    },
  };
}
