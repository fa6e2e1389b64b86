// What the cluster allows in the tests of kubectl --as: whom bob may impersonate, and what those may do then.
import type { ApiserverClient } from '../../demo/control-plane/index.ts';
import { configMap, createNamespace } from './cluster-objects.ts';

export const NAMESPACE = 'act-as';
export const OTHER_NAMESPACE = 'act-as-other';
export const ROBOT = `system:serviceaccount:${NAMESPACE}:robot`;

const API = 'rbac.authorization.k8s.io';
const RBAC = `/apis/${API}/v1`;
const IDENTITY = 'authentication.k8s.io';

type Rule = Readonly<Record<string, readonly string[]>>;

const impersonate = (group: string, resources: readonly string[], names?: readonly string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs: ['impersonate'],
  ...(names === undefined ? {} : { resourceNames: names }),
});

/** bob: carol and a user with an odd name, one group, the ServiceAccounts of one namespace, one uid, two extras. */
export async function createRights(admin: ApiserverClient, bob: string): Promise<void> {
  for (const name of [NAMESPACE, OTHER_NAMESPACE]) await createNamespace(admin, name);
  const configMaps = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  await admin.create(configMaps, configMap('settings', { mode: 'fast' }));
  await bind(admin, { name: 'act-as-bob', user: bob, role: 'act-as-bob' }, [
    impersonate('', ['users'], ['carol', 'Zoë "<&>" 世界']),
    impersonate('', ['groups'], ['act-as-readers']),
    impersonate(IDENTITY, ['uids'], ['uid-1']),
    impersonate(IDENTITY, ['userextras/example.com/team', 'userextras/50% of'], ['blue', 'Grün']),
  ]);
  await bind(admin, { name: 'robots', user: bob, role: 'robots', namespace: NAMESPACE }, [
    impersonate('', ['serviceaccounts']),
  ]);
  const work = [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
    { apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get', 'create'] },
  ];
  for (const [name, user] of [
    ['carol', 'carol'],
    ['robot', ROBOT],
  ] as const) {
    await bind(admin, { name, user, role: name, namespace: NAMESPACE }, work);
  }
}

/** A binding to a role that does not exist: the authorizer says so in each of its reasons about this user. */
export async function bindMissingRole(admin: ApiserverClient, user: string): Promise<void> {
  await bind(admin, { name: 'act-as-missing', user, role: 'act-as-missing' });
}

interface Binding {
  readonly name: string;
  readonly user: string;
  readonly role: string;
  /** For the whole cluster where it is left out. */
  readonly namespace?: string;
}

async function bind(admin: ApiserverClient, binding: Binding, rules?: readonly Rule[]): Promise<void> {
  const { name, user, role, namespace } = binding;
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const base = namespace === undefined ? `${RBAC}/cluster` : `${RBAC}/namespaces/${namespace}/`;
  const version = { apiVersion: `${API}/v1`, metadata: { name } };
  if (rules !== undefined) await admin.create(`${base}roles`, { ...version, kind, rules });
  await admin.create(`${base}rolebindings`, {
    ...version,
    kind: `${kind}Binding`,
    roleRef: { apiGroup: API, kind, name: role },
    subjects: [{ apiGroup: API, kind: 'User', name: user }],
  });
}
