// Starts the suite's one node: kwok keeps its pods, and our streaming server (../tools/kwok/kubelet) stands where a
// kubelet would answer for exec, attach, logs and port-forward. Both end with the control plane.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneError, quoteLog } from '../../../demo/control-plane/index.ts';
import type { ControlPlane, LoggedProcess } from '../../../demo/control-plane/index.ts';
import { kwokConfig } from './kwok-config.ts';

export const NODE_NAME = 'kubelet';

const LISTEN_TIMEOUT_MS = 30_000;
const LISTEN_POLL_MS = 20;
const LISTENING = /serving on 127\.0\.0\.1:(\d+)\n/;

export interface KubeletBinaries {
  readonly kwok: string;
  readonly kubelet: string;
}

/** Plain data, so that it can be handed to another process. */
export interface KubeletAddress {
  /** `<directory>/<namespace>/<pod>` is where that pod's commands run and its logs are. */
  readonly directory: string;
  /** Of the streaming server, on 127.0.0.1. */
  readonly port: number;
  readonly pid: number;
}

/** @throws ControlPlaneError, which quotes the log of what ended. */
export async function startKubelet(
  controlPlane: ControlPlane,
  binaries: KubeletBinaries,
): Promise<KubeletAddress> {
  const directory = join(controlPlane.directory, 'pods');
  await mkdir(directory);
  const config = join(controlPlane.directory, 'kwok.yaml');
  await writeFile(config, kwokConfig());
  const kubelet = await controlPlane.startProcess(
    binaries.kubelet,
    [`--directory=${directory}`],
    'kubelet.log',
  );
  const port = await untilListening(kubelet);
  await createNode(controlPlane, port);
  await controlPlane.startProcess(
    binaries.kwok,
    [
      `--config=${config}`,
      `--kubeconfig=${controlPlane.adminKubeconfigFile}`,
      `--manage-single-node=${NODE_NAME}`,
      '--cidr=10.1.0.0/16',
    ],
    'kwok.log',
  );
  return { directory, port, pid: kubelet.pid };
}

async function createNode({ client }: ControlPlane, port: number): Promise<void> {
  const resources = { cpu: '8', memory: '16Gi', pods: '1000' };
  await client.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE_NAME, labels: { 'kubernetes.io/hostname': NODE_NAME } },
    status: {
      // No Hostname: kube-apiserver would take it before this, and look it up.
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      capacity: resources,
      allocatable: resources,
    },
  });
}

/** It takes a port that is free, and tells it in its log. */
async function untilListening(server: LoggedProcess): Promise<number> {
  const deadline = Date.now() + LISTEN_TIMEOUT_MS;
  for (;;) {
    const port = LISTENING.exec(await readFile(server.logFile, 'utf8'))?.[1];
    if (port !== undefined) return Number(port);
    if (!server.isRunning()) {
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_EXITED',
        `${server.name} ended (${await server.ended}): ${await quoteLog(server)}`,
      );
    }
    if (Date.now() > deadline) {
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_NOT_READY',
        `${server.name} does not listen; see ${server.logFile}`,
      );
    }
    await delay(LISTEN_POLL_MS);
  }
}
