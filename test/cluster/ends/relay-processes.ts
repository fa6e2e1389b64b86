// A gateway and an agent as processes of their own, which a test may kill, with a network between them that it may cut.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';
import { findFreePorts, renderKubeconfig, startOrphanGuard } from '../../../demo/control-plane/index.ts';
import type { ControlPlaneAddress, OrphanGuard } from '../../../demo/control-plane/index.ts';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import {
  AUTHORITY_DIRECTORY,
  AUTHORITY_NAME,
  loadOrCreateAuthority,
  openStore,
  STORE_FILE,
} from '../../../gateway/index.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl } from '../kubectl.ts';
import { kubectlFile, slugOf } from '../transports.ts';
import type { Transport } from '../transports.ts';

const MAIN = join(import.meta.dirname, '../../../cli/main.ts');
const CLUSTER = 'harbour';
const CLUSTER_DOMAIN = 'cluster-connect.internal';
const TUNNELS = 2;
const READY_TIMEOUT_MS = 20_000;
const JOIN_TOKEN_MS = 60_000;

export interface RelayProcesses {
  readonly gateway: CommandProcess;
  readonly agent: CommandProcess;
  /** Between the two. */
  readonly network: TcpProxy;
  /** Object id of a group that Alice is in. */
  readonly adminGroup: string;
  /** Alice's; with a token of its own where it shall expire. */
  kubectl(transport: Transport, tokenSeconds?: number): Kubectl;
  /** Alice's, in a folder of that name. */
  writeKubeconfig(folder: string, tokenSeconds?: number): string;
  close(): Promise<void>;
}

export interface CommandProcess {
  kill(signal: 'SIGKILL' | 'SIGTERM'): void;
  readonly exited: Promise<unknown>;
  /** A number of its /metrics page; undefined when the process is gone. */
  metric(name: string): Promise<number | undefined>;
  isReady(): Promise<boolean>;
}

export interface RelayProcessesOptions {
  readonly drainTimeout: string;
}

/** Ready when all tunnels are up. */
export async function startRelayProcesses(
  controlPlane: ControlPlaneAddress,
  { drainTimeout }: RelayProcessesOptions,
): Promise<RelayProcesses> {
  const tools = inject('tools');
  const directory = mkdtempSync(join(controlPlane.directory, 'ends-'));
  const guard = startOrphanGuard(directory);
  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  // JSON is YAML.
  const writeSettings = (name: string, settings: object): string => write(name, JSON.stringify(settings));

  const entraServer = await startEntraStandIn();
  const adminGroup = groupOfAlice(entraServer);
  const entra = entraSettings(entraServer, write('entra-ca.pem', entraServer.caPem));
  const [port = 0, gatewayPrivatePort = 0, agentPrivatePort = 0] = await findFreePorts(3);
  const network = await startTcpProxy(port);
  const gatewayUrl = `https://127.0.0.1:${network.port}`;
  const dataDir = join(directory, 'gateway');
  const { caPem, joinToken } = await addCluster(dataDir);
  const gatewayFile = writeSettings('gateway.yaml', {
    listen: `127.0.0.1:${port}`,
    privateListen: `127.0.0.1:${gatewayPrivatePort}`,
    publicUrl: gatewayUrl,
    dataDir,
    clusterDomain: CLUSTER_DOMAIN,
    entra,
    access: [{ clusters: ['*'], role: 'admin', groups: [adminGroup] }],
    drainTimeout,
  });
  const gateway = startCommand(['gateway', '--config', gatewayFile], gatewayPrivatePort, guard);
  await gateway.sees('gateway.started', 1);
  const agentFile = writeSettings('agent.yaml', {
    gatewayUrl,
    gatewayCaFile: write('gateway-ca.pem', caPem),
    joinTokenFile: write('join-token', joinToken),
    stateDir: join(directory, 'agent'),
    tunnels: TUNNELS,
    privateListen: `127.0.0.1:${agentPrivatePort}`,
    entra,
    upstream: {
      server: controlPlane.server,
      caFile: write('cluster-ca.pem', controlPlane.caPem),
      tokenFile: controlPlane.agentTokenFile,
    },
    drainTimeout,
  });
  const agent = startCommand(['agent', '--config', agentFile], agentPrivatePort, guard);
  await agent.sees('agent.tunnel.connected', TUNNELS);
  await gateway.sees('gateway.tunnel.connected', TUNNELS);

  const cluster = {
    server: `https://127.0.0.1:${port}`,
    caPem,
    tlsServerName: `${CLUSTER}.${CLUSTER_DOMAIN}`,
  };
  const kubectls = new Map<string, Kubectl>();
  const writeKubeconfig = (folder: string, tokenSeconds?: number): string => {
    const token = entraServer.issueToken({
      user: 'alice',
      ...(tokenSeconds === undefined ? {} : { ttlSeconds: tokenSeconds }),
    });
    mkdirSync(join(directory, folder));
    return write(join(folder, 'kubeconfig'), renderKubeconfig(cluster, { token }));
  };
  return {
    gateway,
    agent,
    network,
    adminGroup,
    writeKubeconfig,
    kubectl: (transport, tokenSeconds) => {
      const folder =
        tokenSeconds === undefined ? slugOf(transport) : `${slugOf(transport)}-${tokenSeconds}-s`;
      const known = kubectls.get(folder);
      if (known !== undefined) return known;
      const kubeconfig = writeKubeconfig(folder, tokenSeconds);
      const kubectl = createKubectl(kubectlFile(tools, transport), kubeconfig, transport.environment);
      kubectls.set(folder, kubectl);
      return kubectl;
    },
    close: async () => {
      for (const command of [gateway, agent]) command.kill('SIGKILL');
      await Promise.all([gateway.exited, agent.exited, network.close(), entraServer.close()]);
      guard.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function groupOfAlice({ directory }: EntraStandIn): string {
  const user = directory.users.find(({ userPrincipalName }) => userPrincipalName.startsWith('alice@'));
  const [group] = user?.groups ?? [];
  if (group === undefined) throw new RangeError('Alice is in no group');
  return group;
}

function entraSettings({ authorityHost, tenantId, audiences }: EntraStandIn, authorityCaFile: string) {
  return { authorityHost, authorityCaFile, tenants: [tenantId], audiences, clockSkewSeconds: 0 };
}

function startCommand(args: readonly string[], privatePort: number, guard: OrphanGuard) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.pid !== undefined) guard.watch(child.pid);
  return {
    sees: watchLog(child, args[0] ?? ''),
    exited: once(child, 'exit'),
    kill: (signal: 'SIGKILL' | 'SIGTERM') => void child.kill(signal),
    metric: (name: string) => readMetric(privatePort, name),
    isReady: () =>
      fetch(`http://127.0.0.1:${privatePort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
}

/** Resolves when the log has named `event` so often. */
function watchLog(child: ChildProcess, name: string): (event: string, times: number) => Promise<void> {
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  if (child.stderr === null) throw new TypeError('its log is not read');
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  return (event, times) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the ${name} did not log ${event}:\n${lines.slice(-20).join('\n')}`)),
        READY_TIMEOUT_MS,
      );
      const look = (): void => {
        if (lines.filter((line) => line.includes(`"${event}"`)).length < times) return;
        clearTimeout(timer);
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
}

async function readMetric(port: number, name: string): Promise<number | undefined> {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).then(
    (response) => response.text(),
    () => undefined,
  );
  const line = page?.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** What `cluster-connect cluster add` does, before the gateway runs. */
async function addCluster(dataDir: string): Promise<{ caPem: string; joinToken: string }> {
  mkdirSync(dataDir, { mode: 0o700 });
  const { certificatePem } = loadOrCreateAuthority(join(dataDir, AUTHORITY_DIRECTORY), AUTHORITY_NAME);
  const store = openStore(join(dataDir, STORE_FILE));
  try {
    await store.addCluster(CLUSTER);
    return { caPem: certificatePem, joinToken: await store.issueJoinToken(CLUSTER, JOIN_TOKEN_MS) };
  } finally {
    await store.close();
  }
}
