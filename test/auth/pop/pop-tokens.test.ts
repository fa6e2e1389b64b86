import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { EntraSettings, TokenVerifier } from '../../../auth/index.ts';
import { createTenant } from '../../../demo/entra/index.ts';
import type { Tenant } from '../../../demo/entra/index.ts';
import { createPopKey, signPop } from '../../support/pop-token.ts';
import type { PopKey, PopRequest } from '../../support/pop-token.ts';
import { codeOf, createAuthorityDouble, ORIGIN, verifierFor } from '../authority-double.ts';
import type { AuthorityDouble } from '../authority-double.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const CLUSTER = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';
const SKEW_MS = 30_000;
const LIFETIME_MS = 900_000;

let tenant: Tenant;
let otherTenant: Tenant;
let key: PopKey;
let otherKey: PopKey;
let double: AuthorityDouble;
let verifier: TokenVerifier;
beforeAll(() => {
  tenant = createTenant({ origin: ORIGIN });
  otherTenant = createTenant({ origin: ORIGIN });
  key = createPopKey();
  otherKey = createPopKey();
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  double = createAuthorityDouble(tenant, otherTenant);
  verifier = verifierFor(tenant, double);
});
afterEach(async () => {
  await verifier.close();
  vi.useRealTimers();
});

const bound = (thumbprint = key.thumbprint, from = tenant): string =>
  from.issueToken({ user: 'alice', overrides: { cnf: { kid: thumbprint, xms_ksl: 'sw' } } });
const pop = (changes: Partial<PopRequest> = {}): string =>
  signPop(key, { accessToken: bound(), url: CLUSTER, ...changes });
const refusal = (token: string): Promise<string> => codeOf(() => verifier.verify(token));

it('a token as kubelogin makes it stands for the user of the access token in it', async () => {
  const verified = await verifier.verify(pop({ claims: { nonce: 'a-nonce-1234' } }));
  expect(verified).toMatchObject({
    kind: 'user',
    tenantId: tenant.tenantId,
    pop: { url: CLUSTER, nonce: 'a-nonce-1234', thumbprint: key.thumbprint },
    recheckAtMs: NOW + LIFETIME_MS + SKEW_MS,
  });
  expect(verified.expiresAtMs).toBeGreaterThan(verified.recheckAtMs);
});

it('what is signed a second time is another token of the same user', async () => {
  const accessToken = bound();
  const [one, two] = await Promise.all(
    [pop({ accessToken }), pop({ accessToken })].map((token) => verifier.verify(token)),
  );
  expect(one?.objectId).toBe(two?.objectId);
  expect(one?.pop?.digest).not.toBe(two?.pop?.digest);
});

it('J13: an old signature is refused, and one that was good is not kept for longer', async () => {
  const token = pop();
  await verifier.verify(token);
  vi.setSystemTime(NOW + LIFETIME_MS + SKEW_MS - 1);
  expect(verifier.cached(token)).toBeDefined();
  vi.setSystemTime(NOW + LIFETIME_MS + SKEW_MS);
  expect(verifier.cached(token)).toBeUndefined();
  expect(await refusal(token)).toBe('CC_ERR_AUTH_EXPIRED');
});

it('J13: a signature of the future is refused', async () => {
  const at = (ms: number): string => pop({ claims: { ts: (NOW + ms) / 1000 } });
  expect(await refusal(at(SKEW_MS))).toBe('no error');
  expect(await refusal(at(SKEW_MS + 1000))).toBe('CC_ERR_AUTH_NOT_YET_VALID');
});

it('the access token in it expires as any other', async () => {
  const accessToken = tenant.issueToken({
    user: 'alice',
    ttlSeconds: -60,
    overrides: { cnf: { kid: key.thumbprint } },
  });
  expect(await refusal(pop({ accessToken }))).toBe('CC_ERR_AUTH_EXPIRED');
});

it.each([
  ['signed by another key than it names', () => pop({ signWith: otherKey }), 'CC_ERR_AUTH_POP'],
  [
    'with a key to which the access token is not bound',
    () => pop({ accessToken: bound(otherKey.thumbprint) }),
    'CC_ERR_AUTH_POP',
  ],
  [
    'with an access token that is bound to nothing',
    () => pop({ accessToken: tenant.issueToken({ user: 'alice' }) }),
    'CC_ERR_AUTH_POP',
  ],
  [
    'with another key id in its header',
    () => pop({ header: { kid: otherKey.thumbprint } }),
    'CC_ERR_AUTH_POP',
  ],
  ['with a changed cluster', () => changed(pop()), 'CC_ERR_AUTH_POP'],
  [
    'around a token of a tenant that is not accepted',
    () => pop({ accessToken: bound(key.thumbprint, otherTenant) }),
    'CC_ERR_AUTH_TENANT',
  ],
  ['around itself', () => pop({ accessToken: pop() }), 'CC_ERR_AUTH_MALFORMED'],
  ['around no token', () => pop({ accessToken: 'x.y.z' }), 'CC_ERR_AUTH_MALFORMED'],
  ['signed with HS256', () => pop({ header: { alg: 'HS256' } }), 'CC_ERR_AUTH_ALGORITHM'],
  ['that brings its key in the header', () => pop({ header: { jwk: key.jwk } }), 'CC_ERR_AUTH_MALFORMED'],
  ['that names itself an access token', () => pop({ header: { typ: 'JWT' } }), 'CC_ERR_AUTH_CLAIMS'],
])('J13: a token %s is refused', async (_what, make, code) => {
  expect(await refusal(make())).toBe(code);
});

it.each([
  ['at', undefined],
  ['at', 7],
  ['ts', undefined],
  ['ts', '1700000000'],
  ['ts', 1.5],
  ['u', undefined],
  ['u', ['a']],
  ['u', 'two words'],
  ['nonce', undefined],
  ['nonce', 'short'],
  ['nonce', 'n'.repeat(129)],
  ['cnf', undefined],
  ['cnf', { kid: 'x' }],
  ['cnf', { jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }],
  ['cnf', { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }],
  ['m', 'GET'],
  ['p', '/api'],
  ['b', 'x'],
])('J13: %s as %j is refused', async (name, value) => {
  expect(await refusal(pop({ claims: { [name]: value } }))).toBe('CC_ERR_AUTH_CLAIMS');
});

it('J13: keys that are too weak, or too slow to verify, are refused', async () => {
  for (const bits of [1024, 5120]) {
    const odd = createPopKey(bits);
    const token = signPop(odd, { accessToken: bound(odd.thumbprint), url: CLUSTER });
    expect(await refusal(token)).toBe('CC_ERR_AUTH_CLAIMS');
  }
  const { n } = key.jwk;
  expect(await refusal(pop({ claims: { cnf: { jwk: { kty: 'RSA', n, e: 'Aw' } } } }))).toBe(
    'CC_ERR_AUTH_CLAIMS',
  );
});

it('a bound access token without its proof is worth nothing', async () => {
  expect(await refusal(bound())).toBe('CC_ERR_AUTH_TOKEN_KIND');
});

it.each([
  ['bearer', 'no error', 'CC_ERR_AUTH_TOKEN_KIND'],
  ['pop', 'CC_ERR_AUTH_TOKEN_KIND', 'no error'],
  ['either', 'no error', 'no error'],
] as const)('accept: %s', async (accept: EntraSettings['accept'], plain, proven) => {
  const choosy = verifierFor(tenant, double, { ...(accept !== undefined && { accept }) });
  expect(await codeOf(() => choosy.verify(tenant.issueToken({ user: 'alice' })))).toBe(plain);
  expect(await codeOf(() => choosy.verify(pop()))).toBe(proven);
});

function changed(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const other = JSON.stringify(Object.assign({}, claims, { u: 'another cluster'.replace(' ', '-') }));
  return [header, Buffer.from(other).toString('base64url'), signature].join('.');
}

it('tokens that a user makes himself push out nobody else’s', async () => {
  const plain = tenant.issueToken({ user: 'bob' });
  await verifier.verify(plain);
  const accessToken = bound();
  // Each takes 3 KB of the room; so many fill it more than twice.
  const padding = 'p'.repeat(12_000);
  const first = pop({ accessToken });
  await verifier.verify(first);
  for (let index = 0; index < 2_000; index += 1)
    await verifier.verify(pop({ accessToken, claims: { padding } }));
  expect(verifier.cached(first)).toBeUndefined();
  expect(verifier.cached(plain)).toBeDefined();
}, 60_000);
