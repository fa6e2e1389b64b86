// The groups of whoever a token is for: those that it names or, when they did not fit, what the settings say.
import { AuthError } from './auth-error.ts';
import type { EntraClaims } from './entra-claims.ts';
import type { GroupLookup } from './graph/index.ts';
import { GROUPS_RECHECK_MS } from './limits.ts';
import type { EntraSettings, PrincipalKind } from './types.ts';

export interface TokenGroups {
  /** Object ids. */
  readonly groups: readonly string[];
  /** When the answer is not the last word. */
  readonly recheckAtMs?: number;
}

type OverageSettings = Pick<EntraSettings, 'groupsOverage' | 'graph'>;

/** @throws AuthError CC_ERR_AUTH_GROUPS_OVERAGE, or what the lookup throws */
export async function groupsOfToken(
  claims: EntraClaims,
  kind: PrincipalKind,
  settings: OverageSettings,
  lookup: GroupLookup | undefined,
): Promise<TokenGroups> {
  if (!claims.groupsOverage) return { groups: claims.groups };
  if (settings.groupsOverage === 'without-groups') return { groups: [] };
  if (lookup === undefined) {
    throw new AuthError(
      'CC_ERR_AUTH_GROUPS_OVERAGE',
      'the user is in more groups than fit into the token: assign the groups that matter to the application',
    );
  }
  const { tenantId, objectId } = claims;
  try {
    const principal = {
      tenantId,
      objectId,
      kind: kind === 'user' ? ('user' as const) : ('application' as const),
    };
    const groups = await lookup.groupsOf(principal);
    // A token lives much longer than what Graph said: it is looked at again when that is no longer new.
    const freshMs = Math.max(lookup.freshForMs(principal), GROUPS_RECHECK_MS);
    return { groups, recheckAtMs: Date.now() + freshMs };
  } catch (error) {
    const goOn = settings.graph?.whenUnavailable === 'without-groups';
    if (!goOn || !(error instanceof AuthError) || !error.retryable) throw error;
    return { groups: [], recheckAtMs: Date.now() + GROUPS_RECHECK_MS };
  }
}
