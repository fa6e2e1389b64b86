// The claims of a token as Microsoft's access-token-claims-reference.md and id-token-claims-reference.md show them,
// in both versions, for users, guests and applications.
import { createHash, randomBytes } from 'node:crypto';
import { findApp, findUser } from './directory.ts';
import type { DirectoryApp, DirectoryUser } from './directory.ts';
import type { Resource } from './resources.ts';
import type { ClaimsContext, ClientCredential, IdTokenRequest, TokenRequest } from './token-request.ts';

const DEFAULT_TTL_SECONDS = 4500;
/** Entra sets `nbf` and `iat` a little back and `exp` on the second. */
const BACKDATE_SECONDS = 300;
const MAX_GROUPS_IN_TOKEN = 200;
const CREDENTIAL_LEVEL = { none: '0', secret: '1', certificate: '2' } as const;

type Claims = Record<string, unknown>;

/** Everything that the claims of one token are made of. */
interface TokenSubject {
  readonly version: 1 | 2;
  readonly resource: Resource;
  readonly issuer: string;
  readonly credential: ClientCredential;
}

export function accessTokenClaims(context: ClaimsContext, request: TokenRequest): Claims {
  const { directory, tenantId } = context;
  const resource = request.resource ?? { kind: 'api', identifier: directory.api.appIdUri };
  // Tokens for Microsoft Graph are of version 1, whoever asks.
  const version = resource.kind === 'graph' ? 1 : (request.version ?? directory.api.tokenVersion);
  const issuer = context.issuer(version);
  const registered = {
    aud: version === 1 ? resource.identifier : directory.api.clientId,
    iss: issuer,
    ...lifetime(request.ttlSeconds ?? DEFAULT_TTL_SECONDS),
  };
  const shared = {
    aio: opaqueText(40),
    ...(request.confirmation !== undefined && { cnf: request.confirmation }),
    rh: `1.${opaqueText(24)}.`,
    tid: tenantId,
    uti: opaqueText(16),
    ver: version === 1 ? '1.0' : '2.0',
  };
  const subjectOf = (credential: ClientCredential): TokenSubject => ({
    version,
    resource,
    issuer,
    credential,
  });
  if (request.app !== undefined) {
    const app = typeof request.app === 'string' ? findApp(directory, request.app) : request.app;
    const subject = subjectOf(request.credential ?? 'secret');
    return { ...registered, ...inOrder({ ...shared, ...appClaims(app, subject, context) }) };
  }
  if (request.user === undefined) throw new TypeError('a token needs a user or an app');
  const user = typeof request.user === 'string' ? findUser(directory, request.user) : request.user;
  const clientId = request.client ?? directory.apps[0]?.clientId ?? directory.api.clientId;
  const subject = subjectOf(request.credential ?? 'none');
  return { ...registered, ...inOrder({ ...shared, ...userClaims(user, clientId, subject, context) }) };
}

export function idTokenClaims(
  context: ClaimsContext,
  user: DirectoryUser,
  clientId: string,
  { nonce }: IdTokenRequest,
): Claims {
  return {
    aud: clientId,
    iss: context.issuer(2),
    ...lifetime(DEFAULT_TTL_SECONDS),
    ...inOrder({
      ...guestClaims(user),
      name: user.displayName,
      ...(nonce !== undefined && { nonce }),
      oid: user.objectId,
      preferred_username: user.guestOf?.mail ?? user.userPrincipalName,
      rh: `1.${opaqueText(24)}.`,
      sub: pairwiseSubject(user.objectId, clientId),
      tid: context.tenantId,
      uti: opaqueText(16),
      ver: '2.0',
    }),
  };
}

function userClaims(
  user: DirectoryUser,
  clientId: string,
  { version, resource, credential }: TokenSubject,
  { directory, tenantId }: ClaimsContext,
): Claims {
  const ofUser = {
    ...(resource.kind === 'api' && groupClaims(user.groups, `${tenantId}/users/${user.objectId}`)),
    ...guestClaims(user),
    name: user.displayName,
    oid: user.objectId,
    scp: resource.kind === 'graph' ? 'User.Read' : directory.api.scope,
    sub: pairwiseSubject(
      user.objectId,
      resource.kind === 'graph' ? resource.identifier : directory.api.clientId,
    ),
    // In v2 an optional claim, which the API's registration asks for here, as Arc's convention needs it.
    upn: user.userPrincipalName,
  };
  const loginName = user.guestOf?.mail ?? user.userPrincipalName;
  return version === 1
    ? {
        acr: '1',
        amr: ['pwd', 'mfa'],
        appid: clientId,
        appidacr: CREDENTIAL_LEVEL[credential],
        ipaddr: '203.0.113.7',
        unique_name: loginName,
        ...ofUser,
      }
    : { azp: clientId, azpacr: CREDENTIAL_LEVEL[credential], preferred_username: loginName, ...ofUser };
}

function appClaims(
  app: DirectoryApp,
  { version, resource, issuer, credential }: TokenSubject,
  { tenantId }: ClaimsContext,
): Claims {
  const level = CREDENTIAL_LEVEL[app.managedIdentity === true ? 'certificate' : credential];
  const roles = resource.kind === 'graph' ? (app.graphPermissions ?? []) : app.roles;
  return {
    ...(version === 1
      ? { appid: app.clientId, appidacr: level, idp: issuer }
      : { azp: app.clientId, azpacr: level }),
    ...(resource.kind === 'api' && groupClaims(app.groups, `${tenantId}/servicePrincipals/${app.objectId}`)),
    idtyp: 'app',
    oid: app.objectId,
    ...(roles.length > 0 && { roles }),
    sub: app.objectId,
  };
}

/** Who vouched for a guest: the issuer of the tenant that the person is at home in. */
function guestClaims({ guestOf }: DirectoryUser): Claims {
  if (guestOf === undefined) return {};
  return { email: guestOf.mail, idp: `https://sts.windows.net/${guestOf.tenantId}/` };
}

/** Past 200 groups Entra names none, and points to a service of the old Graph instead. */
function groupClaims(groups: readonly string[], path: string): Claims {
  if (groups.length === 0) return {};
  if (groups.length <= MAX_GROUPS_IN_TOKEN) return { groups };
  return {
    _claim_names: { groups: 'src1' },
    _claim_sources: { src1: { endpoint: `https://graph.windows.net/${path}/getMemberObjects` } },
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

/** After the registered claims, Entra writes the others by name. */
function inOrder(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function opaqueText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
