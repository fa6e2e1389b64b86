// From claims that are true to the Kubernetes user that they stand for: DESIGN §7.
import { AuthError } from './auth-error.ts';
import type { EntraClaims } from './entra-claims.ts';
import { headerTextProblem, isReservedName } from './header-text.ts';
import { impersonationHeaders } from './impersonation.ts';
import type { EntraSettings, PrincipalKind, UserInfo, VerifiedToken } from './types.ts';

export type MappingSettings = Pick<EntraSettings, 'usernameClaim' | 'groupsOverage'>;

/**
 * @param expiresAtMs when the verifier stops accepting the token
 * @throws AuthError CC_ERR_AUTH_TOKEN_KIND, CC_ERR_AUTH_IDENTITY or CC_ERR_AUTH_GROUPS_OVERAGE
 */
export function toVerifiedToken(
  claims: EntraClaims,
  settings: MappingSettings,
  expiresAtMs: number,
): VerifiedToken {
  const kind = principalKind(claims);
  const groups = groupsOf(claims, settings);
  const user: UserInfo = {
    name: userNameOf(claims, kind, settings),
    // Impersonate-Uid would need one more permission of the agent, for a value that `extra.oid` has already.
    uid: '',
    groups,
    extra: {
      oid: [claims.objectId],
      tid: [claims.tenantId],
      ...(claims.userPrincipalName !== '' && { upn: [claims.userPrincipalName] }),
      ...(claims.applicationId !== '' && { azp: [claims.applicationId] }),
    },
  };
  return Object.freeze({
    kind,
    tenantId: claims.tenantId,
    objectId: claims.objectId,
    applicationId: claims.applicationId,
    tokenId: claims.tokenId,
    groups,
    expiresAtMs,
    user,
    impersonation: Object.freeze(impersonationHeaders(user)),
  });
}

/**
 * A user's access token always has `scp`, an application's never (access-token-claims-reference.md). Without the
 * optional `idtyp`, an application is known by its `sub`, which is its own `oid`; a user's `sub` is another for each
 * API. An ID token has neither `scp` nor a client application, even if it has `roles` (facts: J9).
 */
function principalKind(claims: EntraClaims): PrincipalKind {
  const hasScope = claims.scope !== '';
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

function groupsOf(claims: EntraClaims, settings: MappingSettings): readonly string[] {
  if (!claims.groupsOverage) return claims.groups;
  if (settings.groupsOverage === 'without-groups') return [];
  throw new AuthError(
    'CC_ERR_AUTH_GROUPS_OVERAGE',
    'the user is in more groups than fit into the token: assign the groups that matter to the application',
  );
}
