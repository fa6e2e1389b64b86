// Does for Deployments what kube-controller-manager would, which the suite has not got: for each new template it has
// the pods started on the suite's node, and only when kwok runs them, and somebody watches, does it report the rollout.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiserverClient, AuditLog } from '../../../demo/control-plane/index.ts';
import { startPod } from '../kubelet/index.ts';
import { reportRolledOut } from '../table/deployment-states.ts';

const POLL_MS = 50;

const deploymentsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), generation: z.number() }),
      spec: z.object({
        replicas: z.number(),
        template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) }),
      }),
      status: z.object({ observedGeneration: z.number().default(0) }),
    }),
  ),
});

export interface DeploymentController {
  /** Rejects with what went wrong meanwhile. */
  close(): Promise<void>;
}

export function startDeploymentController(
  { admin, auditLog }: { readonly admin: ApiserverClient; readonly auditLog: AuditLog },
  namespaces: readonly string[],
): DeploymentController {
  const closing = new AbortController();
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      for (const namespace of namespaces) await reconcile(admin, auditLog, namespace);
      await delay(POLL_MS);
    }
  };
  const ended = loop();
  // Told at the end, not by an unhandled rejection in between.
  ended.catch(() => undefined);
  return {
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

async function reconcile(admin: ApiserverClient, auditLog: AuditLog, namespace: string): Promise<void> {
  const { body } = await admin.send('GET', `/apis/apps/v1/namespaces/${namespace}/deployments`);
  for (const { metadata, spec, status } of deploymentsSchema.parse(body).items) {
    const { name, generation } = metadata;
    if (status.observedGeneration >= generation) continue;
    const labels = { ...spec.template.metadata.labels, 'pod-template-hash': String(generation) };
    const indexes = Array.from({ length: spec.replicas }, (_, index) => index);
    await Promise.all(
      indexes.map((index) => startPod(admin, { namespace, name: `${name}-${generation}-${index}`, labels })),
    );
    // Else a quick rollout would be over before `kubectl rollout status` has anything to wait for.
    await auditLog.waitFor(({ requestUri }) => isWatch(requestUri, namespace));
    await reportRolledOut(admin, namespace, name, generation, spec.replicas);
  }
}

function isWatch(requestUri: string, namespace: string): boolean {
  return requestUri.includes(`/namespaces/${namespace}/deployments?`) && requestUri.includes('watch=true');
}
