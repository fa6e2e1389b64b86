// Does what the deployment controller would have done, for no controller runs here: ReplicaSets and status.
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { writeStatus } from '../cluster-objects.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

const labels = { app: 'shipped' };

function template(image: string, hash?: string): object {
  return {
    metadata: { labels: hash === undefined ? labels : { ...labels, 'pod-template-hash': hash } },
    spec: { containers: [{ name: 'web', image }] },
  };
}

/** `shipped`: two revisions, the second of them rolled out to both replicas. */
export async function createShippedDeployment(admin: ApiserverClient, namespace: string): Promise<void> {
  const base = `/apis/apps/v1/namespaces/${namespace}`;
  const made = await admin.create(`${base}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shipped', labels, annotations: { [REVISION]: '2', [CHANGE_CAUSE]: 'second change' } },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: template('registry.example/web:2') },
  });
  const uid = uidOf(made);
  for (const [revision, hash, cause] of [
    ['1', 'aaa', 'first change'],
    ['2', 'bbb', 'second change'],
  ] as const) {
    await admin.create(`${base}/replicasets`, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `shipped-${hash}`,
        labels: { ...labels, 'pod-template-hash': hash },
        annotations: { [REVISION]: revision, [CHANGE_CAUSE]: cause },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shipped', uid, controller: true },
        ],
      },
      spec: {
        replicas: revision === '2' ? 2 : 0,
        selector: { matchLabels: { ...labels, 'pod-template-hash': hash } },
        template: template(`registry.example/web:${revision}`, hash),
      },
    });
  }
  await reportRolledOut(admin, namespace, 'shipped', 1);
}

/** All replicas run the newest template. */
export async function reportRolledOut(
  admin: ApiserverClient,
  namespace: string,
  name: string,
  generation: number,
  replicas = 2,
): Promise<void> {
  await writeStatus(admin, `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
    observedGeneration: generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    conditions: [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'enough' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: 'done' },
    ],
  });
}

function uidOf(object: unknown): string {
  const metadata =
    typeof object === 'object' && object !== null && 'metadata' in object ? object.metadata : {};
  return typeof metadata === 'object' && metadata !== null && 'uid' in metadata ? String(metadata.uid) : '';
}
