// Nobody gives away rights that they do not hold (k8s.io/kubernetes registry/rbac): writing a role needs each of its
// rules or `escalate`, writing a binding needs each rule of its role or `bind`.
import type { UserInfo } from '../../../auth/index.ts';
import { at, listAt, sameJson, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, ROLES, ROLE_BINDINGS } from '../resource-types.ts';
import type { ResourceType } from '../resource-types.ts';
import { badRequest, forbidden } from '../status-error.ts';
import { readRule } from './authorizer.ts';
import type { Attributes, Authorizer, PolicyRule } from './authorizer.ts';

/** Single permissions that one role may spell out before the check gives up. */
const MAX_PERMISSIONS = 20_000;
/** Missing permissions that a refusal names. */
const MAX_NAMED = 5;

/** @throws StatusError 403 when the object would give rights that its author lacks. */
export function refuseEscalation(
  type: ResourceType,
  object: JsonObject,
  previous: JsonObject | undefined,
  author: UserInfo,
  authorizer: Authorizer,
  store: ObjectStore,
): void {
  const namespace = textAt(object, 'metadata', 'namespace');
  const name = textAt(object, 'metadata', 'name');
  const isRole = type === ROLES || type === CLUSTER_ROLES;
  if (!isRole && type !== ROLE_BINDINGS && type !== CLUSTER_ROLE_BINDINGS) return;
  // Labels may be changed by people who could not give the rights.
  const given = ['rules', 'roleRef', 'subjects'];
  if (previous !== undefined && given.every((field) => sameJson(at(object, field), at(previous, field))))
    return;
  const role = isRole ? object : roleOf(object, namespace, store);
  const roleType = isRole ? type : roleTypeOf(object);
  const exempt = {
    verb: isRole ? 'escalate' : 'bind',
    group: roleType.group,
    resource: roleType.resource,
    subresource: '',
    name: isRole ? name : textAt(object, 'roleRef', 'name'),
    namespace,
  };
  if (authorizer.allows(author, exempt)) return;
  const missing = missingPermissions(listAt(role, 'rules').map(readRule), author, namespace, authorizer);
  // A binding to a role that does not exist yet could become anything.
  if (role !== undefined && missing.length === 0) return;
  const lacking = role === undefined ? 'its role does not exist' : missing.slice(0, MAX_NAMED).join(', ');
  const why = `user ${JSON.stringify(author.name)} is attempting to grant RBAC permissions not currently held: ${lacking}`;
  throw forbidden(type, name, why);
}

function roleTypeOf(binding: JsonObject): ResourceType {
  return textAt(binding, 'roleRef', 'kind') === 'ClusterRole' ? CLUSTER_ROLES : ROLES;
}

function roleOf(binding: JsonObject, namespace: string, store: ObjectStore): JsonObject | undefined {
  const type = roleTypeOf(binding);
  return store.get(type, type.namespaced ? namespace : '', textAt(binding, 'roleRef', 'name'));
}

function missingPermissions(
  rules: readonly PolicyRule[],
  author: UserInfo,
  namespace: string,
  authorizer: Authorizer,
): string[] {
  const missing: string[] = [];
  let checked = 0;
  for (const wanted of rules.flatMap((rule) => [...expandRule(rule, namespace, MAX_PERMISSIONS)])) {
    checked += 1;
    if (checked > MAX_PERMISSIONS)
      throw badRequest(`a role may spell out at most ${MAX_PERMISSIONS} permissions`);
    if (!authorizer.allows(author, wanted)) missing.push(describe(wanted));
  }
  return missing;
}

function* expandRule(rule: PolicyRule, namespace: string, limit: number): Generator<Attributes> {
  const { verbs, apiGroups, resources, nonResourceURLs } = rule;
  const names = rule.resourceNames.length > 0 ? rule.resourceNames : [''];
  const count = verbs.length * (nonResourceURLs.length + apiGroups.length * resources.length * names.length);
  if (count > limit) throw badRequest(`a role may spell out at most ${limit} permissions`);
  for (const verb of verbs) {
    for (const path of nonResourceURLs) {
      yield { verb, group: '', resource: '', subresource: '', name: '', namespace: '', path };
    }
    for (const group of apiGroups) {
      for (const full of resources) {
        const [resource = '', subresource = ''] = full.split('/', 2);
        for (const name of names) yield { verb, group, resource, subresource, name, namespace };
      }
    }
  }
}

function describe({ verb, group, resource, subresource, path }: Attributes): string {
  if (path !== undefined) return `${verb} ${path}`;
  return `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
}
