// The review kinds: who am I, may I, may they. Answered from the same authorizer that judges every request.
import type { UserInfo } from '../../../auth/index.ts';
import { at, objectAt, textAt, textsAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { timestamp } from '../objects/object-store.ts';
import { badRequest } from '../status-error.ts';
import type { Attributes, Authorizer, PolicyRule } from './authorizer.ts';
import type { TokenTable } from './token-table.ts';

export interface ReviewContext {
  readonly user: UserInfo;
  readonly authorizer: Authorizer;
  readonly tokens: TokenTable;
  /** Of the path; empty for reviews of the whole cluster. */
  readonly namespace: string;
}

/** The answer to a posted review, by kind. @throws StatusError 400 */
export function answerReview(
  { kind, group, version }: { kind: string; group: string; version: string },
  posted: JsonObject,
  context: ReviewContext,
): JsonObject {
  const apiVersion = `${group}/${version}`;
  const stated = textAt(posted, 'kind');
  if (stated !== '' && stated !== kind)
    throw badRequest(`${stated} cannot be handled as a ${kind}: kinds do not match`);
  const created = kind === 'SelfSubjectReview' ? { creationTimestamp: timestamp() } : {};
  const metadata = { ...objectAt(posted, 'metadata'), ...created };
  return { kind, apiVersion, ...posted, metadata, status: statusOf(kind, posted, context) };
}

function statusOf(kind: string, posted: JsonObject, context: ReviewContext): JsonObject {
  const { user, authorizer } = context;
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: userJson(user) };
    case 'SelfSubjectAccessReview':
      return decide(authorizer, user, posted);
    case 'SelfSubjectRulesReview':
      return rulesStatus(authorizer.rulesOf(user, textAt(posted, 'spec', 'namespace')));
    case 'LocalSubjectAccessReview':
      if (textAt(posted, 'spec', 'resourceAttributes', 'namespace') !== context.namespace) {
        throw badRequest('spec.resourceAttributes.namespace must be the namespace of the request');
      }
      return decide(authorizer, readUser(posted), posted);
    case 'SubjectAccessReview':
      return decide(authorizer, readUser(posted), posted);
    case 'TokenReview':
      return tokenStatus(context.tokens.find(textAt(posted, 'spec', 'token')));
    default:
      throw badRequest(`${kind} is not a review`);
  }
}

function decide(authorizer: Authorizer, user: UserInfo, posted: JsonObject): JsonObject {
  return { allowed: authorizer.allows(user, readAttributes(posted)) };
}

function readAttributes(posted: JsonObject): Attributes {
  const resource = at(posted, 'spec', 'resourceAttributes');
  const path = at(posted, 'spec', 'nonResourceAttributes');
  if ((resource === undefined) === (path === undefined)) {
    throw badRequest('exactly one of spec.resourceAttributes and spec.nonResourceAttributes must be given');
  }
  const read = (name: string): string => textAt(resource, name);
  const base = {
    group: read('group'),
    resource: read('resource'),
    subresource: read('subresource'),
    name: read('name'),
    namespace: read('namespace'),
  };
  if (path === undefined) return { ...base, verb: read('verb') };
  return { ...base, verb: textAt(path, 'verb'), path: textAt(path, 'path') };
}

function readUser(posted: JsonObject): UserInfo {
  const name = textAt(posted, 'spec', 'user');
  const groups = textsAt(posted, 'spec', 'groups');
  if (name === '' && groups.length === 0)
    throw badRequest('at least one of spec.user and spec.groups must be given');
  return { name, uid: textAt(posted, 'spec', 'uid'), groups, extra: {} };
}

function tokenStatus(user: UserInfo | undefined): JsonObject {
  if (user === undefined) return { authenticated: false, error: 'the token is unknown or has expired' };
  return {
    authenticated: true,
    user: userJson(user),
    audiences: ['https://kubernetes.default.svc.cluster.local'],
  };
}

function rulesStatus(rules: readonly PolicyRule[]): JsonObject {
  const urlRules = rules.filter((rule) => rule.nonResourceURLs.length > 0);
  return {
    resourceRules: rules
      .filter((rule) => rule.resources.length > 0)
      .map(({ verbs, apiGroups, resources, resourceNames }) => {
        return { verbs, apiGroups, resources, ...(resourceNames.length > 0 ? { resourceNames } : {}) };
      }),
    nonResourceRules: urlRules.map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function userJson(user: UserInfo): JsonObject {
  return {
    username: user.name,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
}
