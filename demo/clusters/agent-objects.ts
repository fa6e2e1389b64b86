// The agent's ServiceAccount in a cluster of somebody's own. It may impersonate the people of the demo and nobody
// else: the stand-in for Entra signs in whoever asks, and that must open nothing but the tour's own namespace.
import type { Cast } from '../cast.ts';
import type { KubernetesObject } from './demo-objects.ts';

export const AGENT_ACCOUNT = 'cluster-connect-agent';
const RBAC_GROUP = 'rbac.authorization.k8s.io';
const EXTRA_KEYS = ['oid', 'tid', 'upn', 'azp'];

/** The namespace's own name makes the cluster-wide names unique. In an order in which they can be created. */
export function agentObjects(namespace: string, cast: Cast): readonly KubernetesObject[] {
  const users = [cast.alice, cast.bob, cast.mallory, cast.pipeline].map(({ objectId }) => objectId);
  const groups = [cast.adminsGroupId, cast.developersGroupId];
  const name = `${namespace}-impersonate`;
  const account = { name: AGENT_ACCOUNT, namespace };
  const role = {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      { apiGroups: [''], resources: ['users'], resourceNames: users, verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['groups'], resourceNames: groups, verbs: ['impersonate'] },
      {
        apiGroups: ['authentication.k8s.io'],
        resources: EXTRA_KEYS.map((key) => `userextras/${key}`),
        verbs: ['impersonate'],
      },
    ],
  };
  const binding = {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, role, binding];
}
