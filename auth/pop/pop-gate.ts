// Who may use a proof-of-possession token where, and again: it is for one cluster, and its nonce belongs to whoever brought it first,
// for as long as it could be replayed (facts: J13; kubeguard remembers no nonce).
import { AuthError } from '../auth-error.ts';
import type { ReplayMemory } from '../replay-memory.ts';
import type { VerifiedToken } from '../types.ts';

export interface PopGate {
  /**
   * kubectl signs once and sends the same token with each of its requests, over several connections; so the same token
   * passes again from the same holder. Another token with its nonce, or another holder, is a replay.
   *
   * @param clusterId the cluster that the request is for
   * @param holder who brings it, such as the client's address; '' where that is not known
   * @returns undefined when it may pass, at once or after the nonce was claimed
   * @throws AuthError CC_ERR_AUTH_POP_CLUSTER, CC_ERR_AUTH_REPLAYED or CC_ERR_AUTH_BUSY, at once or later
   */
  check(token: VerifiedToken, clusterId: string, holder: string): Promise<void> | undefined;
}

export function createPopGate(nonces: ReplayMemory): PopGate {
  // What was claimed, by the token's one object in the cache: the requests of a kubectl after its first cost one look-up.
  const holders = new WeakMap<VerifiedToken, string>();
  return {
    check(token, clusterId, holder) {
      const { pop } = token;
      if (pop === undefined) return undefined;
      if (pop.url !== clusterId) {
        throw new AuthError(
          'CC_ERR_AUTH_POP_CLUSTER',
          'the proof-of-possession token is for another cluster (claim "u"): it must be the id of this one',
        );
      }
      if (holders.get(token) === holder) return undefined;
      const whose = `${pop.digest} ${holder}`;
      // By person: keys are made by whoever wants some, and nobody shall take the room of all others.
      const owner = `${token.tenantId}/${token.objectId}`;
      const until = Math.min(pop.usableUntilMs, token.expiresAtMs);
      const verdict = nonces.claim(owner, `${pop.thumbprint} ${pop.nonce}`, until, whose);
      const settle = (said: Awaited<typeof verdict>): void => {
        if (said === 'replayed') {
          throw new AuthError(
            'CC_ERR_AUTH_REPLAYED',
            'the proof-of-possession token was used before by somebody else',
          );
        }
        if (said === 'full') {
          throw new AuthError(
            'CC_ERR_AUTH_BUSY',
            'too many proof-of-possession tokens in the last minutes: try again later',
          );
        }
        holders.set(token, holder);
      };
      if (verdict instanceof Promise) return verdict.then(settle);
      settle(verdict);
      return undefined;
    },
  };
}
