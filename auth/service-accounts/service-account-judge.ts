// Who looks at the tokens of ServiceAccounts. They are told apart from all others by their issuer, and by nothing else: no
// token that one side refuses is tried on the other (facts: H7).
import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { AuthError } from '../auth-error.ts';
import type { VerifiedToken } from '../types.ts';
import type { ServiceAccountKeys } from './service-account-keys.ts';
import { namedIssuer, readServiceAccountToken } from './service-account-token.ts';
import type { ServiceAccountToken } from './service-account-token.ts';

export interface ServiceAccountJudge {
  isTheirs(token: string): boolean;
  /** @throws AuthError */
  judge(token: string): Promise<VerifiedToken> | VerifiedToken;
}

/**
 * For the agent: the token goes on to the apiserver, which judges it. Here is only seen that it is one, and when streams end.
 * @param issuers exactly as tokens name them
 */
export function createPassThroughJudge(
  issuers: readonly string[],
  clockSkewSeconds: number,
): ServiceAccountJudge {
  const known = new Set(issuers);
  return {
    isTheirs: (token) => known.size > 0 && known.has(namedIssuer(token)),
    judge: (token) => {
      const { issuer, identity } = readServiceAccountToken(token, clockSkewSeconds);
      if (!known.has(issuer)) throw unknownIssuer();
      return identity;
    },
  };
}

/** Some clusters' ServiceAccounts: whose tokens they are, and the keys that sign them. */
export interface TrustedServiceAccounts {
  readonly issuers: readonly string[];
  readonly keys: ServiceAccountKeys;
  /** `namespace:name`. */
  readonly accounts: readonly string[];
}

/**
 * For the gateway: nothing enters a tunnel that nobody vouches for.
 *
 * @param trusted several may have one issuer, which is the same text in many clusters: the key tells them apart
 * @param onVerified hears which of them vouch for a token that is let in
 */
export function createVouchingJudge<T extends TrustedServiceAccounts>(
  trusted: readonly T[],
  clockSkewSeconds: number,
  onVerified: (identity: VerifiedToken, by: readonly T[]) => void,
): ServiceAccountJudge {
  const known = new Set(trusted.flatMap(({ issuers }) => issuers));
  return {
    isTheirs: (token) => known.size > 0 && known.has(namedIssuer(token)),
    judge: async (token) => {
      const read = readServiceAccountToken(token, clockSkewSeconds);
      const candidates = trusted.filter(
        ({ issuers, keys }) => issuers.includes(read.issuer) && keys.has(read.keyId),
      );
      const signer = await signerOf(token, read, candidates);
      if (signer === undefined) {
        throw new AuthError(
          'CC_ERR_AUTH_SIGNATURE',
          'no key that is known here for its issuer has signed the ServiceAccount’s token',
        );
      }
      const by = candidates.filter(
        ({ keys, accounts }) =>
          keys.get(read.keyId)?.equals(signer) === true && accounts.includes(read.account),
      );
      onVerified(read.identity, by);
      return read.identity;
    },
  };
}

/** The key that signed it. Each key is tried once, in however many rules it stands: whoever sends a token has not signed in yet. */
async function signerOf(
  token: string,
  { keyId, algorithm }: ServiceAccountToken,
  candidates: readonly TrustedServiceAccounts[],
): Promise<KeyObject | undefined> {
  const tried: KeyObject[] = [];
  for (const { keys } of candidates) {
    const key = keys.get(keyId);
    if (key === undefined || tried.some((one) => one.equals(key))) continue;
    tried.push(key);
    const isSigner = await compactVerify(token, key, { algorithms: [algorithm] }).then(
      () => true,
      () => false,
    );
    if (isSigner) return key;
  }
  return undefined;
}

function unknownIssuer(): AuthError {
  return new AuthError('CC_ERR_AUTH_ISSUER', 'ServiceAccounts of this issuer are not accepted here');
}
