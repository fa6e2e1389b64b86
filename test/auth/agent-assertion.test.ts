import { generateKeyPairSync, sign } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  createAgentAssertion,
  createAssertionVerifier,
  createJoinProof,
  keyThumbprint,
} from '../../auth/index.ts';
import type { AssertionVerifier } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const GATEWAY = 'https://relay.example.test';
const CLUSTER = 'c0ffee00-1111-4222-8333-444455556666';
const OTHER = 'decade00-1111-4222-8333-444455556666';
const TYPE = 'cluster-connect-agent+jwt';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const registered = new Map<string, JsonWebKey[]>([
  [CLUSTER, [ec.publicKey.export({ format: 'jwk' })]],
  [OTHER, [ed.publicKey.export({ format: 'jwk' })]],
]);
const thumbprints = new Map<string, JsonWebKey>();
let verifier: AssertionVerifier;
let lookups: string[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  for (const { publicKey } of [ec, ed]) {
    thumbprints.set(await keyThumbprint(publicKey), publicKey.export({ format: 'jwk' }));
  }
  lookups = [];
  verifier = createAssertionVerifier({
    audience: GATEWAY,
    publicKeyOf: (clusterId, thumbprint) => {
      lookups.push(clusterId);
      const jwk = thumbprints.get(thumbprint);
      return registered.get(clusterId)?.find((known) => known.x === jwk?.x);
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const assertion = (changes: Partial<Parameters<typeof createAgentAssertion>[0]> = {}): Promise<string> =>
  createAgentAssertion({ privateKey: ec.privateKey, clusterId: CLUSTER, audience: GATEWAY, ...changes });
const refusal = (text: string): Promise<string> => codeOf(() => verifier.verify(text));

/** An assertion with anything in it, signed by the registered key of CLUSTER. */
async function forged(
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const iat = NOW / 1000;
  const good = { iss: CLUSTER, sub: CLUSTER, aud: GATEWAY, jti: 'j'.repeat(22), iat, exp: iat + 60 };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: await keyThumbprint(ec.publicKey), typ: TYPE, ...header })
    .sign(ec.privateKey);
}

it.each([
  ['EC P-256', ec, CLUSTER],
  ['Ed25519', ed, OTHER],
])('an assertion by a registered %s key proves its cluster', async (_name, { privateKey }, clusterId) => {
  const text = await assertion({ privateKey, clusterId });
  expect(await verifier.verify(text)).toEqual({ clusterId, thumbprint: await keyThumbprint(privateKey) });
});

it('an assertion is good once', async () => {
  const text = await assertion();
  await verifier.verify(text);
  expect(await refusal(text)).toBe('CC_ERR_AUTH_REPLAYED');
  vi.setSystemTime(NOW + 119_000);
  expect(await refusal(text)).toBe('CC_ERR_AUTH_REPLAYED');
});

it('fifty uses of one assertion at once open one tunnel', async () => {
  const text = await assertion();
  const codes = await Promise.all(Array.from({ length: 50 }, () => refusal(text)));
  expect(codes.filter((code) => code === 'no error')).toHaveLength(1);
  expect(codes.filter((code) => code === 'CC_ERR_AUTH_REPLAYED')).toHaveLength(49);
});

it("I3: cluster A's key cannot speak for cluster B", async () => {
  expect(await refusal(await assertion({ clusterId: OTHER }))).toBe('CC_ERR_AUTH_UNKNOWN_CLUSTER');
  expect(await refusal(await forged({ sub: OTHER, iss: OTHER }))).toBe('CC_ERR_AUTH_UNKNOWN_CLUSTER');
  expect(await refusal(await forged({ sub: OTHER }))).toBe('CC_ERR_AUTH_PROOF');
});

it("I3: cluster A's key under the thumbprint of cluster B's key is refused", async () => {
  const kid = await keyThumbprint(ed.publicKey);
  expect(await refusal(await forged({ sub: OTHER, iss: OTHER }, { kid }))).toBe('CC_ERR_AUTH_PROOF');
});

it('a key that the registry gives under another thumbprint is not used', async () => {
  const careless = createAssertionVerifier({
    audience: GATEWAY,
    publicKeyOf: () => ec.publicKey.export({ format: 'jwk' }),
  });
  const text = await forged({}, { kid: await keyThumbprint(ed.publicKey) });
  expect(await codeOf(() => careless.verify(text))).toBe('CC_ERR_AUTH_PROOF');
});

it('an assertion whose text or signature was changed is refused', async () => {
  const text = await assertion();
  const [header = '', payload = '', signature = ''] = text.split('.');
  const other = Buffer.from(signature, 'base64url');
  other[10] = (other[10] ?? 0) ^ 1;
  expect(await refusal(`${header}.${payload}.${other.toString('base64url')}`)).toBe('CC_ERR_AUTH_PROOF');
  const longer = await forged({ exp: NOW / 1000 + 59 });
  expect(await refusal(`${header}.${longer.split('.')[1]}.${signature}`)).toBe('CC_ERR_AUTH_PROOF');
});

it.each([0, 63, 65, 72])('a signature of %d bytes instead of 64 is refused', async (bytes) => {
  const [header, payload] = (await assertion()).split('.');
  const signature = Buffer.alloc(bytes, 1).toString('base64url');
  const code = bytes === 0 ? 'CC_ERR_AUTH_MALFORMED' : 'CC_ERR_AUTH_PROOF';
  expect(await refusal(`${header}.${payload}.${signature}`)).toBe(code);
});

it('a signature in DER, which RFC 7518 does not have, is refused', async () => {
  const [header, payload] = (await assertion()).split('.');
  const der = sign('sha256', Buffer.from(`${header}.${payload}`), ec.privateKey).toString('base64url');
  expect(await refusal(`${header}.${payload}.${der}`)).toBe('CC_ERR_AUTH_PROOF');
});

it('an unknown cluster is refused', async () => {
  expect(await refusal(await assertion({ clusterId: 'nobody' }))).toBe('CC_ERR_AUTH_UNKNOWN_CLUSTER');
});

it.each([
  ['another audience', { aud: 'https://other.example.test' }],
  ['a list of audiences', { aud: [GATEWAY, 'https://other.example.test'] }],
  ['no audience', { aud: undefined }],
  ['a life of more than a minute', { exp: NOW / 1000 + 61 }],
  ['no life at all', { exp: NOW / 1000 }],
  ['no exp', { exp: undefined }],
  ['no iat', { iat: undefined }],
  ['an iat far ahead', { iat: NOW / 1000 + 61, exp: NOW / 1000 + 100 }],
  ['a beginning far ahead', { nbf: NOW / 1000 + 61 }],
  ['a beginning that is no number', { nbf: 'now' }],
  ['an end long past', { iat: NOW / 1000 - 130, exp: NOW / 1000 - 70 }],
  ['no id', { jti: undefined }],
  ['a short id', { jti: 'x' }],
  ['a long id', { jti: 'x'.repeat(65) }],
  ['no cluster', { sub: undefined, iss: undefined }],
  ['a cluster id that is no name', { sub: '../x', iss: '../x' }],
] as const)('an assertion with %s is refused', async (_name, claims) => {
  const present = await forged(claims);
  expect(await refusal(present)).toBe('CC_ERR_AUTH_PROOF');
});

it.each([
  ['an access token type', { typ: 'JWT' }],
  ['the type of a join proof', { typ: 'cluster-connect-join+jwt' }],
  ['no type', { typ: undefined }],
  ['no key id', { kid: undefined }],
])('an assertion with %s is refused before a key is looked up', async (_name, header) => {
  expect(await refusal(await forged({}, header))).toBe('CC_ERR_AUTH_MALFORMED');
  expect(lookups).toEqual([]);
});

it('a join proof is no assertion', async () => {
  const proof = await createJoinProof({ privateKey: ec.privateKey, joinToken: 'ccjt_x', audience: GATEWAY });
  expect(await refusal(proof)).toBe('CC_ERR_AUTH_MALFORMED');
});

it('J1: an assertion signed with the public key as a secret is refused', async () => {
  const secret = Buffer.from(ec.publicKey.export({ type: 'spki', format: 'pem' }));
  const iat = NOW / 1000;
  const text = await new SignJWT({
    iss: CLUSTER,
    sub: CLUSTER,
    aud: GATEWAY,
    jti: 'j'.repeat(22),
    iat,
    exp: iat + 60,
  })
    .setProtectedHeader({ alg: 'HS256', kid: await keyThumbprint(ec.publicKey), typ: TYPE })
    .sign(secret);
  expect(await refusal(text)).toBe('CC_ERR_AUTH_ALGORITHM');
});

it('a clock that is a minute off is forgiven, and no more', async () => {
  expect(await refusal(await assertion({ nowMs: NOW - 60_000 }))).toBe('no error');
  expect(await refusal(await assertion({ nowMs: NOW + 60_000 }))).toBe('no error');
  expect(await refusal(await assertion({ nowMs: NOW - 121_000 }))).toBe('CC_ERR_AUTH_PROOF');
  expect(await refusal(await assertion({ nowMs: NOW + 61_000 }))).toBe('CC_ERR_AUTH_PROOF');
});

it("I4: one agent's storm of assertions is bounded and hurts nobody else", async () => {
  const codes: string[] = [];
  for (let index = 0; index < 130; index += 1) codes.push(await refusal(await assertion()));
  expect(codes.filter((code) => code === 'CC_ERR_AUTH_BUSY')).toHaveLength(2);
  expect(await refusal(await assertion({ privateKey: ed.privateKey, clusterId: OTHER }))).toBe('no error');
});

it('a text over the size cap is refused', async () => {
  expect(await refusal('a'.repeat(4_097))).toBe('CC_ERR_AUTH_TOO_LARGE');
});
