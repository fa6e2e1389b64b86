import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createTenantKeys } from '../../auth/tenant-keys.ts';
import type { TenantKeys } from '../../auth/tenant-keys.ts';
import { createSigningKey, createTenant } from '../../demo/entra/index.ts';
import type { Tenant } from '../../demo/entra/index.ts';
import { ORIGIN, authorityAt, codeOf, createAuthorityDouble } from './authority-double.ts';
import type { AuthorityDouble } from './authority-double.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let tenant: Tenant;
let double: AuthorityDouble;
let keys: TenantKeys;
let withdrawals: number;

beforeAll(() => {
  tenant = createTenant({ origin: ORIGIN });
});
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 20) });
  double = createAuthorityDouble(tenant);
  withdrawals = 0;
  keys = createTenantKeys({
    authority: authorityAt(ORIGIN),
    tenantId: tenant.tenantId,
    version: '2.0',
    fetchJson: double.keyFetch.fetchJson,
    onKeyWithdrawn: () => {
      withdrawals += 1;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const advance = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
const fetches = (): number => double.requested.filter((path) => path.endsWith('/keys')).length;
const currentKeyId = (): string => {
  const document = JSON.parse(JSON.stringify(tenant.document(`/${tenant.tenantId}/discovery/v2.0/keys`)));
  return String(document.keys.at(-1).kid);
};
const foreignKeys = (): unknown => {
  const other = createTenant({ origin: ORIGIN });
  return other.document(`/${other.tenantId}/discovery/v2.0/keys`);
};
const outage = (): void => double.answerWith(() => Promise.reject(new Error('ECONNREFUSED')));

it("finds a key with its tenant's issuer, by two documents of the token's version", async () => {
  expect(await keys.find(currentKeyId())).toMatchObject({ issuer: tenant.issuer(2) });
  expect(double.requested).toEqual([
    `/${tenant.tenantId}/v2.0/.well-known/openid-configuration`,
    `/${tenant.tenantId}/discovery/v2.0/keys`,
  ]);
});

it('fetches once for all who ask at once', async () => {
  const keyId = currentKeyId();
  await Promise.all(Array.from({ length: 50 }, () => keys.find(keyId)));
  expect(fetches()).toBe(1);
});

it('J12: 10000 random key ids cause one fetch in 30 seconds', async () => {
  await keys.find(currentKeyId());
  advance(29_999);
  for (let index = 0; index < 5_000; index += 1) {
    expect(await codeOf(() => keys.find(`random-${index}`))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
  }
  expect(fetches()).toBe(1);
  advance(1);
  const codes = await Promise.all(
    Array.from({ length: 5_000 }, (_, index) => codeOf(() => keys.find(`r-${index}`))),
  );
  expect(new Set(codes)).toEqual(new Set(['CC_ERR_AUTH_UNKNOWN_KEY']));
  expect(fetches()).toBe(2);
});

it('J12: a new key is found after a rotation, and the old one still', async () => {
  const oldKeyId = currentKeyId();
  await keys.find(oldKeyId);
  tenant.rotateKeys();
  advance(30_000);
  expect(await keys.find(currentKeyId())).toHaveProperty('key');
  expect(await keys.find(oldKeyId)).toHaveProperty('key');
  expect(withdrawals).toBe(0);
});

it('a withdrawn key is gone with the next fetch, and its loss is announced', async () => {
  const oldKeyId = currentKeyId();
  await keys.find(oldKeyId);
  tenant.rotateKeys({ withdrawOld: true });
  advance(30_000);
  await keys.find(currentKeyId());
  expect(await codeOf(() => keys.find(oldKeyId))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
  expect(withdrawals).toBe(1);
});

it('refreshes ahead in the background after an hour: nobody waits for it', async () => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  advance(HOUR);
  let release = (): void => undefined;
  double.answerWith(
    () =>
      new Promise((_, reject) => {
        release = () => reject(new Error('too late'));
      }),
  );
  expect(await keys.find(keyId)).toHaveProperty('key');
  expect(double.requested).toHaveLength(3);
  release();
});

it('waits for fresh keys after two hours, so that a withdrawn key is not used once more', async () => {
  const oldKeyId = currentKeyId();
  await keys.find(oldKeyId);
  tenant.rotateKeys({ withdrawOld: true });
  advance(2 * HOUR);
  expect(await codeOf(() => keys.find(oldKeyId))).toBe('CC_ERR_AUTH_UNKNOWN_KEY');
});

it('J12: known keys go on for a day while the authority is down, and no longer', async () => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  outage();
  advance(24 * HOUR - 1);
  expect(await keys.find(keyId)).toHaveProperty('key');
  advance(MINUTE);
  expect(await codeOf(() => keys.find(keyId))).toBe('CC_ERR_AUTH_UNAVAILABLE');
  double.answerWith(undefined);
  advance(MINUTE);
  expect(await keys.find(keyId)).toHaveProperty('key');
});

it('J12: during an outage the authority is asked once in 30 seconds, and the rest do not wait', async () => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  outage();
  advance(3 * HOUR);
  for (let index = 0; index < 100; index += 1) await keys.find(keyId);
  expect(double.requested).toHaveLength(3);
  advance(30_000);
  await keys.find(keyId);
  expect(double.requested).toHaveLength(4);
});

it('an unknown key during an outage is not called a bad token: it may be a new one', async () => {
  await keys.find(currentKeyId());
  outage();
  advance(MINUTE);
  expect(await codeOf(() => keys.find('unknown'))).toBe('CC_ERR_AUTH_UNAVAILABLE');
  expect(await codeOf(() => keys.find('unknown'))).toBe('CC_ERR_AUTH_UNAVAILABLE');
  expect(double.requested).toHaveLength(3);
});

it('an authority that was never reached is asked once in 5 seconds', async () => {
  outage();
  const keyId = currentKeyId();
  for (let index = 0; index < 100; index += 1) {
    expect(await codeOf(() => keys.find(keyId))).toBe('CC_ERR_AUTH_UNAVAILABLE');
  }
  expect(double.requested).toHaveLength(1);
  double.answerWith(undefined);
  advance(5_000);
  expect(await keys.find(keyId)).toHaveProperty('key');
});

it('those who come while the first fetch fails get its answer, not one of their own', async () => {
  outage();
  const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(() => keys.find('any'))));
  expect(new Set(codes)).toEqual(new Set(['CC_ERR_AUTH_UNAVAILABLE']));
  expect(double.requested).toHaveLength(1);
});

it.each([
  ['an empty key set', () => ({ keys: [] })],
  ['a key set of another tenant', () => foreignKeys()],
  ['no key set', () => 'text'],
])('J12: %s does not push known keys out', async (_name, answer) => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  advance(3 * HOUR);
  double.answerWith(async (url) =>
    url.endsWith('/keys') ? answer() : tenant.document(new URL(url).pathname),
  );
  expect(await keys.find(keyId)).toHaveProperty('key');
});

it('a clock that was set back does not stop the fetches', async () => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  const rotated = tenant.rotateKeys();
  advance(-24 * HOUR);
  expect(await keys.find(rotated.keyId)).toHaveProperty('key');
});

it('a key whose material changed under its id counts as withdrawn', async () => {
  const keyId = currentKeyId();
  await keys.find(keyId);
  const { n } = createSigningKey().publicKey.export({ format: 'jwk' });
  double.answerWith(async (url) => {
    const document = JSON.parse(JSON.stringify(tenant.document(new URL(url).pathname)));
    if (url.endsWith('/keys')) document.keys[0].n = n;
    return document;
  });
  advance(2 * HOUR);
  await keys.find(keyId);
  expect(withdrawals).toBe(1);
});
