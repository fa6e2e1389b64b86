// RBAC, really evaluated: roles and bindings are read from the store, as k8s.io/kubernetes' rbac authorizer does.
import type { UserInfo } from '../../../auth/index.ts';
import { listAt, textAt, textsAt } from '../json.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { StatusError, forbidden } from '../status-error.ts';
import { parseServiceAccountUser } from './token-table.ts';

/** What somebody wants to do: to a resource, or to a path. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  /** A non-resource URL; then the fields above but the verb are empty. */
  readonly path?: string;
}

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

export interface Authorizer {
  allows(user: UserInfo, attributes: Attributes): boolean;
  /** All rules that hold for a user in a namespace (SelfSubjectRulesReview). */
  rulesOf(user: UserInfo, namespace: string): readonly PolicyRule[];
}

/** Superusers pass before RBAC is asked, in kube-apiserver too. */
const MASTERS = 'system:masters';
const RBAC_TYPES: readonly ResourceType[] = [ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS];

interface Binding {
  readonly namespace: string;
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly rules: readonly PolicyRule[];
}

export function createAuthorizer(store: ObjectStore): Authorizer {
  let bindings: readonly Binding[] | undefined;
  store.subscribe(({ type }) => {
    if (RBAC_TYPES.includes(type)) bindings = undefined;
  });

  function* rulesFor(user: UserInfo, namespace: string): Generator<PolicyRule> {
    bindings ??= readBindings(store);
    for (const binding of bindings) {
      if (binding.namespace !== '' && binding.namespace !== namespace) continue;
      const bound = binding.users.has(user.name) || user.groups.some((group) => binding.groups.has(group));
      if (bound) yield* binding.rules;
    }
  }

  return {
    allows(user, attributes) {
      if (user.groups.includes(MASTERS)) return true;
      for (const rule of rulesFor(user, attributes.namespace)) if (ruleAllows(rule, attributes)) return true;
      return false;
    },
    rulesOf: (user, namespace) => [...rulesFor(user, namespace)],
  };
}

/** Whether one rule covers a request (k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac RuleAllows). */
export function ruleAllows(rule: PolicyRule, wanted: Attributes): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(wanted.verb)) return false;
  if (wanted.path !== undefined)
    return rule.nonResourceURLs.some((url) => urlMatches(url, wanted.path ?? ''));
  if (!rule.apiGroups.includes('*') && !rule.apiGroups.includes(wanted.group)) return false;
  if (rule.resourceNames.length > 0 && !rule.resourceNames.includes(wanted.name)) return false;
  const full = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  return rule.resources.some((resource) => {
    if (resource === '*' || resource === full) return true;
    return wanted.subresource !== '' && resource === `*/${wanted.subresource}`;
  });
}

function urlMatches(rule: string, path: string): boolean {
  return rule === '*' || rule === path || (rule.endsWith('*') && path.startsWith(rule.slice(0, -1)));
}

function readBindings(store: ObjectStore): readonly Binding[] {
  const clusterWide = store.list(CLUSTER_ROLE_BINDINGS, '').map((object) => readBinding(store, object, ''));
  const local = store.list(ROLE_BINDINGS, '').map((object) => {
    return readBinding(store, object, textAt(object, 'metadata', 'namespace'));
  });
  return [...clusterWide, ...local];
}

function readBinding(store: ObjectStore, object: JsonObject, namespace: string): Binding {
  const users = new Set<string>();
  const groups = new Set<string>();
  for (const subject of listAt(object, 'subjects')) {
    const name = textAt(subject, 'name');
    const kind = textAt(subject, 'kind');
    if (kind === 'User') users.add(name);
    if (kind === 'Group') groups.add(name);
    if (kind === 'ServiceAccount') users.add(`system:serviceaccount:${textAt(subject, 'namespace')}:${name}`);
  }
  const roleName = textAt(object, 'roleRef', 'name');
  const clusterRole = textAt(object, 'roleRef', 'kind') === 'ClusterRole';
  const role = clusterRole ? store.get(CLUSTER_ROLES, '', roleName) : store.get(ROLES, namespace, roleName);
  return { namespace, users, groups, rules: listAt(role, 'rules').map(readRule) };
}

export function readRule(rule: Json): PolicyRule {
  return {
    verbs: textsAt(rule, 'verbs'),
    apiGroups: textsAt(rule, 'apiGroups'),
    resources: textsAt(rule, 'resources'),
    resourceNames: textsAt(rule, 'resourceNames'),
    nonResourceURLs: textsAt(rule, 'nonResourceURLs'),
  };
}

/** The refusal, worded as kube-apiserver words it: scripts and people match on it. */
export function forbiddenError(user: UserInfo, wanted: Attributes): StatusError {
  const who = `User ${JSON.stringify(user.name)} cannot ${wanted.verb}`;
  if (wanted.path !== undefined) {
    return new StatusError('Forbidden', `forbidden: ${who} path ${JSON.stringify(wanted.path)}`);
  }
  const full = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  const scope = wanted.namespace === '' ? 'at the cluster scope' : `in the namespace "${wanted.namespace}"`;
  const why = `${who} resource "${full}" in API group "${wanted.group}" ${scope}`;
  return forbidden({ group: wanted.group, resource: wanted.resource }, wanted.name, why);
}

/** Where a user name is a ServiceAccount's, impersonating it is authorized in that account's namespace. */
export function impersonationOfUser(name: string): Attributes {
  const account = parseServiceAccountUser(name);
  const base = { verb: 'impersonate', group: '', subresource: '' };
  if (account === undefined) return { ...base, resource: 'users', name, namespace: '' };
  return { ...base, resource: 'serviceaccounts', name: account.name, namespace: account.namespace };
}
