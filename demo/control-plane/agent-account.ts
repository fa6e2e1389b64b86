// What the Helm chart will make in a real cluster: the agent's ServiceAccount, and the one thing it may do, impersonate.
import type { ApiserverClient } from './apiserver-client.ts';
import { ControlPlaneError } from './errors.ts';
import type { IssuedToken } from './token-file.ts';

export const AGENT_NAMESPACE = 'cluster-connect';
export const AGENT_ACCOUNT = 'cluster-connect-agent';
/** How RBAC and the audit log call the agent. */
export const AGENT_USER = `system:serviceaccount:${AGENT_NAMESPACE}:${AGENT_ACCOUNT}`;

// What auth/ puts into a user's extra. One by one: RBAC knows `*/name`, but no `userextras/*`.
const EXTRA_KEYS = ['oid', 'tid', 'upn', 'azp'].map((key) => `userextras/${key}`);

const ROLE = `${AGENT_ACCOUNT}-impersonate`;

export async function createAgentAccount(client: ApiserverClient): Promise<void> {
  await client.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: AGENT_NAMESPACE },
  });
  await client.create(`/api/v1/namespaces/${AGENT_NAMESPACE}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: AGENT_ACCOUNT, namespace: AGENT_NAMESPACE },
  });
  await client.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: ROLE },
    rules: [
      // No serviceaccounts: a user of the relay can never become one.
      { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'] },
      { apiGroups: ['authentication.k8s.io'], resources: EXTRA_KEYS, verbs: ['impersonate'] },
    ],
  });
  await client.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: ROLE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
    subjects: [{ kind: 'ServiceAccount', name: AGENT_ACCOUNT, namespace: AGENT_NAMESPACE }],
  });
}

/** A token of the agent's ServiceAccount by TokenRequest, as the kubelet gets one for a projected volume. */
export async function requestAgentToken(
  client: ApiserverClient,
  lifetimeSeconds: number,
): Promise<IssuedToken> {
  const answer = await client.create(
    `/api/v1/namespaces/${AGENT_NAMESPACE}/serviceaccounts/${AGENT_ACCOUNT}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: lifetimeSeconds },
    },
  );
  if (typeof answer === 'object' && answer !== null && 'status' in answer) {
    const { status } = answer;
    if (
      typeof status === 'object' &&
      status !== null &&
      'token' in status &&
      'expirationTimestamp' in status
    ) {
      const expiresAtMs = Date.parse(String(status.expirationTimestamp));
      if (typeof status.token === 'string' && Number.isFinite(expiresAtMs)) {
        return { token: status.token, expiresAtMs };
      }
    }
  }
  throw new ControlPlaneError('CC_ERR_CONTROL_PLANE_ADMIN', 'TokenRequest was answered without a token');
}
