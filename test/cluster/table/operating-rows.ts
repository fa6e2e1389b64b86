// Rows that operate what runs: rollouts, nodes, certificates, waits and deletions, in this order in each lane.
import type { ApiserverClient } from '../../../demo/control-plane/index.ts';
import { createShippedDeployment, reportRolledOut } from './deployment-states.ts';
import { createReadyPod, createSpentBudget } from './guarded-pods.ts';
import { refused, row } from './row.ts';
import type { Row } from './row.ts';

/** A certificate request whose private key nobody has kept. */
const SIGNING_REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01ISUNBUUF3RURFT01Bd0dBMVVFQXd3RmRHRmliR1V3',
  'V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQgpCd05DQUFTOE5rem5tV2RtSmdESkR4K2xISlFEL250dlE2cUs2MGdGY08z',
  'WVltYVdhUG1sbExrZEJqSE1TUTBwCmFLdG8rS3NhSFpFNTlId1c0cHFFSVIzRmN5NmdvQUF3Q2dZSUtvWkl6ajBFQXdJRFNB',
  'QXdSUUlnY0VDY296MnYKN0VwUS9OV3kzV3JkaEk4ellVK0F0UW56M1MwR3hWWjJ2cFFDSVFDSlpORWdEZ3BRMHV6ZVRuSm5F',
  'MDdvUmFNSQpMRFc0N2drdXl4M0puTXZURkE9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
].join('');

async function createSigningRequests(admin: ApiserverClient, namespace: string): Promise<void> {
  for (const verdict of ['good', 'bad']) {
    await admin.create('/apis/certificates.k8s.io/v1/certificatesigningrequests', {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: `${namespace}-${verdict}` },
      spec: {
        request: SIGNING_REQUEST,
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    });
  }
}

/** A node that no kubelet has, with one pod that may go and one that a budget keeps. */
async function createNodeWithPods(admin: ApiserverClient, namespace: string): Promise<void> {
  await admin.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `${namespace}-node` },
  });
  for (const name of ['leaving', 'kept']) {
    await createReadyPod(admin, namespace, {
      name,
      labels: { pod: name },
      spec: { nodeName: `${namespace}-node`, tolerations: [{ operator: 'Exists' }] },
    });
  }
  await createSpentBudget(admin, namespace, { name: 'keeper', matchLabels: { pod: 'kept' } });
}

export const ROLLOUT_ROWS: readonly Row[] = [
  row('rollout history deployment/shipped', 'second change', { before: createShippedDeployment }),
  row('rollout status deployment/shipped', 'successfully rolled out'),
  row('rollout undo deployment/shipped', 'rolled back'),
  row('get deployment shipped -o jsonpath={.spec.template.spec.containers[0].image}', 'web:1'),
  row('rollout undo deployment/shipped --to-revision=2', 'rolled back'),
  row('rollout pause deployment/shipped', 'paused'),
  refused('rollout restart deployment/shipped', 'paused'),
  row('rollout resume deployment/shipped', 'resumed'),
  row('rollout restart deployment/shipped', 'restarted'),
  // The status comes while kubectl watches for it.
  row('rollout status deployment/shipped', 'successfully rolled out', {
    meanwhile: (admin, namespace) => reportRolledOut(admin, namespace, 'shipped', 9),
  }),
];

export const CERTIFICATE_ROWS: readonly Row[] = [
  row('certificate approve NAMESPACE-good', 'approved', { before: createSigningRequests }),
  row('certificate deny NAMESPACE-bad', 'denied'),
  refused('certificate deny NAMESPACE-good', 'NAMESPACE-good'),
  refused('certificate approve NAMESPACE-absent', '(NotFound)'),
  row('get csr NAMESPACE-good NAMESPACE-bad', 'Approved', { normalise: ['age'] }),
  row('delete csr NAMESPACE-good NAMESPACE-bad', 'deleted'),
];

export const NODE_ROWS: readonly Row[] = [
  row('cordon NAMESPACE-node', 'cordoned', { before: createNodeWithPods }),
  row('cordon NAMESPACE-node', 'already cordoned'),
  row('uncordon NAMESPACE-node', 'uncordoned'),
  row('taint nodes NAMESPACE-node key=value:NoSchedule', 'tainted'),
  refused('taint nodes NAMESPACE-node key=value:NoSchedule', 'already has'),
  row('taint nodes NAMESPACE-node key-', 'untainted'),
  row('label node NAMESPACE-node zone=a', 'labeled'),
  refused('drain NAMESPACE-node', 'cannot delete'),
  row('drain NAMESPACE-node --force --pod-selector=pod=leaving --dry-run=server', 'leaving', {
    old: { exitCode: 1, shows: 'failed to check CRD' },
  }),
  row('drain NAMESPACE-node --force --grace-period=0 --pod-selector=pod=leaving', 'leaving evicted'),
  refused('drain NAMESPACE-node --force --grace-period=0 --timeout=2s', 'disruption budget'),
  row('delete node NAMESPACE-node', 'deleted'),
];

const HELD = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'held', finalizers: ['table.example/held'] },
});

async function letGo(admin: ApiserverClient, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/held`;
  const { body } = await admin.send('GET', path);
  if (typeof body !== 'object' || body === null || !('metadata' in body)) throw new TypeError('nothing held');
  const { metadata } = body;
  if (typeof metadata !== 'object') throw new TypeError('an object has metadata');
  const { status } = await admin.send('PUT', path, { ...body, metadata: { ...metadata, finalizers: [] } });
  if (status !== 200) throw new Error(`letting go was answered with ${status}`);
}

export const DELETE_ROWS: readonly Row[] = [
  row('create -f -', 'configmap/held created', { input: HELD }),
  row('delete configmap held --wait=false', 'deleted'),
  refused('wait --for=delete configmap/held --timeout=1s', 'timed out', { normalise: ['watchEnd'] }),
  // What was asked for comes while kubectl waits.
  row('delete configmap held', 'deleted', { meanwhile: letGo }),
  refused('delete configmap held', '(NotFound)'),
  row('delete configmap held --ignore-not-found', ''),
  row('delete configmap settings --dry-run=server', 'server dry run'),
  row('delete -f same.yaml', 'configmap "settings" deleted'),
  row('delete pod shell --now', 'deleted'),
  row('delete pod kept --grace-period=0 --force', 'force'),
  row('delete deployment made --cascade=orphan --wait=false', 'deleted'),
  row('delete deployments,services -l app=web', 'service "web" deleted'),
  row('delete deployment/shipped service/plain', 'deleted'),
  row('delete jobs,cronjobs,ingresses,replicasets --all --cascade=background', 'deleted'),
  row('delete clusterrolebinding/NAMESPACE-binding clusterrole/NAMESPACE-role', 'deleted'),
  row('delete priorityclass NAMESPACE-class', 'deleted'),
  row('delete namespace NAMESPACE-more --wait=false', 'deleted'),
  row('delete widgets --all', 'deleted', { old: { exitCode: 0, shows: '' } }),
  row('delete secrets,serviceaccounts,roles,rolebindings,quota,hpa,pdb --all', 'deleted'),
  row('get pods,services,replicasets,jobs,configmaps,secrets,serviceaccounts,roles', 'No resources found'),
];
