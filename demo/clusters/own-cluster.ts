// A cluster of somebody's own, by --kubeconfig: everything goes through their kubectl, with their rights. What is made
// is named after a namespace that nobody else has, and is removed at the end.
import { randomInt } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { keepTokenFile, parseIssuedToken } from '../control-plane/index.ts';
import type { IssuedToken } from '../control-plane/index.ts';
import { DemoError } from '../demo-error.ts';
import { AGENT_TOKEN_SECONDS, POD_READY_TIMEOUT_SECONDS } from '../limits.ts';
import { runCommand } from '../world/run-command.ts';
import { AGENT_ACCOUNT, agentObjects } from './agent-objects.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { DemoCluster, PodState } from './demo-cluster.ts';
import { demoObjects, POD_NAME } from './demo-objects.ts';
import type { KubernetesObject } from './demo-objects.ts';
import { readOwnUpstream } from './own-kubeconfig.ts';

export interface OwnClusterOptions extends ClusterOptions {
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context?: string;
  /** As it is: the kubeconfig may need a cloud's own tools and variables. */
  readonly environment: Readonly<Record<string, string>>;
}

const POD_NOTES = {
  running: '',
  unscheduled: '; no node takes the pod of the tour',
  waiting: '; the pod of the tour does not start',
} as const satisfies Record<PodState, string>;

type RunKubectl = (
  args: readonly string[],
  options?: { readonly input?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal },
) => Promise<string>;

/** @throws DemoError when the cluster cannot be prepared; what was made by then is removed */
export async function useOwnCluster(options: OwnClusterOptions): Promise<DemoCluster> {
  const { directory, cast, signal, report } = options;
  await requireReadable(options.kubeconfig);
  const kubectl = kubectlOf(options);
  const flags = ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'];
  const upstream = readOwnUpstream(await kubectl(flags, { signal }));
  const namespace = `cluster-connect-demo-${randomName()}`;
  const [first, ...others] = demoObjects(namespace, cast);
  const objects = [...(first === undefined ? [] : [first]), ...agentObjects(namespace, cast), ...others];

  let tokens: { close(): void } | undefined;
  const close = async (): Promise<void> => {
    tokens?.close();
    report(`Removing the namespace ${namespace} and the ClusterRole of its agent from your cluster.`);
    await remove(kubectl, objects);
  };
  try {
    report(`Making the namespace ${namespace}, an agent's ServiceAccount, roles and a pod in your cluster.`);
    await kubectl(['create', '-f', '-'], { input: listOf(objects), signal });
    const issue = (): Promise<IssuedToken> => createToken(kubectl, namespace);
    const tokenFile = await keepTokenFile(join(directory, 'agent-token'), issue, (error) =>
      report(`The agent's token could not be renewed: ${error instanceof Error ? error.message : 'unknown'}`),
    );
    tokens = tokenFile;
    const podState = await waitForPod(kubectl, namespace, options);
    return {
      description: `yours, at ${upstream.server}${POD_NOTES[podState]}`,
      namespace,
      upstream: { ...upstream, tokenFile: tokenFile.file },
      podState,
      close,
    };
  } catch (error) {
    // The first failure is the one to tell; the second most often is the same.
    await close().catch(() => report(`What was made could not be removed: look for ${namespace}.`));
    throw error;
  }
}

// kubectl takes a file that is not there for an empty one, and then complains of something else.
async function requireReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new DemoError('CC_ERR_DEMO_CLUSTER', `--kubeconfig ${file} cannot be read`, [], { cause: error });
  }
}

function kubectlOf({ kubectl, kubeconfig, context, environment }: OwnClusterOptions): RunKubectl {
  const target = ['--kubeconfig', kubeconfig, ...(context === undefined ? [] : ['--context', context])];
  return (args, options) =>
    runCommand(kubectl, [...args, ...target], {
      title: `kubectl ${args.slice(0, 2).join(' ')} with your kubeconfig`,
      environment,
      ...options,
    });
}

function listOf(items: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The namespace last, and without waiting: its controller empties it in its own time. */
async function remove(kubectl: RunKubectl, objects: readonly KubernetesObject[]): Promise<void> {
  const args = ['delete', '--ignore-not-found', '--wait=false', '-f', '-'];
  await kubectl(args, { input: listOf(objects.toReversed()) });
}

/** By TokenRequest, as the kubelet gets one for a pod. */
async function createToken(kubectl: RunKubectl, namespace: string): Promise<IssuedToken> {
  const duration = `--duration=${AGENT_TOKEN_SECONDS}s`;
  const text = await kubectl(['create', 'token', AGENT_ACCOUNT, '-n', namespace, duration, '-o', 'json']);
  const answer: unknown = JSON.parse(text);
  const issued = parseIssuedToken(answer);
  if (issued !== undefined) return issued;
  throw new DemoError('CC_ERR_DEMO_CLUSTER', 'kubectl create token printed no token');
}

async function waitForPod(
  kubectl: RunKubectl,
  namespace: string,
  { signal, report }: ClusterOptions,
): Promise<PodState> {
  // Whoever may not list nodes waits for the pod instead.
  const nodes = await kubectl(['get', 'nodes', '-o', 'name'], { signal }).catch(() => 'unknown');
  if (nodes.trim() === '') return 'unscheduled';
  report(`Waiting for the pod ${POD_NAME}, up to ${POD_READY_TIMEOUT_SECONDS} s.`);
  const wait = ['wait', '--for=condition=Ready', `pod/${POD_NAME}`, '-n', namespace];
  try {
    const timeoutMs = (POD_READY_TIMEOUT_SECONDS + 10) * 1_000;
    await kubectl([...wait, `--timeout=${POD_READY_TIMEOUT_SECONDS}s`], { timeoutMs, signal });
    return 'running';
  } catch (error) {
    signal.throwIfAborted();
    report(`The pod does not run: ${error instanceof DemoError ? (error.tail.at(-1) ?? '') : 'unknown'}`);
  }
  const nodeName = ['get', 'pod', POD_NAME, '-n', namespace, '-o', 'jsonpath={.spec.nodeName}'];
  return (await kubectl(nodeName, { signal })) === '' ? 'unscheduled' : 'waiting';
}

function randomName(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length: 5 }, () => letters.charAt(randomInt(letters.length))).join('');
}
