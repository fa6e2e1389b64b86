// What the tour finds in its namespace: a pod, and roles for the people. Roles of its own and not `view` and `edit`:
// a bare kube-apiserver has no controller that fills those.
import type { Cast } from '../cast.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export const POD_NAME = 'web';
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const RBAC_VERSION = `${RBAC_GROUP}/v1`;
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete'];
const CORE = ['pods', 'pods/log', 'configmaps', 'services', 'events'];
const APPS = ['deployments', 'replicasets'];
// A log to read, and a shell that exec finds. Nothing else.
const COMMAND = 'i=0; while true; do i=$((i+1)); echo "web has counted to $i"; sleep 1; done';

/** In an order in which they can be created. */
export function demoObjects(namespace: string, cast: Cast): readonly KubernetesObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: POD_NAME, namespace } },
    role('editors', namespace, [
      rule([''], CORE, [...READ, ...WRITE]),
      rule(['apps'], APPS, [...READ, ...WRITE]),
      // `get` as well: exec over WebSocket is a GET, and older apiservers judge it by that.
      rule([''], ['pods/exec', 'pods/portforward'], ['create', 'get']),
    ]),
    role('readers', namespace, [rule([''], CORE, READ), rule(['apps'], APPS, READ)]),
    binding('editors', namespace, [
      subject('Group', cast.adminsGroupId),
      subject('User', cast.pipeline.objectId),
    ]),
    binding('readers', namespace, [subject('Group', cast.developersGroupId)]),
    pod(namespace),
  ];
}

/** For clusters that live as long as the demo: whoever plays on as alice is not stopped at the namespace's border. */
export function clusterAdminBinding(cast: Cast): KubernetesObject {
  const object = {
    apiVersion: RBAC_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'platform-admins' },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [subject('Group', cast.adminsGroupId)],
  };
  return object;
}

function pod(namespace: string): KubernetesObject {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: POD_NAME, namespace },
    // As strict as a cluster may ask for: the "restricted" Pod Security Standard.
    spec: {
      serviceAccountName: POD_NAME,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: POD_NAME,
          image: 'busybox:1.37',
          command: ['sh', '-c', COMMAND],
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
  return object;
}

function role(name: string, namespace: string, rules: readonly object[]): KubernetesObject {
  const object = { apiVersion: RBAC_VERSION, kind: 'Role', metadata: { name, namespace }, rules };
  return object;
}

function binding(name: string, namespace: string, subjects: readonly object[]): KubernetesObject {
  const object = {
    apiVersion: RBAC_VERSION,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name },
    subjects,
  };
  return object;
}

function rule(apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]): object {
  return { apiGroups, resources, verbs };
}

function subject(kind: 'User' | 'Group', name: string): object {
  return { apiGroup: RBAC_GROUP, kind, name };
}
