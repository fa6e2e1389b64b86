// Which part of the double answers a request: the paths of login.microsoftonline.com, of its tenants' workload issuers, of
// Azure Pipelines' and GitHub's token services, and of Microsoft Graph, all under one origin.
import type { IncomingMessage } from 'node:http';
import { failure } from './answers.ts';
import type { JsonAnswer } from './answers.ts';
import { authorize } from './authorize/authorize-endpoint.ts';
import type { AuthorizeAnswer } from './authorize/authorize-endpoint.ts';
import { TENANT_PLACE, instanceDiscovery, metadata } from './documents.ts';
import type { Area } from './misbehaviour.ts';
import type { Tenant } from './tenant.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

export interface TenantRoom {
  readonly tenant: Tenant;
  readonly endpoint: TokenEndpoint;
}

/** Something with paths of its own under the double's origin. */
export interface Neighbour {
  /** undefined for a path that is not its own */
  answer(request: RouteRequest): JsonAnswer | undefined;
}

export interface RouteRequest extends Pick<IncomingMessage, 'method' | 'headers'> {
  readonly url: URL;
  readonly body: string;
}

export interface Routed {
  readonly answer: JsonAnswer | AuthorizeAnswer;
  /** What may be made to misbehave. */
  readonly area?: Area;
}

export interface RoutesOptions {
  readonly origin: string;
  /** The first is the one that `common` and `organizations` sign in to. */
  readonly rooms: readonly [TenantRoom, ...TenantRoom[]];
  readonly neighbours: readonly Neighbour[];
  readonly graph?: Neighbour | undefined;
}

const ANY_TENANT: ReadonlySet<string> = new Set(['common', 'organizations']);
const GRAPH_PREFIX = '/v1.0/';
const METADATA = /^(?:\/v2\.0)?\/\.well-known\/openid-configuration$/;
const FORM_ENDPOINT = /^\/oauth2(\/v2\.0)?\/(token|devicecode)$/;
const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

export function createRoutes(options: RoutesOptions): (request: RouteRequest) => Routed {
  const { origin, rooms, neighbours, graph } = options;
  const [main] = rooms;

  return (request) => {
    const { method, url } = request;
    const { pathname } = url;
    if (pathname.startsWith(GRAPH_PREFIX) && graph !== undefined) {
      const answer = graph.answer(request);
      if (answer !== undefined) return { answer, area: 'graph' };
    }
    for (const neighbour of neighbours) {
      const answer = neighbour.answer(request);
      if (answer !== undefined) return { answer };
    }
    if (method === 'GET' && pathname === '/common/discovery/instance') {
      return { answer: { status: 200, body: instanceDiscovery(origin, main.tenant.tenantId) } };
    }
    const [, name = '', ...rest] = pathname.split('/');
    const path = `/${rest.join('/')}`;
    const isAny = ANY_TENANT.has(name);
    const room = isAny ? main : rooms.find(({ tenant }) => isNameOf(tenant, name.toLowerCase()));
    if (room === undefined) return { answer: unknownTenant(name, correlationOf(request)) };
    if (method === 'GET') {
      const document = isAny
        ? sharedDocument(name, path)
        : room.tenant.document(`/${room.tenant.tenantId}${path}`);
      if (document !== undefined) {
        return { answer: { status: 200, body: document }, area: METADATA.test(path) ? 'metadata' : 'keys' };
      }
    }
    return tenantEndpoint(room, path, request);
  };

  function tenantEndpoint({ tenant, endpoint }: TenantRoom, path: string, request: RouteRequest): Routed {
    const { method, url, body } = request;
    if (path === '/oauth2/v2.0/authorize') {
      const query = method === 'POST' ? new URLSearchParams(body) : url.searchParams;
      return { answer: authorize(query, tenant, origin, endpoint.authorizationCodes) };
    }
    const [, infix, name] = FORM_ENDPOINT.exec(path) ?? [];
    if (name === undefined) return { answer: { status: 404, body: {} } };
    if (method !== 'POST') return { answer: onlyPost(method) };
    const form = new URLSearchParams(body);
    const version = infix === undefined ? 1 : 2;
    const call = { version, correlationId: correlationOf(request) } as const;
    if (name === 'token') return { answer: endpoint.token(form, call), area: 'token' };
    return { answer: endpoint.deviceCode(form, call) };
  }

  /** Of no tenant and of all: their place stands in the issuer, and each key says whose it is. */
  function sharedDocument(tenant: string, path: string): unknown {
    switch (path) {
      case '/.well-known/openid-configuration':
        return metadata({ origin, tenant, version: 1, issuer: `${origin}/${TENANT_PLACE}/` });
      case '/v2.0/.well-known/openid-configuration':
        return metadata({ origin, tenant, version: 2, issuer: `${origin}/${TENANT_PLACE}/v2.0` });
      case '/discovery/keys':
        return { keys: rooms.flatMap((room) => room.tenant.publishedKeys(1)) };
      case '/discovery/v2.0/keys':
        return { keys: rooms.flatMap((room) => room.tenant.publishedKeys(2)) };
      default:
        return undefined;
    }
  }
}

/** By its id, or by a domain that its people's names are in. */
function isNameOf({ tenantId, directory }: Tenant, name: string): boolean {
  if (tenantId === name) return true;
  return directory.users.some(({ userPrincipalName }) =>
    userPrincipalName.toLowerCase().endsWith(`@${name}`),
  );
}

/** What a client calls its request, and Entra's answers repeat. */
function correlationOf({ headers }: RouteRequest): string | undefined {
  const id = headers['client-request-id'];
  return typeof id === 'string' && GUID.test(id) ? id : undefined;
}

function onlyPost(method = ''): JsonAnswer {
  const text = `The endpoint only accepts POST requests. Received a ${method} request.`;
  return failure({ error: 'invalid_request', number: 900561, text, status: 400 });
}

function unknownTenant(name: string, correlationId: string | undefined): JsonAnswer {
  const text = `Tenant '${name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`;
  return failure({ error: 'invalid_tenant', number: 90002, text, status: 400 }, correlationId);
}
