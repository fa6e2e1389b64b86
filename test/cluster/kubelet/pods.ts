// Pods that run: what a test does with the containers of the suite's one node.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { NODE_NAME } from './start-kubelet.ts';
import type { KubeletAddress } from './start-kubelet.ts';

const RUNNING_TIMEOUT_MS = 20_000;
const RUNNING_POLL_MS = 20;

export interface PodToStart {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names; one container called `main` by default. */
  readonly containers?: readonly string[];
  /** Container ports of the first one, with names for services to look up. */
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

export interface RunningPod {
  readonly namespace: string;
  readonly name: string;
  /** Real folder that `exec` runs in, and that relative paths of `cp` are in. */
  readonly directory: string;
  /** Appends to the log, one entry a line, as a container that prints it now, or at `time`. */
  print(lines: string | readonly string[], options?: PrintOptions): void;
  /** Gives `logs --previous` something to show. */
  printPrevious(lines: string | readonly string[], options?: PrintOptions): void;
  /** The container's process ends: so do `logs -f` and `attach`. */
  exit(container?: string): void;
}

export interface PrintOptions {
  /** The first container by default. */
  readonly container?: string;
  readonly stream?: 'stdout' | 'stderr';
  readonly time?: Date;
}

/** Creates the pod on the node; resolves when it is Running. @throws Error when kwok does not run it in time. */
export async function startPod(
  admin: ApiserverClient,
  pod: PodToStart,
  kubelet: Pick<KubeletAddress, 'directory'> = inject('kubelet'),
): Promise<RunningPod> {
  const { namespace, name, labels = {}, containers = ['main'], ports = [] } = pod;
  const directory = join(kubelet.directory, namespace, name);
  mkdirSync(directory, { recursive: true });
  for (const container of containers) writeFileSync(join(directory, `${container}.log`), '');
  const collection = `/api/v1/namespaces/${namespace}/pods`;
  await admin.create(collection, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      nodeName: NODE_NAME,
      terminationGracePeriodSeconds: 0,
      containers: containers.map((container, index) => ({
        name: container,
        image: `registry.example/${container}:1`,
        stdin: true,
        ...(index === 0 ? { ports } : {}),
      })),
    },
  });
  await untilRunning(admin, `${collection}/${name}`);

  const append = (suffix: string, lines: string | readonly string[], options: PrintOptions = {}): void => {
    const { container = containers[0] ?? '', stream = 'stdout', time = new Date() } = options;
    // The format of the container runtimes: time, stream, F for a full line, text.
    const entries = [lines].flat().map((line) => `${time.toISOString()} ${stream} F ${line}\n`);
    appendFileSync(join(directory, `${container}${suffix}`), entries.join(''));
  };
  return {
    namespace,
    name,
    directory,
    print: (lines, options) => append('.log', lines, options),
    printPrevious: (lines, options) => append('.previous.log', lines, options),
    exit: (container = containers[0] ?? '') => writeFileSync(join(directory, `${container}.exited`), ''),
  };
}

async function untilRunning(admin: ApiserverClient, path: string): Promise<void> {
  const deadline = Date.now() + RUNNING_TIMEOUT_MS;
  for (;;) {
    const { body } = await admin.send('GET', path);
    if (JSON.stringify(body).includes('"phase":"Running"')) return;
    if (Date.now() > deadline) throw new Error(`${path} does not run: ${JSON.stringify(body)}`);
    await delay(RUNNING_POLL_MS);
  }
}
