// A throwaway cluster: etcd and kube-apiserver on loopback, with RBAC, an audit log and the agent's ServiceAccount.
// There is no kubelet and no controller: objects are kept and judged, nothing runs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_USER, createAgentAccount, requestAgentToken } from './agent-account.ts';
import { createApiserverClient } from './apiserver-client.ts';
import type { ApiserverAddress, ApiserverClient } from './apiserver-client.ts';
import { createClusterCertificates } from './certificates.ts';
import type { ClusterCertificates } from './certificates.ts';
import { ControlPlaneError } from './errors.ts';
import { findFreePorts } from './free-port.ts';
import { adminUser, renderKubeconfig } from './kubeconfig.ts';
import { AGENT_TOKEN_SECONDS, READY_POLL_MS, READY_TIMEOUT_MS, START_ATTEMPTS } from './limits.ts';
import { quoteLog, startLoggedProcess } from './logged-process.ts';
import type { LoggedProcess } from './logged-process.ts';
import { startOrphanGuard } from './orphan-guard.ts';
import type { OrphanGuard } from './orphan-guard.ts';
import { apiserverArguments, etcdArguments, writeServerFiles } from './server-arguments.ts';
import { keepTokenFile } from './token-file.ts';

export interface ControlPlaneOptions {
  /** Paths of the binaries. */
  readonly etcd: string;
  readonly kubeApiserver: string;
  /** Life of the agent's tokens, at least 600. */
  readonly agentTokenSeconds?: number;
}

/** Plain data, so that it can be handed to another process. */
export interface ControlPlaneAddress extends ApiserverAddress {
  /** Holds everything of this cluster; removed by `close`. */
  readonly directory: string;
  readonly adminKubeconfigFile: string;
  readonly auditLogFile: string;
  readonly agentTokenFile: string;
  /** `system:serviceaccount:…` */
  readonly agentUser: string;
  /** e.g. `v1.34.4` */
  readonly version: string;
}

export interface ControlPlane extends ControlPlaneAddress {
  readonly client: ApiserverClient;
  readonly processes: readonly LoggedProcess[];
  /** Starts what belongs to this cluster: it ends before the apiserver does, and with a parent that is killed. */
  startProcess(file: string, args: readonly string[], logName: string): Promise<LoggedProcess>;
  /** Writes a new token for the agent now, as the kubelet does before the old one expires. */
  rewriteAgentToken(): Promise<void>;
  /** Ends all processes and removes the directory, or keeps it for a look at the logs. */
  close(options?: { readonly keepDirectory?: boolean }): Promise<void>;
}

/** @throws ControlPlaneError, which quotes the log of what failed; its directory is kept then. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-control-plane-'));
  const guard = startOrphanGuard(directory);
  const certificates = createClusterCertificates();
  try {
    await writeServerFiles(directory, certificates);
    const servers = await startServers(options, directory, certificates, guard);
    return await prepareCluster(options, directory, servers, guard);
  } catch (error) {
    guard.release();
    throw error;
  }
}

interface Servers extends ApiserverAddress {
  readonly client: ApiserverClient;
  readonly processes: readonly LoggedProcess[];
  readonly start: ControlPlane['startProcess'];
  stop(): Promise<void>;
}

async function startServers(
  options: ControlPlaneOptions,
  directory: string,
  certificates: ClusterCertificates,
  guard: OrphanGuard,
): Promise<Servers> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startServersOnce(
        options,
        join(directory, `attempt-${attempt}`),
        directory,
        certificates,
        guard,
      );
    } catch (error) {
      const portWasTaken = error instanceof Error && error.message.includes('address already in use');
      if (!portWasTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startServersOnce(
  options: ControlPlaneOptions,
  attemptDirectory: string,
  directory: string,
  certificates: ClusterCertificates,
  guard: OrphanGuard,
): Promise<Servers> {
  await mkdir(attemptDirectory);
  const [etcdPort = 0, peerPort = 0, securePort = 0] = await findFreePorts(3);
  const server = `https://127.0.0.1:${securePort}`;
  const { caPem, admin } = certificates;
  const client = createApiserverClient({ server, caPem, admin });
  const processes: LoggedProcess[] = [];
  const start: Servers['start'] = async (file, args, logName) => {
    const child = await startLoggedProcess(file, args, join(attemptDirectory, logName));
    guard.watch(child.pid);
    processes.push(child);
    return child;
  };
  const stop = async (): Promise<void> => {
    client.close();
    // The apiserver before its etcd: without it, it would only log errors.
    for (const child of processes.toReversed()) await child.stop();
  };
  try {
    // Both at once: kube-apiserver waits for etcd by itself.
    await start(options.etcd, etcdArguments(attemptDirectory, etcdPort, peerPort), 'etcd.log');
    await start(
      options.kubeApiserver,
      apiserverArguments(directory, attemptDirectory, etcdPort, securePort),
      'kube-apiserver.log',
    );
    await waitUntilReady(client, processes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { server, caPem, admin, client, processes, start, stop };
}

/** Ready means: the apiserver says so, and the namespace that it makes for itself a little later is there. */
async function waitUntilReady(client: ApiserverClient, processes: readonly LoggedProcess[]): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const probes = ['/readyz', '/api/v1/namespaces/default'];
  for (;;) {
    const probe = probes[0];
    if (probe === undefined) return;
    const status = await client.send('GET', probe).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) {
      probes.shift();
      continue;
    }
    for (const child of processes) {
      if (child.isRunning()) continue;
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_EXITED',
        `${child.name} ended (${await child.ended}); the end of ${child.logFile}:\n${await quoteLog(child)}`,
      );
    }
    if (Date.now() > deadline) {
      const logs = processes.map((child) => child.logFile).join(' and ');
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_NOT_READY',
        `${probe} was not answered with 200 within ${READY_TIMEOUT_MS / 1000} s; see ${logs}`,
      );
    }
    await delay(READY_POLL_MS);
  }
}

async function prepareCluster(
  options: ControlPlaneOptions,
  directory: string,
  servers: Servers,
  guard: OrphanGuard,
): Promise<ControlPlane> {
  const { server, caPem, admin, client, processes } = servers;
  try {
    await createAgentAccount(client);
    const tokenFile = await keepTokenFile(
      join(directory, 'agent-token'),
      () => requestAgentToken(client, options.agentTokenSeconds ?? AGENT_TOKEN_SECONDS),
      // The apiserver is gone or going; whoever uses the token sees that first.
      () => undefined,
    );
    const adminKubeconfigFile = join(directory, 'admin.kubeconfig');
    await writeFile(adminKubeconfigFile, renderKubeconfig(servers, adminUser(servers)), { mode: 0o600 });
    let closing: Promise<void> | undefined;
    const close = async (keepDirectory: boolean): Promise<void> => {
      tokenFile.close();
      await servers.stop();
      guard.release();
      if (!keepDirectory) await rm(directory, { recursive: true, force: true });
    };
    return {
      server,
      caPem,
      admin,
      client,
      processes,
      startProcess: servers.start,
      directory,
      adminKubeconfigFile,
      auditLogFile: join(directory, 'audit.log'),
      agentTokenFile: tokenFile.file,
      agentUser: AGENT_USER,
      version: await readVersion(client),
      rewriteAgentToken: () => tokenFile.rewrite(),
      close: ({ keepDirectory = false } = {}) => (closing ??= close(keepDirectory)),
    };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function readVersion(client: ApiserverClient): Promise<string> {
  const { body } = await client.send('GET', '/version');
  if (typeof body === 'object' && body !== null && 'gitVersion' in body) return String(body.gitVersion);
  return 'unknown';
}
