import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createEntraVerifier,
  createPassThroughJudge,
  createVouchingJudge,
  readServiceAccountKeys,
} from '../../../auth/index.ts';
import type { TrustedServiceAccounts, VerifiedToken } from '../../../auth/index.ts';
import { createTenant } from '../../../demo/entra/index.ts';
import { clusterKey, ISSUER, serviceAccountToken as tokenOf } from '../../support/service-account-token.ts';
import type { ClusterKey } from '../../support/service-account-token.ts';
import { codeOf, createAuthorityDouble, ORIGIN, settingsFor } from '../authority-double.ts';

const LEGACY = 'kubernetes/serviceaccount';

let edge: ClusterKey;
let factory: ClusterKey;
beforeAll(() => {
  edge = clusterKey('edge');
  factory = clusterKey('factory', 'ES256');
});

describe('a judge that vouches', () => {
  const vouched: (readonly TrustedServiceAccounts[])[] = [];
  const judgeWith = (...trusted: readonly TrustedServiceAccounts[]) =>
    createVouchingJudge(trusted, 0, (_identity, by) => vouched.push(by));
  const rule = (key: ClusterKey, accounts = ['ci:deployer'], issuers = [ISSUER]): TrustedServiceAccounts => ({
    issuers,
    keys: key.keys,
    accounts,
  });

  it.each([['RS256'], ['ES256']])('takes a token that a known key signed with %s', async (algorithm) => {
    const key = algorithm === 'RS256' ? edge : factory;
    const verified = await judgeWith(rule(key)).judge(tokenOf(key));
    expect(verified).toMatchObject<Partial<VerifiedToken>>({
      kind: 'service-account',
      tenantId: `${ISSUER}#${key.kid}`,
      objectId: 'ci:deployer',
      tokenId: 'b7f6c2d0-6c1f-4f0e-9f3b-0d9f0a9b7c11',
      impersonation: [],
    });
  });

  it('knows clusters with one issuer apart by their keys, and accounts by their names', async () => {
    const [ofEdge, ofFactory, others] = [rule(edge), rule(factory), rule(factory, ['ci:reader'])];
    vouched.length = 0;
    const judge = judgeWith(ofEdge, ofFactory, others);
    await judge.judge(tokenOf(edge));
    await judge.judge(tokenOf(factory));
    await judge.judge(tokenOf(factory, { sub: 'system:serviceaccount:ci:nobody' }));
    expect(vouched).toEqual([[ofEdge], [ofFactory], []]);
  });

  it('takes a token without an end from the issuer of Secrets only', async () => {
    const judge = judgeWith(rule(edge, ['ci:deployer'], [LEGACY]), rule(edge));
    const endless = { exp: undefined, iat: undefined, nbf: undefined, jti: undefined };
    expect(await judge.judge(tokenOf(edge, { ...endless, iss: LEGACY }))).toHaveProperty(
      'expiresAtMs',
      Infinity,
    );
    expect(await codeOf(() => judge.judge(tokenOf(edge, endless)))).toBe('CC_ERR_AUTH_CLAIMS');
  });

  it.each([
    ['signed by a key of another cluster', () => tokenOf(factory), 'CC_ERR_AUTH_SIGNATURE'],
    [
      'under a known key id by another key',
      () => tokenOf({ ...factory, kid: 'edge' }),
      'CC_ERR_AUTH_SIGNATURE',
    ],
    [
      'of an issuer to which the key does not belong',
      () => tokenOf(edge, { iss: LEGACY }),
      'CC_ERR_AUTH_SIGNATURE',
    ],
    ['that has expired', () => tokenOf(edge, { exp: 1 }), 'CC_ERR_AUTH_EXPIRED'],
    [
      'of tomorrow',
      () => tokenOf(edge, { nbf: Math.floor(Date.now() / 1000) + 90_000 }),
      'CC_ERR_AUTH_NOT_YET_VALID',
    ],
    ['of a user', () => tokenOf(edge, { sub: 'system:admin' }), 'CC_ERR_AUTH_CLAIMS'],
    [
      'of an account with three names',
      () => tokenOf(edge, { sub: 'system:serviceaccount:a:b:c' }),
      'CC_ERR_AUTH_CLAIMS',
    ],
    ['without a key id', () => tokenOf(edge, {}, { kid: undefined }), 'CC_ERR_AUTH_MALFORMED'],
    ['of no algorithm', () => tokenOf(edge, {}, { alg: 'none' }), 'CC_ERR_AUTH_ALGORITHM'],
    [
      'that says it is signed in another way',
      () => tokenOf(edge, {}, { alg: 'ES256' }),
      'CC_ERR_AUTH_SIGNATURE',
    ],
    ['of an agent', () => tokenOf(edge, {}, { typ: 'cluster-connect-agent+jwt' }), 'CC_ERR_AUTH_MALFORMED'],
    ['that brings its key', () => tokenOf(edge, {}, { jwk: {} }), 'CC_ERR_AUTH_MALFORMED'],
    ['that is too large', () => tokenOf(edge, { pad: 'x'.repeat(8192) }), 'CC_ERR_AUTH_TOO_LARGE'],
  ])('refuses a token %s', async (_what, make, code) => {
    expect(await codeOf(() => judgeWith(rule(edge)).judge(make()))).toBe(code);
  });
});

describe('a judge that passes on', () => {
  it('believes no signature, and takes the end of the token for the end of its streams', async () => {
    const judge = createPassThroughJudge([ISSUER], 0);
    const { expiresAtMs } = await judge.judge(tokenOf(edge));
    expect(expiresAtMs).toBeGreaterThan(Date.now());
    expect(await codeOf(() => judge.judge(tokenOf(edge, { exp: 1 })))).toBe('CC_ERR_AUTH_EXPIRED');
    expect(await codeOf(() => judge.judge(tokenOf(edge, { iss: 'another' })))).toBe('CC_ERR_AUTH_ISSUER');
  });

  it('H7: the issuer alone says whose token it is: none that one side refuses is tried on the other', async () => {
    const tenant = createTenant({ origin: ORIGIN });
    const { keyFetch, requested } = createAuthorityDouble(tenant);
    const serviceAccounts = createPassThroughJudge([ISSUER], 0);
    const verifier = createEntraVerifier(settingsFor(tenant), { keyFetch, serviceAccounts });
    expect((await verifier.verify(tenant.issueToken({ user: 'alice' }))).kind).toBe('user');
    expect((await verifier.verify(tokenOf(edge))).kind).toBe('service-account');
    requested.length = 0;
    expect(await codeOf(() => verifier.verify(tokenOf(edge, { exp: 1 })))).toBe('CC_ERR_AUTH_EXPIRED');
    expect(requested).toEqual([]);
    const claiming = tenant.issueToken({ user: 'alice', overrides: { iss: ISSUER } });
    expect(await codeOf(() => verifier.verify(claiming))).toMatch(/CC_ERR_AUTH_(CLAIMS|MALFORMED)/);
    const [header = '', payload = ''] = tokenOf(edge).split('.');
    const twice = Buffer.from(payload, 'base64url').toString().replace('{', `{"iss":"${ORIGIN}",`);
    const two = [header, Buffer.from(twice).toString('base64url'), 'c2ln'].join('.');
    expect(await codeOf(() => verifier.verify(two))).toBe('CC_ERR_AUTH_MALFORMED');
    await verifier.close();
  });

  it('without an issuer in the settings such a token is like any other that nobody knows', async () => {
    const tenant = createTenant({ origin: ORIGIN });
    const { keyFetch } = createAuthorityDouble(tenant);
    const verifier = createEntraVerifier(settingsFor(tenant), {
      keyFetch,
      serviceAccounts: createPassThroughJudge([], 0),
    });
    expect(await codeOf(() => verifier.verify(tokenOf(edge)))).toMatch(/CC_ERR_AUTH_(CLAIMS|MALFORMED)/);
    await verifier.close();
  });
});

describe('a key set from a setting', () => {
  const rsa = (): Record<string, unknown> => ({
    ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
  });

  it.each([
    ['no JSON', 'keys'],
    ['no list', '{"keys":{}}'],
    ['nothing', '{"keys":[]}'],
    ['a key without an id', JSON.stringify({ keys: [rsa()] })],
    [
      'two keys with one id',
      JSON.stringify({
        keys: [
          { ...rsa(), kid: 'a' },
          { ...rsa(), kid: 'a' },
        ],
      }),
    ],
    ['a private key', JSON.stringify({ keys: [{ ...rsa(), kid: 'a', d: 'x' }] })],
    ['a symmetric key', JSON.stringify({ keys: [{ kty: 'oct', k: 'AA', kid: 'a' }] })],
    ['more keys than a cluster has', JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) })],
    ['a point that is not on its curve', '{"keys":[{"kid":"a","kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}'],
  ])('with %s is not taken', (_what, text) => {
    expect(readServiceAccountKeys(text)).toBeTypeOf('string');
  });
});
