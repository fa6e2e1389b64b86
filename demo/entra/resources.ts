// Which API the scopes of a request name. All resource scopes of one request belong to one API, and a tenant of the double
// has two: its own, by client id or App ID URI, and Microsoft Graph, by its name or by the double's origin.
import { RefusedRequest } from './answers.ts';
import type { Directory } from './directory.ts';

export interface Resource {
  readonly kind: 'api' | 'graph';
  /** As the client wrote it: its tokens of version 1 have this as `aud`, and the answer's scopes begin with it. */
  readonly identifier: string;
}

export const GRAPH_ORIGIN = 'https://graph.microsoft.com';
/** Microsoft Graph's client id in every tenant. */
export const GRAPH_CLIENT_ID = '00000003-0000-0000-c000-000000000000';

const OPENID_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access']);

export interface RequestedScopes {
  readonly resource: Resource;
  /** All of them end in `/.default`. */
  readonly isDefault: boolean;
  readonly resourceScopes: readonly string[];
  readonly openid: boolean;
  readonly offlineAccess: boolean;
}

/** @throws RefusedRequest for none, for one of an unknown API, and for those of two */
export function readScopes(
  scope: string,
  { api }: Directory,
  origin: string,
  tenantId: string,
): RequestedScopes {
  const names = scope.split(' ').filter((name) => name !== '');
  const resourceScopes = names.filter((name) => !OPENID_SCOPES.has(name));
  const resources = resourceScopes.map((name): Resource | undefined => {
    const identifier = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (identifier === api.clientId || identifier === api.appIdUri) return { kind: 'api', identifier };
    const isGraph = [GRAPH_ORIGIN, GRAPH_CLIENT_ID, origin].includes(identifier);
    return isGraph ? { kind: 'graph', identifier } : undefined;
  });
  const [resource] = resources;
  const unknown = resourceScopes[resources.indexOf(undefined)];
  if (resource === undefined || unknown !== undefined) {
    throw new RefusedRequest(
      'invalid_resource',
      500011,
      `The resource principal named ${unknown ?? ''} was not found in the tenant named ${tenantId}.`,
    );
  }
  if (resources.some((other) => other?.kind !== resource.kind)) {
    throw new RefusedRequest('invalid_scope', 28000, 'The scopes of a request must be of one resource.');
  }
  return {
    resource,
    isDefault: resourceScopes.every((name) => name.endsWith('/.default')),
    resourceScopes,
    openid: names.includes('openid'),
    offlineAccess: names.includes('offline_access'),
  };
}
