// The cluster for a machine that has none: the demo's own small API server.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startDemoApiserver } from '../apiserver/index.ts';
import type { DemoApiserver } from '../apiserver/index.ts';
import { DemoError } from '../demo-error.ts';
import { STAND_IN_POD_TIMEOUT_MS } from '../limits.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { DemoCluster } from './demo-cluster.ts';
import { clusterAdminBinding, demoObjects, POD_NAME } from './demo-objects.ts';

const NAMESPACE = 'tour';
const POLL_MS = 20;

export async function startStandInCluster({ directory, cast }: ClusterOptions): Promise<DemoCluster> {
  const apiserver = await startDemoApiserver();
  const tokenFile = join(directory, 'agent-token');
  await writeFile(tokenFile, apiserver.agentToken, { mode: 0o600 });
  apiserver.apply([...demoObjects(NAMESPACE, cast), clusterAdminBinding(cast)]);
  await podIsRunning(apiserver);
  return {
    description: "a small API server of the demo's own: a stand-in, its pods are simulated",
    namespace: NAMESPACE,
    upstream: { server: apiserver.url, caPem: apiserver.caPem, tokenFile },
    podState: 'running',
    close: () => apiserver.close(),
  };
}

async function podIsRunning(apiserver: DemoApiserver): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: apiserver.caPem } });
  const deadline = Date.now() + STAND_IN_POD_TIMEOUT_MS;
  try {
    for (;;) {
      const answer = await request(`${apiserver.url}/api/v1/namespaces/${NAMESPACE}/pods/${POD_NAME}`, {
        dispatcher,
        headers: { authorization: `Bearer ${apiserver.adminToken}` },
      });
      if ((await answer.body.text()).includes('"phase":"Running"')) return;
      if (Date.now() > deadline) {
        throw new DemoError('CC_ERR_DEMO_CLUSTER', 'the pod of the stand-in API server does not run');
      }
      await delay(POLL_MS);
    }
  } finally {
    await dispatcher.close();
  }
}
