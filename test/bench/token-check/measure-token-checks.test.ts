// The token check measures what it says: the right user from the cache, new tokens by their signature.
import { expect, it } from 'vitest';
import { startBenchIdentity } from '../../../bench/bench-user.ts';
import { createPopKey, signPop } from '../../support/pop-token.ts';
import { measureTokenChecks } from '../../../bench/token-check/index.ts';

it('checks as often as it was asked to, and every answer is right', async () => {
  const identity = await startBenchIdentity();
  try {
    const tokens = [identity.token, ...[1, 2, 3, 4].map((user) => identity.tokenOfOther(user))];
    const key = createPopKey();
    const popTokens = [0, 1, 2, 3, 4].map((user) =>
      signPop(key, { accessToken: identity.boundToken(user, key.thumbprint), url: 'cluster' }),
    );
    const measured = await measureTokenChecks({
      entra: identity.settings,
      tokens,
      popTokens,
      popCluster: 'cluster',
      rounds: 2,
      checksPerRound: 1000,
    });
    expect(measured).toMatchObject({ wrong: 0, checks: 4000 });
    const { cachedUs, firstUs, cachedPopUs, firstPopUs, joseUs } = measured;
    for (const rounds of [cachedUs, firstUs, cachedPopUs, firstPopUs, joseUs]) {
      expect(rounds).toHaveLength(2);
      expect(Math.min(...rounds)).toBeGreaterThan(0);
    }
  } finally {
    await identity.entra.close();
  }
});
