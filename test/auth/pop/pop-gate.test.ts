import { expect, it } from 'vitest';
import { createNonceMemory, createPopGate } from '../../../auth/index.ts';
import type { PopGate, ReplayMemory, VerifiedToken } from '../../../auth/index.ts';
import { verifiedToken } from '../../support/verified-token.ts';
import { codeOf } from '../authority-double.ts';

const CLUSTER = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';

/** Two objects for one token are what two processes, or a cache that forgot, have. */
function token(digest: string, nonce = 'nonce-one'): VerifiedToken {
  return verifiedToken({
    expiresAtMs: Date.now() + 60_000,
    pop: { url: CLUSTER, nonce, thumbprint: 'key', digest, usableUntilMs: Date.now() + 60_000 },
  });
}

const check = (gate: PopGate, one: VerifiedToken, holder = '192.0.2.1', cluster = CLUSTER): Promise<string> =>
  codeOf(() => gate.check(one, cluster, holder));

it('the requests of one kubectl pass, over all of its connections', async () => {
  const gate = createPopGate(createNonceMemory());
  const one = token('a');
  expect(await check(gate, one)).toBe('no error');
  expect(await check(gate, one)).toBe('no error');
  expect(await check(gate, token('a'))).toBe('no error');
});

it('J13: from another address the same token is a replay, and stays the first one’s', async () => {
  const gate = createPopGate(createNonceMemory());
  const one = token('a');
  expect(await check(gate, one)).toBe('no error');
  expect(await check(gate, one, '198.51.100.7')).toBe('CC_ERR_AUTH_REPLAYED');
  expect(await check(gate, one)).toBe('no error');
});

it('J13: another token with a nonce that was used is a replay', async () => {
  const gate = createPopGate(createNonceMemory());
  expect(await check(gate, token('a'))).toBe('no error');
  expect(await check(gate, token('b'))).toBe('CC_ERR_AUTH_REPLAYED');
  expect(await check(gate, token('b', 'nonce-two'))).toBe('no error');
});

it('J14: a token for another cluster is refused, and claims nothing', async () => {
  const gate = createPopGate(createNonceMemory());
  expect(await check(gate, token('a'), 'x', 'another')).toBe('CC_ERR_AUTH_POP_CLUSTER');
  expect(await check(gate, token('b'))).toBe('no error');
});

it('a plain token has nothing to be checked', () => {
  const { pop: _pop, ...plain } = token('a');
  expect(createPopGate(createNonceMemory()).check(plain, CLUSTER, '')).toBeUndefined();
});

it('gates with one memory, in two processes, are as one', async () => {
  const nonces = createNonceMemory();
  const far: ReplayMemory = { claim: async (...claim) => nonces.claim(...claim) };
  const gates = [createPopGate(far), createPopGate(far)] as const;
  expect(await check(gates[0], token('a'))).toBe('no error');
  expect(await check(gates[1], token('a'))).toBe('no error');
  expect(await check(gates[1], token('a'), 'elsewhere')).toBe('CC_ERR_AUTH_REPLAYED');
});

it('a nonce that cannot be remembered is refused for now', async () => {
  const gate = createPopGate({ claim: () => 'full' });
  expect(await check(gate, token('a'))).toBe('CC_ERR_AUTH_BUSY');
});

it('J13: a nonce is remembered for as long as its token is accepted, however soon that is looked at again', async () => {
  const claims: unknown[][] = [];
  const gate = createPopGate({
    claim: (...claim) => {
      claims.push(claim);
      return 'fresh';
    },
  });
  const recheckAtMs = Date.now() + 1000;
  const pop = { url: CLUSTER, nonce: 'n', thumbprint: 'k', digest: 'd' };
  for (const [usableUntilMs, expiresAtMs] of [
    [5, 9],
    [9, 5],
  ] as const) {
    await gate.check(
      verifiedToken({ recheckAtMs, expiresAtMs, pop: { ...pop, usableUntilMs } }),
      CLUSTER,
      '',
    );
  }
  expect(claims.map(([, , until]) => until)).toEqual([5, 5]);
});

it('J13: with as many keys as he likes, a user has the room of one', async () => {
  const owners: string[] = [];
  const gate = createPopGate({
    claim: (owner) => {
      owners.push(owner);
      return 'fresh';
    },
  });
  for (const thumbprint of ['k1', 'k2']) {
    const pop = { url: CLUSTER, nonce: 'n', thumbprint, digest: 'd', usableUntilMs: Infinity };
    await gate.check(verifiedToken({ tenantId: 't', objectId: 'alice', pop }), CLUSTER, '');
  }
  expect(owners).toEqual(['t/alice', 't/alice']);
});
