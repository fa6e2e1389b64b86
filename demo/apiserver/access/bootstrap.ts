// What a cluster holds before anybody has done anything: namespaces, a node, the roles that people know from every
// cluster, and the agent's ServiceAccount with the impersonation rights that deploy/ gives it, but those for `--as`.
import type { JsonObject } from '../json.ts';

export interface AgentAccount {
  readonly namespace: string;
  readonly name: string;
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const RBAC_VERSION = `${RBAC_GROUP}/v1`;

const VIEWED_CORE = [
  'configmaps',
  'events',
  'namespaces',
  'namespaces/status',
  'pods',
  'pods/log',
  'pods/status',
];
const VIEWED_CORE_MORE = ['serviceaccounts', 'services', 'services/status'];
const VIEWED_APPS = [
  'deployments',
  'deployments/scale',
  'deployments/status',
  'replicasets',
  'replicasets/scale',
];
const EDITED_CORE = ['configmaps', 'events', 'pods', 'pods/exec', 'secrets', 'serviceaccounts', 'services'];
const EDITED_APPS = ['deployments', 'deployments/scale', 'replicasets', 'replicasets/scale'];

/** Claims of a token that the agent states as user extras. */
const EXTRA_KEYS = ['oid', 'tid', 'upn', 'azp'];

/** Roles, bindings, namespaces, the node and the agent's account, in an order in which they can be applied. */
export function bootstrapObjects(agent: AgentAccount): JsonObject[] {
  const namespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease', agent.namespace]);
  return [
    ...[...namespaces].map((name) => object('v1', 'Namespace', name)),
    ...bootstrapRoles(),
    ...agentObjects(agent),
    kubernetesService(),
  ];
}

function bootstrapRoles(): JsonObject[] {
  const viewRules = [
    rule([''], [...VIEWED_CORE, ...VIEWED_CORE_MORE], READ),
    rule(['apps'], [...VIEWED_APPS, 'replicasets/status'], READ),
    rule(['coordination.k8s.io'], ['leases'], READ),
  ];
  const editRules = [
    ...viewRules,
    rule([''], ['pods/exec', 'secrets'], READ),
    rule([''], ['serviceaccounts'], ['impersonate']),
    rule([''], EDITED_CORE, WRITE),
    rule([''], ['serviceaccounts/token'], ['create']),
    rule(['apps'], EDITED_APPS, WRITE),
    rule(['coordination.k8s.io'], ['leases'], WRITE),
  ];
  const adminRules = [
    ...editRules,
    rule([RBAC_GROUP], ['roles', 'rolebindings'], [...READ, ...WRITE]),
    rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
  ];
  const probes = ['/healthz', '/livez', '/readyz'];
  const versions = ['/version', '/version/'];
  const discovery = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];
  return [
    role('cluster-admin', [rule(['*'], ['*'], ['*']), urls(['*'], ['*'])]),
    role('admin', adminRules),
    role('edit', editRules),
    role('view', viewRules),
    role('system:discovery', [urls([...discovery, ...probes, ...versions], ['get'])]),
    role('system:public-info-viewer', [urls([...probes, ...versions], ['get'])]),
    role('system:basic-user', [
      rule(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
      rule(['authentication.k8s.io'], ['selfsubjectreviews'], ['create']),
    ]),
    binding('cluster-admin', 'cluster-admin', [group('system:masters')]),
    binding('system:discovery', 'system:discovery', [group('system:authenticated')]),
    binding('system:basic-user', 'system:basic-user', [group('system:authenticated')]),
    binding('system:public-info-viewer', 'system:public-info-viewer', [
      group('system:authenticated'),
      group('system:unauthenticated'),
    ]),
  ];
}

function agentObjects({ namespace, name }: AgentAccount): JsonObject[] {
  // RBAC has no wildcard for "every extra": each key is named, as userextras/<key>.
  const extras = EXTRA_KEYS.map((key) => `userextras/${key}`);
  return [
    object('v1', 'ServiceAccount', name, namespace),
    role(`${name}-impersonator`, [
      rule([''], ['users', 'groups'], ['impersonate']),
      rule(['authentication.k8s.io'], ['uids', ...extras], ['impersonate']),
    ]),
    binding(`${name}-impersonator`, `${name}-impersonator`, [{ kind: 'ServiceAccount', namespace, name }]),
  ];
}

function kubernetesService(): JsonObject {
  return {
    ...object('v1', 'Service', 'kubernetes', 'default'),
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, targetPort: 6443 }],
    },
  };
}

function object(apiVersion: string, kind: string, name: string, namespace?: string): JsonObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

function role(name: string, rules: JsonObject[]): JsonObject {
  const bootstrapped =
    name.startsWith('system:') || ['cluster-admin', 'admin', 'edit', 'view'].includes(name);
  const labels = bootstrapped ? { labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } } : {};
  return { apiVersion: RBAC_VERSION, kind: 'ClusterRole', metadata: { name, ...labels }, rules };
}

function binding(name: string, roleName: string, subjects: JsonObject[]): JsonObject {
  return {
    ...object(RBAC_VERSION, 'ClusterRoleBinding', name),
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: roleName },
    subjects,
  };
}

function group(name: string): JsonObject {
  return { apiGroup: RBAC_GROUP, kind: 'Group', name };
}

function rule(apiGroups: string[], resources: string[], verbs: string[]): JsonObject {
  return { apiGroups, resources, verbs };
}

function urls(nonResourceURLs: string[], verbs: string[]): JsonObject {
  return { nonResourceURLs, verbs };
}
