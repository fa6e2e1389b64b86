// The agent's ServiceAccount, and the one thing it may do, impersonate.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiserverClient } from './apiserver-client.ts';
import { ControlPlaneError } from './errors.ts';
import { parseIssuedToken } from './issued-token.ts';
import type { IssuedToken } from './issued-token.ts';

export const AGENT_NAMESPACE = 'cluster-connect';
export const AGENT_ACCOUNT = 'cluster-connect-agent';
/** How RBAC and the audit log call the agent. */
export const AGENT_USER = `system:serviceaccount:${AGENT_NAMESPACE}:${AGENT_ACCOUNT}`;

const MANIFEST = join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes', 'agent-rbac.yaml');

/** Where each kind of the manifest is created. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: `/api/v1/namespaces/${AGENT_NAMESPACE}/serviceaccounts`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

/** What an operator applies, from the same file. */
export async function createAgentAccount(client: ApiserverClient): Promise<void> {
  for (const document of parseAllDocuments(await readFile(MANIFEST, 'utf8'))) {
    const collection = COLLECTIONS[String(document.get('kind'))];
    if (collection === undefined) {
      throw new ControlPlaneError(
        'CC_ERR_CONTROL_PLANE_ADMIN',
        'the manifest of the agent holds an unknown kind',
      );
    }
    await client.create(collection, document.toJS());
  }
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
  const issued = parseIssuedToken(answer);
  if (issued !== undefined) return issued;
  throw new ControlPlaneError('CC_ERR_CONTROL_PLANE_ADMIN', 'TokenRequest was answered without a token');
}
