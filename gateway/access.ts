// Who may reach which cluster, and with which role: the gateway's admission, before the cluster's own RBAC decides.
// Default deny: a role comes only from a rule that names the principal.
import type { VerifiedToken } from '../auth/index.ts';
import type { AccessRole, AccessRule } from './config.ts';
import { isReadOnlyRequest } from './read-only-request.ts';
import type { RequestLine } from './read-only-request.ts';

export interface AccessPolicy {
  /** The highest role that any rule gives; undefined when none does. On the hot path: two look-ups a request. */
  roleFor(cluster: string, token: VerifiedToken): AccessRole | undefined;
}

const ALL_CLUSTERS = '*';
const RANK = { viewer: 0, user: 1, admin: 2 } as const satisfies Record<AccessRole, number>;

/** Cluster name (or `*`) to role. */
type Grants = ReadonlyMap<string, AccessRole>;

/** What a ServiceAccount's token was vouched for with. */
export type ServiceAccountRulesFor = (
  token: VerifiedToken,
) => readonly { readonly clusters: readonly string[]; readonly role: AccessRole }[];

/** @param serviceAccountRules none by default: then no ServiceAccount reaches anything */
export function createAccessPolicy(
  rules: readonly AccessRule[],
  serviceAccountRules: ServiceAccountRulesFor = () => [],
): AccessPolicy {
  const users = grantsByPrincipal(rules, (rule) => rule.users);
  const groups = grantsByPrincipal(rules, (rule) => rule.groups);
  const applications = grantsByPrincipal(rules, (rule) => rule.applications);

  const collectGrants = (token: VerifiedToken): Grants => {
    if (token.kind === 'service-account') return serviceAccountGrants(serviceAccountRules(token));
    const ids = [];
    // A user's token names the application it was fetched with (azp): that makes nobody an application.
    if (token.kind === 'user') ids.push(users.get(principal(token.objectId)));
    else {
      ids.push(applications.get(principal(token.objectId)));
      ids.push(applications.get(principal(token.applicationId)));
    }
    for (const group of token.groups) ids.push(groups.get(principal(group)));
    const grants = new Map<string, AccessRole>();
    for (const found of ids) for (const [cluster, role] of found ?? []) raise(grants, cluster, role);
    return grants;
  };

  // Only names that stand in rules become entries, so a caller who makes up cluster names fills nothing.
  const grantsOfToken = new WeakMap<VerifiedToken, Grants>();
  return {
    roleFor(cluster, token) {
      let grants = grantsOfToken.get(token);
      if (grants === undefined) {
        grants = collectGrants(token);
        grantsOfToken.set(token, grants);
      }
      const everywhere = grants.get(ALL_CLUSTERS);
      // Nobody's cluster is called `*`; a caller who asks for it gets no more than for any unknown name.
      return higher(grants.get(cluster), everywhere);
    },
  };
}

/**
 * Whether a role may send this request at all. A viewer reads; users and admins send anything, and RBAC decides.
 * (What an admin may do beyond a user is management, which is not a request to the cluster.)
 */
export function mayUse(role: AccessRole, request: RequestLine): boolean {
  return role !== 'viewer' || isReadOnlyRequest(request);
}

function serviceAccountGrants(rules: ReturnType<ServiceAccountRulesFor>): Grants {
  const grants = new Map<string, AccessRole>();
  for (const { clusters, role } of rules) for (const cluster of clusters) raise(grants, cluster, role);
  return grants;
}

function grantsByPrincipal(
  rules: readonly AccessRule[],
  principalsOf: (rule: AccessRule) => readonly string[],
): ReadonlyMap<string, Grants> {
  const byPrincipal = new Map<string, Map<string, AccessRole>>();
  for (const rule of rules) {
    for (const id of principalsOf(rule).map(principal)) {
      // A token without an application id has '' there: no rule may match that.
      if (id === '') continue;
      const grants = byPrincipal.get(id) ?? new Map<string, AccessRole>();
      for (const cluster of rule.clusters) raise(grants, cluster, rule.role);
      byPrincipal.set(id, grants);
    }
  }
  return byPrincipal;
}

/** GUIDs are compared without regard to case. */
function principal(id: string): string {
  return id.toLowerCase();
}

function raise(grants: Map<string, AccessRole>, cluster: string, role: AccessRole): void {
  grants.set(cluster, higher(grants.get(cluster), role) ?? role);
}

function higher(one: AccessRole | undefined, other: AccessRole | undefined): AccessRole | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return RANK[one] >= RANK[other] ? one : other;
}
