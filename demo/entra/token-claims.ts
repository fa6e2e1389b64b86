// The claims of a token as Microsoft's access-token-claims-reference.md and id-token-claims-reference.md show them,
// in both versions, for users and for applications.
import { createHash, randomBytes } from 'node:crypto';
import { findApp, findUser } from './directory.ts';
import type { Directory, DirectoryApp, DirectoryUser } from './directory.ts';
import type { SigningKey } from './signing-key.ts';

/** A token to make up: exactly one of `user` and `app`. */
export interface TokenRequest {
  /** Object id, user principal name, or the part before its `@`. */
  readonly user?: string | DirectoryUser;
  /** Client id, object id or display name. */
  readonly app?: string | DirectoryApp;
  /** The client application of a user's token; the command line by default. */
  readonly client?: string;
  /** By default what the API's registration says. */
  readonly version?: 1 | 2;
  /** 4500 by default: Entra's tokens live 60 to 90 minutes. Negative makes a token that has expired. */
  readonly ttlSeconds?: number;
  /** Replaces claims; undefined takes one out. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Replaces parameters of the JOSE header; undefined takes one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Another key than the tenant's own. */
  readonly signWith?: SigningKey;
}

export interface ClaimsContext {
  readonly directory: Directory;
  readonly tenantId: string;
  issuer(version: 1 | 2): string;
}

const DEFAULT_TTL_SECONDS = 4500;
/** Entra sets `nbf` and `iat` a little back and `exp` on the second. */
const BACKDATE_SECONDS = 300;
const MAX_GROUPS_IN_TOKEN = 200;

export function accessTokenClaims(context: ClaimsContext, request: TokenRequest): Record<string, unknown> {
  const { directory, tenantId } = context;
  const version = request.version ?? directory.api.tokenVersion;
  const registered = {
    aud: version === 1 ? directory.api.appIdUri : directory.api.clientId,
    iss: context.issuer(version),
    ...lifetime(request.ttlSeconds ?? DEFAULT_TTL_SECONDS),
  };
  const opaque = { tid: tenantId, uti: opaqueText(16), ver: version === 1 ? '1.0' : '2.0' };
  if (request.app !== undefined) {
    const app = typeof request.app === 'string' ? findApp(directory, request.app) : request.app;
    return { ...registered, ...appClaims(app, version, registered.iss), ...opaque };
  }
  if (request.user === undefined) throw new TypeError('a token needs a user or an app');
  const user = typeof request.user === 'string' ? findUser(directory, request.user) : request.user;
  const clientId = request.client ?? directory.apps[0]?.clientId ?? directory.api.clientId;
  return { ...registered, ...userClaims(user, clientId, version, context), ...opaque };
}

export function idTokenClaims(
  context: ClaimsContext,
  user: DirectoryUser,
  clientId: string,
): Record<string, unknown> {
  return {
    aud: clientId,
    iss: context.issuer(2),
    ...lifetime(DEFAULT_TTL_SECONDS),
    name: user.displayName,
    oid: user.objectId,
    preferred_username: user.userPrincipalName,
    rh: `1.${opaqueText(24)}.`,
    sub: pairwiseSubject(user.objectId, clientId),
    tid: context.tenantId,
    uti: opaqueText(16),
    ver: '2.0',
  };
}

function userClaims(
  user: DirectoryUser,
  clientId: string,
  version: 1 | 2,
  { directory, tenantId }: ClaimsContext,
): Record<string, unknown> {
  const shared = {
    aio: opaqueText(40),
    ...groupClaims(user.groups, user.objectId, tenantId),
    name: user.displayName,
    oid: user.objectId,
    rh: `1.${opaqueText(24)}.`,
    scp: directory.api.scope,
    sub: pairwiseSubject(user.objectId, directory.api.clientId),
    // In v2 an optional claim, which the API's registration asks for here, as Arc's convention needs it.
    upn: user.userPrincipalName,
  };
  return version === 1
    ? {
        acr: '1',
        amr: ['pwd', 'mfa'],
        appid: clientId,
        appidacr: '0',
        ipaddr: '203.0.113.7',
        unique_name: user.userPrincipalName,
        ...shared,
      }
    : { azp: clientId, azpacr: '0', preferred_username: user.userPrincipalName, ...shared };
}

function appClaims(app: DirectoryApp, version: 1 | 2, issuer: string): Record<string, unknown> {
  const client =
    version === 1 ? { appid: app.clientId, appidacr: '1', idp: issuer } : { azp: app.clientId, azpacr: '1' };
  return {
    aio: opaqueText(40),
    ...client,
    ...(app.groups.length > 0 && { groups: app.groups }),
    idtyp: 'app',
    oid: app.objectId,
    rh: `1.${opaqueText(24)}.`,
    ...(app.roles.length > 0 && { roles: app.roles }),
    sub: app.objectId,
  };
}

/** Past 200 groups Entra names none, and points to a service of the old Graph instead. */
function groupClaims(groups: readonly string[], objectId: string, tenantId: string): Record<string, unknown> {
  if (groups.length === 0) return {};
  if (groups.length <= MAX_GROUPS_IN_TOKEN) return { groups };
  return {
    _claim_names: { groups: 'src1' },
    _claim_sources: {
      src1: { endpoint: `https://graph.windows.net/${tenantId}/users/${objectId}/getMemberObjects` },
    },
  };
}

function lifetime(ttlSeconds: number): { iat: number; nbf: number; exp: number } {
  const now = Math.floor(Date.now() / 1000);
  const from = Math.min(now, now + ttlSeconds) - BACKDATE_SECONDS;
  return { iat: from, nbf: from, exp: now + ttlSeconds };
}

/** A user has another `sub` for each API; only an application's is its own object id. */
function pairwiseSubject(objectId: string, audience: string): string {
  return createHash('sha256').update(`${objectId} ${audience}`).digest('base64url');
}

function opaqueText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
