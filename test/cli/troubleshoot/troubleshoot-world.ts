// A whole relay with a cluster that judges by RBAC, a kubeconfig for it, and the command run in this very process.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Report } from '../../../cli/troubleshoot/report.ts';
import { startDemoApiserver } from '../../../demo/apiserver/index.ts';
import type { AuditRecord, DemoApiserver } from '../../../demo/apiserver/index.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../../support/relay-world.ts';
import type { RelayWorld, RelayWorldOptions } from '../../support/relay-world.ts';
import { runHere } from '../run-command.ts';
import type { CommandResult } from '../run-command.ts';

export const ALICE = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
export const BOB = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e02';
export const NAMESPACE = 'default';
const EXEC_VERSION = 'client.authentication.k8s.io/v1';

export interface ClusterWorld extends RelayWorld {
  readonly apiserver: DemoApiserver;
  /** What the API server was asked on somebody's behalf, oldest first. */
  readonly asked: readonly AuditRecord[];
}

/** Alice may edit in the namespace, Bob may do nothing there; both are let in by the gateway. */
export async function startClusterWorld(options: RelayWorldOptions = {}): Promise<ClusterWorld> {
  const asked: AuditRecord[] = [];
  const apiserver = await startDemoApiserver({ onRequest: (record) => asked.push(record) });
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-troubleshoot-'));
  const tokenFile = join(directory, 'agent-token');
  writeFileSync(tokenFile, apiserver.agentToken);
  apiserver.apply([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'alice', namespace: NAMESPACE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: ALICE }],
    },
  ]);
  const world = await startRelayWorld({
    upstreamConfig: { server: apiserver.url, ca: apiserver.caPem, tokenFile },
    ...options,
  });
  return {
    ...world,
    apiserver,
    asked,
    close: async () => {
      await world.close();
      await apiserver.close();
    },
  };
}

export interface KubeconfigChanges {
  readonly server?: string;
  readonly caPem?: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
}

/** Of context `edge`; JSON is YAML. The file is the caller's to remove, with the world's directory. */
export function writeKubeconfig(
  world: Pick<RelayWorld, 'port' | 'caPem' | 'directory'>,
  changes: KubeconfigChanges,
): string {
  const file = join(mkdtempSync(join(world.directory, 'kube-')), 'config');
  const cluster = {
    server: changes.server ?? `https://127.0.0.1:${world.port}`,
    'tls-server-name': CLUSTER_SERVER_NAME,
    'certificate-authority-data': Buffer.from(changes.caPem ?? world.caPem).toString('base64'),
    ...changes.cluster,
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'edge',
    contexts: [{ name: 'edge', context: { cluster: 'edge', user: 'somebody', namespace: NAMESPACE } }],
    clusters: [{ name: 'edge', cluster }],
    users: [{ name: 'somebody', user: changes.user ?? {} }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** A plugin of a few lines of shell, and the user entry that names it. */
export function pluginUser(
  world: Pick<RelayWorld, 'directory'>,
  script: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const command = join(mkdtempSync(join(world.directory, 'plugin-')), 'plugin');
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  return { exec: { apiVersion: EXEC_VERSION, command, interactiveMode: 'Never', ...changes } };
}

/** What a good plugin prints. */
export function credential(token: string): string {
  return JSON.stringify({ apiVersion: EXEC_VERSION, kind: 'ExecCredential', status: { token } });
}

/** The command with this environment for HOME, KUBECONFIG and proxies, and none of this machine's. */
export async function troubleshoot(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const none = ['KUBECONFIG', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  for (const name of none) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    return await runHere(['troubleshoot', ...args]);
  } finally {
    process.exitCode = undefined;
    vi.unstubAllEnvs();
  }
}

export async function reportOf(
  kubeconfig: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const { stdout } = await troubleshoot(['--kubeconfig', kubeconfig, '-o', 'json', ...args], environment);
  const report: Report = JSON.parse(stdout);
  return report;
}

/** Hop to state. */
export function statesOf(report: Report): Record<string, string> {
  return Object.fromEntries(report.hops.map(({ hop, state }) => [hop, state]));
}
