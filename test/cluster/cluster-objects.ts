// What the tests put into the cluster, as the administrator, before anybody looks.
import type { ApiserverClient } from '../../demo/control-plane/index.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export async function createNamespace(admin: ApiserverClient, name: string): Promise<void> {
  await admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export function configMap(name: string, data: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { app: 'test' } }, data };
}

/** Random-looking text that no compression makes small, the same every time. */
export function incompressibleText(length: number, seed: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const characters: string[] = [];
  let state = (seed * 2 + 1) >>> 0;
  for (let index = 0; index < length; index += 1) {
    // Numerical Recipes' linear congruential generator: its upper bits are good enough here.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    characters.push(alphabet[state >>> 26] ?? '');
  }
  return characters.join('');
}

/** One pod, one deployment, one service and two configmaps; nothing runs, for there is no kubelet. */
export async function createWorkloads(admin: ApiserverClient, namespace: string): Promise<void> {
  const container = { name: 'web', image: 'registry.example/web:1', ports: [{ containerPort: 8080 }] };
  const labels = { app: 'web' };
  await admin.create(`/api/v1/namespaces/${namespace}/configmaps`, configMap('settings', { mode: 'fast' }));
  await admin.create(
    `/api/v1/namespaces/${namespace}/configmaps`,
    configMap('greetings', { text: 'Grüße, 世界 🌍\nsecond line\n' }),
  );
  await admin.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0', labels },
    spec: { containers: [container] },
  });
  await admin.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  });
  await admin.create(`/api/v1/namespaces/${namespace}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', labels },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  });
}

/** Reads the object, puts `status` into it and writes that back through its status subresource. */
export async function writeStatus(admin: ApiserverClient, path: string, status: object): Promise<void> {
  const { body } = await admin.send('GET', path);
  if (typeof body !== 'object' || body === null) throw new TypeError(`nothing at ${path}`);
  const answer = await admin.send('PUT', `${path}/status`, { ...body, status });
  if (answer.status !== 200) throw new Error(`PUT ${path}/status was answered with ${answer.status}`);
}

/** Everything, everywhere; the files of the suite share the one binding, for RBAC names it in its answers. */
export async function bindClusterAdmin(admin: ApiserverClient, group: string): Promise<void> {
  const { status } = await admin.send('POST', `${RBAC}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `admins-${group}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  });
  if (status !== 201 && status !== 409) throw new Error(`the binding was answered with ${status}`);
}

/** Pods and configmaps of one namespace, to look at only. Our own role: no controller fills `view` here. */
export async function bindReader(
  admin: ApiserverClient,
  namespace: string,
  name: string,
  kind: 'User' | 'Group' = 'User',
): Promise<void> {
  const base = `${RBAC}/namespaces/${namespace}`;
  await admin.create(`${base}/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch'] }],
  });
  await admin.create(`${base}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind, name }],
  });
}
