// The whole way for one test file: an Entra stand-in, a gateway and an agent in front of the suite's real apiserver.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import {
  adminUser,
  createApiserverClient,
  findFreePorts,
  openAuditLog,
} from '../../demo/control-plane/index.ts';
import type { ActingAs, ApiserverClient, AuditLog, KubeconfigUser } from '../../demo/control-plane/index.ts';
import { startEntraStandIn } from '../../demo/entra/index.ts';
import type { DirectoryUser, EntraStandIn, EntraStandInOptions } from '../../demo/entra/index.ts';
import { startGateway } from '../../gateway/index.ts';
import type { AccessRule, GatewayConfig } from '../../gateway/index.ts';
import type { EntraSettings } from '../../auth/index.ts';
import { startAgent } from '../../relay-agent/index.ts';
import type { AgentConfig, RunningAgent } from '../../relay-agent/index.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { entraSettingsOf, userOf } from '../support/entra-stand-in.ts';
import { writeKubeconfigTo } from './kubeconfig.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { clusterOfRoute, HTTP_2, kubectlFile, slugOf } from './transports.ts';
import type { Transport } from './transports.ts';

export const CLUSTER_NAME = 'harbour';

const CLUSTER_DOMAIN = 'cluster-connect.internal';
const HOST_DOMAIN = 'clusters.contoso.example';

/** No JSON Web Token, so that it is refused in the same way everywhere. */
const NOBODYS_TOKEN = 'nobody-issued-this';

const START_TIMEOUT_MS = 20_000;

/** Both end the same way and must print the same: one through the relay, one straight to the apiserver. */
export interface KubectlPair {
  readonly direct: Kubectl;
  readonly relayed: Kubectl;
}

export interface Relay {
  readonly gateway: Awaited<ReturnType<typeof startGateway>>;
  readonly agent: RunningAgent;
  readonly entra: EntraStandIn;
  readonly entraSettings: EntraSettings;
  readonly directory: string;
  readonly admin: ApiserverClient;
  readonly auditLog: AuditLog;
  user(name: string): DirectoryUser;
  /** What the agent makes of this user: DESIGN §7. */
  actingAs(name: string): ActingAs;
  /** A kubeconfig with the user's token in it; what names the cluster as get-credentials writes it, by default by name. */
  writeKubeconfig(name: string, token: string, route?: Transport['route']): string;
  /** Both with the same kubectl and environment; `transport` is HTTP/2 by name where it is left out. */
  kubectlOf(user: string, transport?: Transport): KubectlPair;
  /** The same with a token that nobody issued. */
  kubectlOfNobody(transport: Transport): KubectlPair;
  close(): Promise<void>;
}

export interface RelaySettings {
  readonly entra?: EntraStandInOptions;
  /** Beside the rules for alice and bob. */
  readonly access?: readonly AccessRule[];
  readonly gateway?: Pick<Partial<GatewayConfig>, 'serviceAccounts' | 'denyListFile'>;
  readonly agent?: Pick<Partial<AgentConfig>, 'serviceAccountIssuers' | 'groups'>;
  /** Of both. */
  readonly entraSettings?: Partial<EntraSettings>;
}

/** alice, an administrator, and bob, a developer, may reach the cluster; mallory may not. */
export async function startRelay(settings: RelaySettings = {}): Promise<Relay> {
  const controlPlane = inject('controlPlane');
  const tools = inject('tools');
  const directory = mkdtempSync(join(controlPlane.directory, 'relay-'));
  const entra = await startEntraStandIn(settings.entra);
  const entraSettings = {
    ...entraSettingsOf(entra),
    ...settings.entraSettings,
    // Its Graph is where its authority is.
    ...(settings.entraSettings?.graph !== undefined && {
      graph: { ...settings.entraSettings.graph, origin: entra.authorityHost },
    }),
  };
  const user = (name: string): DirectoryUser => userOf(entra, name);
  const access: readonly AccessRule[] = [
    {
      clusters: [CLUSTER_NAME],
      role: 'admin',
      users: [user('alice').objectId],
      groups: [],
      applications: [],
    },
    { clusters: ['*'], role: 'user', users: [], groups: user('bob').groups, applications: [] },
    ...(settings.access ?? []),
  ];
  const [port = 0] = await findFreePorts(1);
  const publicUrl = `https://127.0.0.1:${port}`;
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port },
    privateListen: { host: '127.0.0.1', port: 0 },
    publicUrl,
    dataDir: join(directory, 'gateway'),
    clusterDomain: CLUSTER_DOMAIN,
    hostDomain: HOST_DOMAIN,
    entra: entraSettings,
    access,
    drainTimeoutMs: 5_000,
    logLevel: 'error',
    ...settings.gateway,
  });
  await gateway.store.addCluster(CLUSTER_NAME);
  // What cannot be set up is said at once, not by a hook that hangs.
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const agent = await startAgent(
    {
      gatewayUrl: publicUrl,
      gatewayCa: gateway.authorityPem,
      joinToken: await gateway.store.issueJoinToken(CLUSTER_NAME, 60_000),
      stateDir: join(directory, 'agent'),
      tunnels: 2,
      entra: entraSettings,
      upstream: {
        server: controlPlane.server,
        ca: controlPlane.caPem,
        tokenFile: controlPlane.agentTokenFile,
      },
      drainTimeoutMs: 5_000,
      logLevel: 'error',
      ...settings.agent,
    },
    { signal },
  );
  await Promise.race([agent.connected(), once(signal, 'abort').then(() => Promise.reject(signal.reason))]);

  const proxy = await startConnectProxy({ everyNameIs: '127.0.0.1' });
  const address = {
    publicUrl,
    caPem: gateway.authorityPem,
    clusterDomain: CLUSTER_DOMAIN,
    hostDomain: HOST_DOMAIN,
    proxyUrl: proxy.url,
  };
  const writeKubeconfig = (name: string, token: string, route: Transport['route'] = 'name'): string =>
    writeKubeconfigTo(join(directory, name), clusterOfRoute(route, CLUSTER_NAME, address), { token });
  const actingAs = (name: string): ActingAs => {
    const { objectId, groups, userPrincipalName } = user(name);
    const azp = entra.directory.apps[0]?.clientId ?? '';
    return {
      name: objectId,
      groups,
      extra: { oid: [objectId], tid: [entra.tenantId], upn: [userPrincipalName], azp: [azp] },
    };
  };
  const admin = createApiserverClient(controlPlane);
  const pairOf = (
    transport: Transport,
    name: string,
    directUser: KubeconfigUser,
    token: string,
  ): KubectlPair => {
    const file = kubectlFile(tools, transport);
    const folder = `${name}-${slugOf(transport)}`;
    const direct = writeKubeconfigTo(join(directory, `${folder}-direct`), controlPlane, directUser);
    const relayed = writeKubeconfig(`${folder}-relayed`, token, transport.route);
    return {
      direct: createKubectl(file, direct, transport.environment),
      relayed: createKubectl(file, relayed, transport.environment),
    };
  };

  return {
    gateway,
    agent,
    entra,
    entraSettings,
    directory,
    admin,
    auditLog: openAuditLog(controlPlane.auditLogFile),
    user,
    actingAs,
    writeKubeconfig,
    kubectlOf: (name, transport = HTTP_2) =>
      pairOf(transport, name, adminUser(controlPlane, actingAs(name)), entra.issueToken({ user: name })),
    kubectlOfNobody: (transport) => pairOf(transport, 'nobody', { token: NOBODYS_TOKEN }, NOBODYS_TOKEN),
    close: async () => {
      admin.close();
      await agent.close();
      await gateway.close();
      await entra.close();
      await proxy.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
