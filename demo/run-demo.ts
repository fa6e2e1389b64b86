// The demo from start to end: the world, the tour, and then staying up until somebody ends it.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { DemoArguments } from './arguments.ts';
import { POD_NAME, startRealControlPlane, startStandInCluster, useOwnCluster } from './clusters/index.ts';
import type { ClusterOptions, DemoCluster } from './clusters/index.ts';
import { DemoError } from './demo-error.ts';
import { farewell } from './farewell.ts';
import { createHttpsWay, createKubectlWay, runTour, tourSteps } from './tour/index.ts';
import type { Paint, Renderer, Way } from './tour/index.ts';
import { childEnvironment, findKubectl, startWorld } from './world/index.ts';
import type { Cleanup, FoundKubectl, World } from './world/index.ts';

export interface DemoOptions {
  readonly arguments: DemoArguments;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly render: Renderer;
  readonly paint: Paint;
  readonly write: (text: string) => void;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  /** Called when the tour is over and the demo stays up: from then on a signal is the orderly end. */
  readonly onStaying: () => void;
}

const LABEL_COLUMNS = 9;

/** @returns whether each step was as expected. @throws DemoError, ControlPlaneError, or the signal's reason */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  // A part that ends by itself ends the demo, whatever it is doing.
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  return walkThrough({ ...options, signal }, (error) => broken.abort(error));
}

async function walkThrough(
  options: DemoOptions,
  onUnexpectedEnd: (error: DemoError) => void,
): Promise<boolean> {
  const { environment, render, paint, write, cleanup, signal } = options;
  const ours = childEnvironment(environment);
  write(`${paint('bold', 'cluster-connect: a cluster without an inbound port, reached with kubectl')}\n\n`);
  const kubectl = await findKubectl(environment['PATH'] ?? '', ours, signal);
  const world = await startWorld({
    startCluster: (cluster) => startCluster(cluster, kubectl, options),
    environment: ours,
    cleanup,
    signal,
    onUnexpectedEnd,
    onReady: (part, description) => write(`${part.padEnd(LABEL_COLUMNS)}${description}\n`),
    report: (line) => write(`${''.padEnd(LABEL_COLUMNS)}${line}\n`),
  });
  const way = await chooseWay(kubectl, world, ours, options);

  write(`${'Tour'.padEnd(LABEL_COLUMNS)}${wayNote(way, kubectl)}\n\n`);
  write(render.paragraph('The commands below can be pasted into another terminal, after these lines:'));
  for (const line of way.preparation) write(render.command(line));
  const gatewayAddress = new URL(world.gateway.url).host;
  const results = await runTour(
    tourSteps({
      cast: world.cast,
      namespace: world.cluster.namespace,
      podName: POD_NAME,
      podState: world.cluster.podState,
    }),
    {
      way,
      render,
      write,
      signal,
      agent: {
        pid: world.agent.pid,
        gatewayAddress,
        names: new Map([
          [gatewayAddress, 'the gateway'],
          [new URL(world.cluster.upstream.server).host, 'the apiserver'],
          [new URL(world.entra.authorityHost).host, 'Entra'],
        ]),
      },
      environment: ours,
    },
  );
  write(render.summary(results));
  if (!options.arguments.once) {
    options.onStaying();
    write(farewell(way, world, render));
    await untilAborted(signal);
    if (signal.reason instanceof DemoError) throw signal.reason;
  }
  return results.every(({ differences }) => differences.length === 0);
}

/** In the order that the help tells. */
function startCluster(
  cluster: ClusterOptions,
  kubectl: FoundKubectl,
  { arguments: { kubeconfig, context }, environment }: DemoOptions,
): Promise<DemoCluster> {
  const assets = environment['KUBEBUILDER_ASSETS'] ?? '';
  if (kubeconfig !== undefined) {
    if (kubectl.file === undefined) {
      throw new DemoError('CC_ERR_DEMO_KUBECTL', `--kubeconfig needs kubectl, but ${kubectl.note}`);
    }
    return useOwnCluster({
      ...cluster,
      kubectl: kubectl.file,
      kubeconfig,
      ...(context === undefined ? {} : { context }),
      environment: definedOnly(environment),
    });
  }
  return assets === '' ? startStandInCluster(cluster) : startRealControlPlane(assets, cluster);
}

async function chooseWay(
  kubectl: FoundKubectl,
  world: World,
  ours: Readonly<Record<string, string>>,
  { environment, signal }: DemoOptions,
): Promise<Way> {
  if (kubectl.file !== undefined) {
    const hasProxy = ['HTTPS_PROXY', 'https_proxy'].some((name) => (environment[name] ?? '') !== '');
    return createKubectlWay(kubectl.file, world, ours, hasProxy);
  }
  const caPem = await readFile(world.gatewayCaFile, 'utf8');
  return createHttpsWay({ world, caPem, environment: ours, signal });
}

function wayNote(way: Way, kubectl: FoundKubectl): string {
  return way.name === 'kubectl'
    ? `with ${kubectl.note}`
    : `with plain HTTPS requests, because ${kubectl.note}; JSON is shown in short`;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function definedOnly(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) defined[name] = value;
  return defined;
}
