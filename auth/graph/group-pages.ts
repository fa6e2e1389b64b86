// What is asked of Graph, and what of its answer is believed: ids of security groups, and a link to more of the same.
import { asGuid } from '../guid.ts';
import { isJsonObject } from '../strict-json.ts';
import { missingPermission, tooManyGroups, unavailable } from './graph-failure.ts';
import type { ReadPage } from './graph-reader.ts';
import type { GraphLimits } from './limits.ts';

export interface Principal {
  readonly tenantId: string;
  /** GUID: of a user, or of a service principal. */
  readonly objectId: string;
  readonly kind: 'user' | 'application';
}

const COLLECTIONS = { user: 'users', application: 'servicePrincipals' } as const;
/** Also lets Graph say which groups are security groups: without it a group is an id and a type. */
const READ_GROUPS = 'GroupMember.Read.All';
const PERMISSIONS = { user: READ_GROUPS, application: `Application.Read.All (and ${READ_GROUPS})` } as const;

/**
 * Why this list and no other call (microsoft-graph-docs: user-list-transitivememberof.md,
 * serviceprincipal-list-transitivememberof.md, directoryobject-getmembergroups.md):
 * - It is paged, so each answer is bounded. getMemberGroups answers in one piece, and past 11,000 groups not at all;
 *   Microsoft's own advice there is to list transitiveMemberOf.
 * - For users one permission is enough, GroupMember.Read.All; getMemberGroups needs two.
 * - It is the same for users and for service principals.
 * - Without `$filter` and without a cast to groups: both are "advanced queries" with `ConsistencyLevel: eventual`, that
 *   are answered from an index which may lag behind the directory. So the kinds are told apart here.
 */
export function firstPage(graphOrigin: string, { objectId, kind }: Principal, limits: GraphLimits): URL {
  const path = `/v1.0/${COLLECTIONS[kind]}/${objectId}/transitiveMemberOf`;
  return new URL(`${graphOrigin}${path}?$select=id,securityEnabled&$top=${limits.PAGE_SIZE}`);
}

/** @throws AuthError */
export async function readGroups(
  graphOrigin: string,
  principal: Principal,
  options: { readonly readPage: ReadPage; readonly limits: GraphLimits; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const { readPage, limits, signal } = options;
  const first = firstPage(graphOrigin, principal, limits);
  const request = { tenantId: principal.tenantId, permission: PERMISSIONS[principal.kind] };
  const groups = new Set<string>();
  let url: string | undefined = first.href;
  for (let pages = 0; url !== undefined; pages += 1) {
    if (pages === limits.MAX_PAGES) throw unavailable(`Graph answered more than ${limits.MAX_PAGES} pages`);
    const page = await readPage({ ...request, url }, signal);
    const value = isJsonObject(page) ? page['value'] : undefined;
    if (!isJsonObject(page) || !Array.isArray(value))
      throw unavailable('Graph answered something that is no list');
    for (const member of value) {
      const id = securityGroupId(member);
      if (id !== undefined) groups.add(id);
    }
    if (groups.size > limits.MAX_GROUPS) throw tooManyGroups(limits.MAX_GROUPS);
    url = nextPage(page['@odata.nextLink'], first, limits);
  }
  return Object.freeze([...groups]);
}

/**
 * Security groups only, as a token names them unless its API's registration asks for all (`groupMembershipClaims`):
 * whoever may add himself to a team should not find himself in a role binding.
 */
function securityGroupId(member: unknown): string | undefined {
  if (!isJsonObject(member))
    throw unavailable('Graph answered something that is no list of directory objects');
  if (member['@odata.type'] !== '#microsoft.graph.group') return undefined;
  const { id, securityEnabled } = member;
  const guid = typeof id === 'string' ? asGuid(id) : undefined;
  if (guid === undefined) throw unavailable('Graph answered a group whose id is not a GUID');
  if (typeof securityEnabled !== 'boolean') {
    throw missingPermission(READ_GROUPS, 'Graph tells only the ids of groups');
  }
  return securityEnabled ? guid : undefined;
}

/** More of the same list and nothing else: a link elsewhere would take the application's token there. */
function nextPage(link: unknown, first: URL, limits: GraphLimits): string | undefined {
  if (link === undefined) return undefined;
  if (typeof link !== 'string' || link.length > limits.MAX_LINK_LENGTH || !URL.canParse(link)) {
    throw unavailable('Graph answered a next page that is no address');
  }
  const url = new URL(link);
  const isSameList =
    url.origin === first.origin &&
    url.pathname === first.pathname &&
    url.username === '' &&
    url.password === '';
  if (!isSameList) throw unavailable('Graph answered a next page that is not of the same list');
  return url.href;
}
