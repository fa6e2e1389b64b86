// The double's Microsoft Graph: what an application with permission is told about the groups of users and of service
// principals, page by page, and how Graph says no. Shapes: microsoft-graph-docs user-list-transitivememberof.md,
// directoryobject-getmembergroups.md, errors.md and throttling.md.
import { randomUUID, verify } from 'node:crypto';
import type { Directory } from './directory.ts';
import { GRAPH_CLIENT_ID, GRAPH_ORIGIN } from './resources.ts';
import type { Tenant } from './tenant.ts';

export interface GraphRequest {
  readonly method: string;
  readonly url: URL;
  /** As the header came; '' when there was none. */
  readonly authorization: string;
  readonly body: string;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type GraphMisbehaviour = 'error-500' | 'throttle';

export interface GraphOptions {
  readonly tenant: Pick<Tenant, 'tenantId' | 'directory' | 'publicKey' | 'issuer'>;
  /** Pages hold no more than this, whatever `$top` says; 999 is Graph's own limit. */
  readonly maxPageSize?: number;
  /** What a throttled client is told to wait. */
  readonly retryAfterSeconds?: number;
  /** Ids of groups of the directory that are not security groups: teams, distribution lists. */
  readonly notSecurityEnabled?: readonly string[];
}

export interface Graph {
  /** Undefined for a path that is not Graph's. */
  answer(request: GraphRequest): GraphAnswer | undefined;
  /** Every request that follows gets that, until it is called with undefined. */
  misbehave(misbehaviour: GraphMisbehaviour | undefined): void;
}

interface Member {
  readonly '@odata.type': string;
  readonly id: string;
  readonly securityEnabled: boolean | null;
}

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 999;
const MAX_MEMBER_GROUPS = 11_000;
/** Nested in every answer that is not cast to groups: Graph mixes the kinds, and a client has to tell them apart. */
const ADMINISTRATIVE_UNIT: Member = {
  '@odata.type': '#microsoft.graph.administrativeUnit',
  id: '4e5c2a80-0d1f-4b7a-9a66-3f8e7c5d2b01',
  securityEnabled: null,
};

/** Any one of these, or a wider one, lets an application read what somebody is a member of. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  users: ['User.Read.All', 'GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'],
  servicePrincipals: ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All'],
};
/** Without one of these a group is only a type and an id: "limited information" in Graph's words. */
const READS_GROUPS = ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'];

const PATH =
  /^\/v1\.0\/(users|servicePrincipals)\/([^/]+)\/(transitiveMemberOf(?:\/microsoft\.graph\.group)?|getMemberGroups)$/;

export function createGraph(options: GraphOptions): Graph {
  const { tenant, maxPageSize = MAX_PAGE_SIZE, retryAfterSeconds = 2, notSecurityEnabled = [] } = options;
  let misbehaviour: GraphMisbehaviour | undefined;

  function membersOf(objectId: string, kind: string, readsGroups: boolean): readonly Member[] | undefined {
    const groups = groupsOf(tenant.directory, kind, objectId);
    return groups?.map((id) => ({
      '@odata.type': '#microsoft.graph.group',
      id,
      securityEnabled: readsGroups ? !notSecurityEnabled.includes(id) : null,
    }));
  }

  function answer(request: GraphRequest): GraphAnswer | undefined {
    const { method, url } = request;
    if (!url.pathname.startsWith('/v1.0/')) return undefined;
    if (misbehaviour === 'error-500')
      return refusal(500, 'UnknownError', 'An internal server error occurred.');
    if (misbehaviour === 'throttle') {
      const headers = { 'retry-after': String(retryAfterSeconds) };
      return { ...refusal(429, 'TooManyRequests', 'Please retry again later.'), headers };
    }
    const roles = rolesOf(request.authorization, tenant, url.origin);
    if (typeof roles === 'string') return refusal(401, 'InvalidAuthenticationToken', roles);
    const [, kind = '', objectId = '', what = ''] = PATH.exec(url.pathname) ?? [];
    const wanted = what === 'getMemberGroups' ? 'POST' : 'GET';
    if (kind === '' || method !== wanted) {
      return refusal(400, 'BadRequest', `Resource not found for the segment '${url.pathname.slice(6)}'.`);
    }
    if (!hasOneOf(roles, PERMISSIONS[kind] ?? [])) {
      return refusal(
        403,
        'Authorization_RequestDenied',
        'Insufficient privileges to complete the operation.',
      );
    }
    const members = membersOf(objectId, kind, hasOneOf(roles, READS_GROUPS));
    if (members === undefined) {
      const text = `Resource '${objectId}' does not exist or one of its queried reference-property objects are not present.`;
      return refusal(404, 'Request_ResourceNotFound', text);
    }
    if (what === 'getMemberGroups') return memberGroups(members, request.body, url);
    return page(what === 'transitiveMemberOf' ? [ADMINISTRATIVE_UNIT, ...members] : members, url);
  }

  function page(members: readonly Member[], url: URL): GraphAnswer {
    const top = Number(url.searchParams.get('$top') ?? DEFAULT_PAGE_SIZE);
    if (!Number.isInteger(top) || top < 1 || top > MAX_PAGE_SIZE) {
      return refusal(400, 'Request_UnsupportedQuery', `Invalid page size specified: '${top}'.`);
    }
    const from = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? '', 'base64url').toString() || 0);
    const size = Math.min(top, maxPageSize);
    const selected = (url.searchParams.get('$select') ?? 'id,securityEnabled').split(',');
    const value = members.slice(from, from + size).map((member) => ({
      '@odata.type': member['@odata.type'],
      ...(selected.includes('id') && { id: member.id }),
      ...(selected.includes('securityEnabled') &&
        member !== ADMINISTRATIVE_UNIT && { securityEnabled: member.securityEnabled }),
    }));
    const context = `${url.origin}/v1.0/$metadata#directoryObjects`;
    if (from + size >= members.length) return { status: 200, body: { '@odata.context': context, value } };
    const next = new URL(url);
    next.searchParams.set('$skiptoken', Buffer.from(String(from + size)).toString('base64url'));
    return { status: 200, body: { '@odata.context': context, '@odata.nextLink': next.href, value } };
  }

  return {
    answer,
    misbehave: (next) => {
      misbehaviour = next;
    },
  };
}

function memberGroups(members: readonly Member[], body: string, url: URL): GraphAnswer {
  const { securityEnabledOnly: securityOnly } = parse(body);
  if (typeof securityOnly !== 'boolean') {
    return refusal(400, 'Request_BadRequest', 'A value is required for securityEnabledOnly.');
  }
  const value = members.filter((member) => !securityOnly || member.securityEnabled !== false);
  if (value.length > MAX_MEMBER_GROUPS) {
    return refusal(400, 'Directory_ResultSizeLimitExceeded', 'The number of results is over the limit.');
  }
  const context = `${url.origin}/v1.0/$metadata#Collection(Edm.String)`;
  return { status: 200, body: { '@odata.context': context, value: value.map(({ id }) => id) } };
}

function groupsOf(directory: Directory, kind: string, id: string): readonly string[] | undefined {
  const candidates = kind === 'users' ? directory.users : directory.apps;
  return candidates.find(({ objectId }) => objectId === id.toLowerCase())?.groups;
}

/** The application permissions of a token for Graph that this tenant has signed; a text says why it is none. */
function rolesOf(
  authorization: string,
  tenant: GraphOptions['tenant'],
  origin: string,
): readonly unknown[] | string {
  const [, head = '', payload = '', signature = ''] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization) ?? [];
  if (signature === '') return 'Access token is empty.';
  const key = tenant.publicKey(decode(head)['kid']);
  const signed = Buffer.from(`${head}.${payload}`);
  if (key === undefined || !verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) {
    return 'Access token validation failure. Invalid signature.';
  }
  const { aud, iss, exp, roles } = decode(payload);
  if (typeof aud !== 'string' || ![GRAPH_ORIGIN, GRAPH_CLIENT_ID, origin].includes(aud)) {
    return 'Access token validation failure. Invalid audience.';
  }
  if (iss !== tenant.issuer(1)) return 'Access token validation failure. Invalid issuer.';
  if (typeof exp !== 'number' || exp * 1000 <= Date.now()) {
    return 'Lifetime validation failed, the token is expired.';
  }
  return Array.isArray(roles) ? roles : [];
}

function decode(part: string): Record<string, unknown> {
  return parse(Buffer.from(part, 'base64url').toString());
}

/** Empty for what is no JSON object. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}

function hasOneOf(roles: readonly unknown[], wanted: readonly string[]): boolean {
  return wanted.some((role) => roles.includes(role));
}

function refusal(status: number, code: string, message: string): GraphAnswer {
  const requestId = randomUUID();
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': requestId,
    'client-request-id': requestId,
  };
  return { status, body: { error: { code, message, innerError } } };
}
