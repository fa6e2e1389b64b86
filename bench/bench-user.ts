// The one user of the bench and a token of about 3 KB for them, shaped as Entra shapes it: mostly groups, which the agent
// has to turn into as many Impersonate-Group headers. The hard case, therefore, for a token of that size.
import { createHash } from 'node:crypto';
import { startEntraStandIn } from '../demo/entra/index.ts';
import type { EntraStandIn } from '../demo/entra/index.ts';
import type { BenchEntraSettings } from './processes/index.ts';

export interface BenchIdentity {
  readonly entra: EntraStandIn;
  readonly settings: BenchEntraSettings;
  readonly objectId: string;
  readonly token: string;
  readonly groupCount: number;
  /** In every token of the bench: who has it may reach the cluster. */
  readonly group: string;
  /** Of another user with the same groups: for what one user alone may not have so much of. @param user from 1 on */
  tokenOfOther(user: number): string;
  /** The same for an access token that is bound to a key, by the key's thumbprint. */
  boundToken(user: number, thumbprint: string): string;
}

const TOKEN_BYTES = 3072;
const MAX_GROUPS = 200;
const OBJECT_ID = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4eff';

export async function startBenchIdentity(): Promise<BenchIdentity> {
  const entra = await startEntraStandIn();
  const issue = (groupCount: number, user = 0, overrides: Record<string, unknown> = {}): string =>
    entra.issueToken({
      overrides,
      user: {
        displayName: 'Bench User',
        userPrincipalName: 'bench@contoso.example',
        objectId: objectIdOf(user),
        groups: Array.from({ length: groupCount }, (_, index) => groupId(index)),
      },
    });
  const groupCount = fewestGroups(TOKEN_BYTES, (count) => issue(count).length);
  return {
    entra,
    settings: {
      authorityHost: entra.authorityHost,
      authorityCa: entra.caPem,
      tenants: [entra.tenantId],
      audiences: [...entra.audiences],
      usernameClaim: 'oid',
      groupsOverage: 'fail',
      clockSkewSeconds: 0,
    },
    objectId: OBJECT_ID,
    token: issue(groupCount),
    groupCount,
    group: groupId(0),
    tokenOfOther: (user) => issue(groupCount, user),
    boundToken: (user, thumbprint) => issue(groupCount, user, { cnf: { kid: thumbprint, xms_ksl: 'sw' } }),
  };
}

function objectIdOf(user: number): string {
  return user === 0 ? OBJECT_ID : OBJECT_ID.slice(0, -4) + user.toString(16).padStart(4, '0');
}

/** The fewest groups that make a token so long. @throws RangeError when 200, Entra's limit, do not */
export function fewestGroups(tokenBytes: number, lengthWith: (groupCount: number) => number): number {
  for (let count = 0; count <= MAX_GROUPS; count += 1) if (lengthWith(count) >= tokenBytes) return count;
  throw new RangeError(`no number of groups makes a token of ${tokenBytes} bytes`);
}

/** The same in each run. */
function groupId(index: number): string {
  const hex = createHash('sha256').update(`group ${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
