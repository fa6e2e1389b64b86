// From claims that are true to the Kubernetes user that they stand for: DESIGN §7.
import { AuthError } from './auth-error.ts';
import type { EntraClaims } from './entra-claims.ts';
import { headerTextProblem, isReservedName } from './header-text.ts';
import { impersonationHeaders } from './impersonation.ts';
import type { EntraSettings, PopProof, PrincipalKind, UserInfo, VerifiedToken } from './types.ts';

export type MappingSettings = Pick<EntraSettings, 'usernameClaim' | 'requiredScopes' | 'requiredRoles'>;

/** What is known about a token beside its claims. */
export interface TokenTerms {
  readonly kind: PrincipalKind;
  /** Of the token, or looked up. */
  readonly groups: readonly string[];
  readonly expiresAtMs: number;
  readonly recheckAtMs: number;
  readonly pop?: PopProof;
}

/** @throws AuthError CC_ERR_AUTH_IDENTITY */
export function toVerifiedToken(
  claims: EntraClaims,
  settings: MappingSettings,
  terms: TokenTerms,
): VerifiedToken {
  const user: UserInfo = {
    name: userNameOf(claims, terms.kind, settings),
    // Impersonate-Uid would need one more permission of the agent, for a value that `extra.oid` has already.
    uid: '',
    groups: terms.groups,
    extra: {
      oid: [claims.objectId],
      tid: [claims.tenantId],
      ...(claims.userPrincipalName !== '' && { upn: [claims.userPrincipalName] }),
      ...(claims.applicationId !== '' && { azp: [claims.applicationId] }),
    },
  };
  return Object.freeze({
    ...terms,
    tenantId: claims.tenantId,
    objectId: claims.objectId,
    applicationId: claims.applicationId,
    tokenId: claims.tokenId,
    user,
    impersonation: Object.freeze(impersonationHeaders(user)),
  });
}

/**
 * A user's access token always has `scp`, an application's never (access-token-claims-reference.md). Without the
 * optional `idtyp`, an application is known by its `sub`, which is its own `oid`; a user's `sub` is another for each
 * API. An ID token has neither `scp` nor a client application, even if it has `roles` (facts: J9).
 *
 * @throws AuthError CC_ERR_AUTH_TOKEN_KIND
 */
export function principalKind(claims: EntraClaims): PrincipalKind {
  const hasScope = claims.scopes.length > 0;
  const hasClient = claims.applicationId !== '';
  const isOwnSubject = claims.subject.toLowerCase() === claims.objectId;
  if (claims.principalType === 'app' && !hasScope && hasClient) return 'application';
  if (claims.principalType === 'user' && hasScope && hasClient) return 'user';
  if (claims.principalType === '' && hasClient) {
    if (hasScope) return 'user';
    if (isOwnSubject) return 'application';
  }
  throw new AuthError(
    'CC_ERR_AUTH_TOKEN_KIND',
    'the token is not an access token of a user (claim "scp") or of an application: ask for the API\'s scope',
  );
}

/**
 * A user acts through an application that was given a scope, an application was given an app role itself
 * (Microsoft: "Verify scopes and app roles in a protected web API"). One of those that are asked for is enough.
 *
 * @throws AuthError CC_ERR_AUTH_PERMISSION
 */
export function checkPermission(claims: EntraClaims, kind: PrincipalKind, settings: MappingSettings): void {
  const isUser = kind === 'user';
  const wanted = (isUser ? settings.requiredScopes : settings.requiredRoles) ?? [];
  const held = isUser ? claims.scopes : claims.roles;
  if (wanted.length === 0 || wanted.some((permission) => held.includes(permission))) return;
  throw new AuthError(
    'CC_ERR_AUTH_PERMISSION',
    isUser
      ? 'the token has none of the scopes (claim "scp") that are asked for here'
      : 'the token has none of the app roles (claim "roles") that are asked for here',
  );
}

function userNameOf(claims: EntraClaims, kind: PrincipalKind, settings: MappingSettings): string {
  const { userPrincipalName } = claims;
  // Refused whatever the setting: the value also goes into `extra`.
  if (userPrincipalName !== '') {
    const problem =
      headerTextProblem(userPrincipalName) ??
      (isReservedName(userPrincipalName) ? 'begins with "system:"' : undefined) ??
      // Without it a user principal name could read as somebody's object id.
      (userPrincipalName.includes('@') ? undefined : 'has no "@"');
    if (problem !== undefined) {
      throw new AuthError('CC_ERR_AUTH_IDENTITY', `the token's user principal name (claim "upn") ${problem}`);
    }
  }
  // Arc's convention: the user principal name, and the object id of whoever has none, as applications do.
  if (settings.usernameClaim === 'upn' && kind === 'user' && userPrincipalName !== '')
    return userPrincipalName;
  return claims.objectId;
}
