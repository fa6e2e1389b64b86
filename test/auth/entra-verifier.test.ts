import { createHmac, createSign } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createEntraVerifier } from '../../auth/index.ts';
import type { TokenVerifier } from '../../auth/index.ts';
import { createSigningKey, createTenant } from '../../demo/entra/index.ts';
import type { SigningKey, Tenant, TokenRequest } from '../../demo/entra/index.ts';
import { ORIGIN, codeOf, createAuthorityDouble, settingsFor, verifierFor } from './authority-double.ts';
import type { AuthorityDouble } from './authority-double.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const SECOND = 1_000;

let tenant: Tenant;
let otherTenant: Tenant;
let foreignKey: SigningKey;
let double: AuthorityDouble;
let verifier: TokenVerifier;

beforeAll(() => {
  tenant = createTenant({ origin: ORIGIN });
  otherTenant = createTenant({ origin: ORIGIN });
  foreignKey = createSigningKey();
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

const alice = (changes: Partial<TokenRequest> = {}): string =>
  tenant.issueToken({ user: 'alice', ...changes });
const refusal = (token: string): Promise<string> => codeOf(() => verifier.verify(token));
const advance = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

it.each([
  ['a v2 user token', { user: 'alice', version: 2 }, 'user'],
  ['a v1 user token', { user: 'alice', version: 1 }, 'user'],
  ['a v2 app-only token', { app: 'deployment pipeline', version: 2 }, 'application'],
  ['a v1 app-only token', { app: 'deployment pipeline', version: 1 }, 'application'],
  [
    'an app-only token without idtyp',
    { app: 'deployment pipeline', overrides: { idtyp: undefined } },
    'application',
  ],
  ['a token of type at+jwt', { user: 'alice', header: { typ: 'at+jwt' } }, 'user'],
] as const)('%s is accepted', async (_name, request, kind) => {
  expect(await verifier.verify(tenant.issueToken(request))).toMatchObject({
    kind,
    tenantId: tenant.tenantId,
  });
});

it("follows the token's version to its own metadata", async () => {
  await verifier.verify(alice({ version: 1 }));
  expect(double.requested).toEqual([
    `/${tenant.tenantId}/.well-known/openid-configuration`,
    `/${tenant.tenantId}/discovery/keys`,
  ]);
});

it.each([
  ['public', 'https://login.microsoftonline.com', 'https://sts.windows.net'],
  ['US Government', 'https://login.microsoftonline.us', 'https://sts.windows.net'],
  ['China', 'https://login.partner.microsoftonline.cn', 'https://sts.chinacloudapi.cn'],
])('works with the issuers of the cloud: %s', async (_cloud, origin, sts) => {
  const issuer = (version: 1 | 2, tenantId = tenant.tenantId): string =>
    version === 1 ? `${sts}/${tenantId}/` : `${origin}/${tenantId}/v2.0`;
  const cloud = createTenant({ origin, tenantId: tenant.tenantId, issuer });
  const entra = verifierFor(cloud, createAuthorityDouble(cloud), { authorityHost: origin });
  expect(await entra.verify(cloud.issueToken({ user: 'bob', version: 1 }))).toHaveProperty('kind', 'user');
  expect(await entra.verify(cloud.issueToken({ user: 'bob', version: 2 }))).toHaveProperty('kind', 'user');
  const crossed = cloud.issueToken({ user: 'bob', version: 2, overrides: { iss: issuer(1) } });
  expect(await codeOf(() => entra.verify(crossed))).toBe('CC_ERR_AUTH_ISSUER');
});

it('takes several tenants, guests among their users, and tells same names apart by tenant', async () => {
  const both = verifierFor(tenant, double, { tenants: [tenant.tenantId, otherTenant.tenantId] });
  const guest = {
    displayName: 'Eve',
    userPrincipalName: 'eve_fabrikam.example#EXT#@contoso.onmicrosoft.com',
    objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e55',
    groups: [],
  };
  const [home, away] = await Promise.all(
    [tenant, otherTenant].map((one) => both.verify(one.issueToken({ user: guest }))),
  );
  expect(home?.user.extra).toMatchObject({ tid: [tenant.tenantId], upn: [guest.userPrincipalName] });
  expect(away?.tenantId).toBe(otherTenant.tenantId);
  await both.close();
});

it('J1: alg none is refused, with and without a signature', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
    const token = alice({ header: { alg } });
    expect(await refusal(token)).toBe('CC_ERR_AUTH_ALGORITHM');
    expect(await refusal(token.slice(0, token.lastIndexOf('.') + 1))).toMatch(/ALGORITHM|MALFORMED/);
  }
  expect(double.requested).toEqual([]);
});

it('J1: the public key as an HMAC secret is refused', async () => {
  const [header = '', payload = ''] = alice({ header: { alg: 'HS256' } }).split('.');
  const document = JSON.parse(JSON.stringify(tenant.document(`/${tenant.tenantId}/discovery/v2.0/keys`)));
  const mac = createHmac('sha256', String(document.keys[0].n))
    .update(`${header}.${payload}`)
    .digest('base64url');
  expect(await refusal(`${header}.${payload}.${mac}`)).toBe('CC_ERR_AUTH_ALGORITHM');
});

it('J1: RS256 by a foreign key under a known key id is refused', async () => {
  const { kid } = JSON.parse(Buffer.from(alice().split('.')[0] ?? '', 'base64url').toString());
  const token = alice({ signWith: { ...foreignKey, keyId: String(kid) } });
  expect(await refusal(token)).toBe('CC_ERR_AUTH_SIGNATURE');
});

it('J1: RSA with another digest under the name RS256 is refused', async () => {
  const key = tenant.rotateKeys();
  const [header = '', payload = ''] = alice().split('.');
  const signature = createSign('RSA-SHA512').update(`${header}.${payload}`).sign(key.privateKey, 'base64url');
  expect(await refusal(`${header}.${payload}.${signature}`)).toBe('CC_ERR_AUTH_SIGNATURE');
});

it.each([['header'], ['payload'], ['signature']])(
  'a token with one changed byte in its %s is refused',
  async (part) => {
    const index = ['header', 'payload', 'signature'].indexOf(part);
    const segments = alice().split('.');
    const bytes = Buffer.from(segments[index] ?? '', 'base64url');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 4) ^ 1, bytes.length - 4);
    segments[index] = bytes.toString('base64url');
    expect(await refusal(segments.join('.'))).toMatch(/SIGNATURE|MALFORMED|ALGORITHM|UNKNOWN_KEY|CLAIMS/);
  },
);

it('J2: a key id that is no plain name is refused before any fetch', async () => {
  expect(await refusal(alice({ header: { kid: '../../../dev/null' } }))).toBe('CC_ERR_AUTH_MALFORMED');
  expect(double.requested).toEqual([]);
});

it.each([['jku'], ['x5u'], ['jwk'], ['x5c']])(
  'J3: a token that brings its own key by %s is refused',
  async (name) => {
    const jwk = foreignKey.publicKey.export({ format: 'jwk' });
    const value = name === 'jwk' ? jwk : name === 'x5c' ? ['MIIB'] : 'https://attacker.example/keys';
    const token = alice({ signWith: foreignKey, header: { [name]: value } });
    expect(await refusal(token)).toBe('CC_ERR_AUTH_MALFORMED');
    expect(double.requested).toEqual([]);
  },
);

it.each([[{ crit: ['exp'] }], [{ crit: ['b64'], b64: false }], [{ b64: true }]])(
  'J4: a token with the header %j is refused',
  async (header) => {
    expect(await refusal(alice({ header }))).toBe('CC_ERR_AUTH_MALFORMED');
  },
);

it('J5: a correctly signed token with a repeated claim is refused', async () => {
  const key = tenant.rotateKeys();
  const [header = '', payload = ''] = alice().split('.');
  const claims = Buffer.from(payload, 'base64url').toString();
  const twice = `${claims.slice(0, -1)},"oid":"00000000-0000-0000-0000-000000000000"}`;
  const signed = `${header}.${Buffer.from(twice).toString('base64url')}`;
  const token = `${signed}.${createSign('RSA-SHA256').update(signed).sign(key.privateKey, 'base64url')}`;
  expect(await refusal(token)).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['iss', ['https://login.example.test/']],
  ['aud', ['5a8b1f60-2e7d-4d39-a4c8-6b0e3f9d1c01']],
  ['exp', '9999999999'],
  ['exp', 1e300],
  ['nbf', null],
  ['oid', ['x']],
  ['tid', {}],
])('J6: a correctly signed token with %s as %j is refused', async (name, value) => {
  expect(await refusal(alice({ overrides: { [name]: value } }))).toBe('CC_ERR_AUTH_CLAIMS');
});

it('J7: a token expires at exp plus the configured skew, to the second', async () => {
  const token = alice({ ttlSeconds: 60 });
  advance(60 * SECOND + 29 * SECOND);
  expect(await refusal(token)).toBe('no error');
  expect(verifier.cached(token)?.expiresAtMs).toBe(NOW + 90 * SECOND);
  advance(SECOND);
  expect(verifier.cached(token)).toBeUndefined();
  await expect(verifier.verify(token)).rejects.toMatchObject({
    code: 'CC_ERR_AUTH_EXPIRED',
    reason: 'the token expired at 2026-11-20T12:01:00.000Z',
  });
});

it.each([['nbf'], ['iat']])(
  'J7: a token whose %s is further ahead than the skew is refused',
  async (name) => {
    const at = (seconds: number): string => alice({ overrides: { [name]: NOW / 1000 + seconds } });
    expect(await refusal(at(30))).toBe('no error');
    expect(await refusal(at(31))).toBe('CC_ERR_AUTH_NOT_YET_VALID');
  },
);

it.each([['exp'], ['nbf'], ['iat']])('J7: a token without %s is refused', async (name) => {
  expect(await refusal(alice({ overrides: { [name]: undefined } }))).toBe('CC_ERR_AUTH_CLAIMS');
});

it('J8: an encrypted token, a nested one and a compressed one are refused', async () => {
  expect(await refusal(`${alice()}.AAAA.AAAA`)).toBe('CC_ERR_AUTH_MALFORMED');
  expect(await refusal(alice({ header: { zip: 'DEF' } }))).toBe('CC_ERR_AUTH_MALFORMED');
  expect(await refusal(alice({ header: { cty: 'JWT', typ: 'JWE' } }))).toBe('CC_ERR_AUTH_MALFORMED');
  expect(await refusal(alice({ overrides: { bomb: 'x'.repeat(16 * 1024) } }))).toBe('CC_ERR_AUTH_TOO_LARGE');
});

it("J9: an ID token is refused, even one for the API's own client", async () => {
  const { users, api } = tenant.directory;
  const [user] = users;
  if (user === undefined) throw new TypeError('the directory has no user');
  const cli = tenant.directory.apps[0]?.clientId ?? '';
  expect(await refusal(tenant.issueIdToken(user, cli))).toBe('CC_ERR_AUTH_AUDIENCE');
  expect(await refusal(tenant.issueIdToken(user, api.clientId))).toBe('CC_ERR_AUTH_TOKEN_KIND');
  expect(await refusal(alice({ overrides: { scp: undefined, azp: undefined, roles: ['a'] } }))).toBe(
    'CC_ERR_AUTH_TOKEN_KIND',
  );
});

it.each([['https://graph.microsoft.com'], ['00000003-0000-0000-c000-000000000000'], ['5A8B1F60']])(
  'J9: a token for %s is refused',
  async (aud) => {
    expect(await refusal(alice({ overrides: { aud } }))).toBe('CC_ERR_AUTH_AUDIENCE');
  },
);

it('J10: a valid token of another tenant is refused before its keys are fetched', async () => {
  expect(await refusal(otherTenant.issueToken({ user: 'alice' }))).toBe('CC_ERR_AUTH_TENANT');
  expect(double.requested).toEqual([]);
});

it("J10: a token of tenant A signed with tenant B's key is refused, though both are accepted", async () => {
  const both = createEntraVerifier(
    settingsFor(tenant, { tenants: [tenant.tenantId, otherTenant.tenantId] }),
    double,
  );
  expect(await codeOf(() => both.verify(otherTenant.issueToken({ user: 'bob' })))).toBe('no error');
  expect(await codeOf(() => both.verify(alice()))).toBe('no error');
  const claims = { tid: tenant.tenantId, iss: tenant.issuer(2) };
  const forged = otherTenant.issueToken({ user: 'alice', overrides: claims });
  expect(await codeOf(() => both.verify(forged))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
});

it('J10: an issuer that is not the one of the tid is refused', async () => {
  for (const iss of [
    otherTenant.issuer(2),
    tenant.issuer(1),
    `${tenant.issuer(2)}/`,
    'https://attacker.example/',
  ]) {
    expect(await refusal(alice({ overrides: { iss } }))).toBe('CC_ERR_AUTH_ISSUER');
  }
  expect(await refusal(alice({ overrides: { tid: otherTenant.tenantId } }))).toBe('CC_ERR_AUTH_TENANT');
});

it('J10: a v2 token signed by a key that only the v1 document names is refused', async () => {
  const onlyV1 = createSigningKey();
  double.answerWith(async (url) => {
    const document = JSON.parse(JSON.stringify(tenant.document(new URL(url).pathname)));
    if (url.endsWith('/discovery/keys')) {
      document.keys.push({ ...onlyV1.publicKey.export({ format: 'jwk' }), kid: onlyV1.keyId });
    }
    return document;
  });
  expect(await refusal(alice({ version: 1, signWith: onlyV1 }))).toBe('no error');
  expect(await refusal(alice({ version: 2, signWith: onlyV1 }))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
});

it('J12: 10000 tokens with random key ids cause one fetch', async () => {
  await verifier.verify(alice());
  const before = double.requested.length;
  const [, payload, signature] = alice().split('.');
  for (let index = 0; index < 10_000; index += 1) {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: `k${index}` })).toString(
      'base64url',
    );
    expect(await refusal(`${header}.${payload}.${signature}`)).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
  }
  expect(double.requested.length).toBe(before);
});

it('an outage of the authority is not called a bad token, and is not remembered', async () => {
  double.answerWith(() => Promise.reject(new Error('ECONNREFUSED')));
  const token = alice();
  await expect(verifier.verify(token)).rejects.toMatchObject({
    code: 'CC_ERR_AUTH_UNAVAILABLE',
    retryable: true,
  });
  advance(4 * SECOND);
  const later = alice();
  expect(await refusal(later)).toBe('CC_ERR_AUTH_UNAVAILABLE');
  double.answerWith(undefined);
  advance(SECOND);
  expect(await verifier.verify(token)).toHaveProperty('kind', 'user');
  expect(await verifier.verify(later)).toHaveProperty('kind', 'user');
});

it('a token seen before costs no signature check, until it expires', async () => {
  const token = alice();
  expect(verifier.cached(token)).toBeUndefined();
  const verified = await verifier.verify(token);
  // A second spelling of the same text: the cache compares what it says, not which object it is.
  expect(verifier.cached(`${token} `.slice(0, -1))).toBe(verified);
  expect(await verifier.verify(token)).toBe(verified);
});

it('a known token goes on while the authority is down', async () => {
  const token = alice();
  await verifier.verify(token);
  double.answerWith(() => Promise.reject(new Error('ECONNREFUSED')));
  expect(verifier.cached(token)).toBeDefined();
  expect(await verifier.verify(alice())).toBeDefined();
});

it('the same token verified many times at once is judged once', async () => {
  const token = alice();
  const all = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)));
  expect(new Set(all).size).toBe(1);
});

it('a refused token is remembered for a moment, the same refusal and no new check', async () => {
  const token = alice({ signWith: { ...foreignKey, keyId: tenant.rotateKeys().keyId } });
  const first = await verifier.verify(token).catch((error: unknown) => error);
  const second = await verifier.verify(token).catch((error: unknown) => error);
  expect(first).toHaveProperty('code', 'CC_ERR_AUTH_SIGNATURE');
  expect(second).toBe(first);
  advance(5 * SECOND);
  const third = await verifier.verify(token).catch((error: unknown) => error);
  expect(third).toHaveProperty('code', 'CC_ERR_AUTH_SIGNATURE');
  expect(third).not.toBe(first);
});

it('when a key is withdrawn, what it signed is judged again', async () => {
  const leaving = createTenant({ origin: ORIGIN });
  const authority = createAuthorityDouble(leaving);
  const other = verifierFor(leaving, authority);
  const token = leaving.issueToken({ user: 'alice', ttlSeconds: 24 * 3600 });
  await other.verify(token);
  leaving.rotateKeys({ withdrawOld: true });
  advance(60 * SECOND);
  await other.verify(leaving.issueToken({ user: 'bob' }));
  expect(other.cached(token)).toBeUndefined();
  expect(await codeOf(() => other.verify(token))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
});

it('verifications under way are bounded: the next one is told to come again', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  double.answerWith(async (url) => {
    await gate;
    return tenant.document(new URL(url).pathname);
  });
  const [, payload, signature] = alice().split('.');
  const waiting = Array.from({ length: 1_024 }, (_, index) => {
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: `k${index}` })).toString(
      'base64url',
    );
    return refusal(`${header}.${payload}.${signature}`);
  });
  await expect(verifier.verify(alice())).rejects.toMatchObject({ code: 'CC_ERR_AUTH_BUSY', retryable: true });
  release();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['CC_ERR_AUTH_UNKNOWN_KEY']));
  expect(await verifier.verify(alice())).toBeDefined();
});

it('after close nothing is known and nothing is fetched, and closing twice is no error', async () => {
  const token = alice();
  await verifier.verify(token);
  await verifier.close();
  await verifier.close();
  expect(verifier.cached(token)).toBeUndefined();
  expect(await refusal(token)).toBe('CC_ERR_AUTH_UNAVAILABLE');
});

it('L1: no refusal repeats the token or the value of a claim', async () => {
  const secret = 'canary-value-of-a-claim';
  const tokens = [
    alice({ overrides: { aud: secret } }),
    alice({ overrides: { iss: secret } }),
    alice({ overrides: { groups: [secret] } }),
    alice({ overrides: { upn: `${secret}\n` } }),
    alice({ header: { kid: secret } }),
    alice({ header: { alg: secret } }),
    alice({ ttlSeconds: -3600 }),
  ];
  for (const token of tokens) {
    const error = await verifier.verify(token).catch((thrown: unknown) => thrown);
    expect(error).toHaveProperty('reason');
    expect(String(error)).not.toContain(secret);
    expect(String(error)).not.toContain(token.slice(0, 20));
  }
});

it('a token with 200 groups gives 200 group lines, and one with 201 says so', async () => {
  const groups = Array.from(
    { length: 201 },
    (_, index) => `00000000-0000-4000-8000-${`${index}`.padStart(12, '0')}`,
  );
  const [base] = tenant.directory.users;
  if (base === undefined) throw new TypeError('the directory has no user');
  const verified = await verifier.verify(tenant.issueToken({ user: { ...base, groups: groups.slice(1) } }));
  expect(verified.impersonation.filter((name) => name === 'impersonate-group')).toHaveLength(200);
  expect(await refusal(tenant.issueToken({ user: { ...base, groups } }))).toBe('CC_ERR_AUTH_GROUPS_OVERAGE');
});
