import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createAgentAssertion, createJoinProof, keyThumbprint, verifyJoinProof } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const GATEWAY = 'https://relay.example.test';
const JOIN_TOKEN = `ccjt_${'t'.repeat(43)}`;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const jwk = publicKey.export({ format: 'jwk' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const proofOf = (changes: Partial<Parameters<typeof createJoinProof>[0]> = {}): Promise<string> =>
  createJoinProof({ privateKey, joinToken: JOIN_TOKEN, audience: GATEWAY, ...changes });
const check = (
  proof: string,
  changes: Partial<Parameters<typeof verifyJoinProof>[0]> = {},
): Promise<string> =>
  codeOf(() =>
    verifyJoinProof({ proof, publicKey: jwk, joinToken: JOIN_TOKEN, audience: GATEWAY, ...changes }),
  );

it('a proof shows the key that is to be registered', async () => {
  const proof = await proofOf();
  expect(proof).not.toContain(JOIN_TOKEN);
  const key = await verifyJoinProof({ proof, publicKey: jwk, joinToken: JOIN_TOKEN, audience: GATEWAY });
  expect(key).toMatchObject({ algorithm: 'EdDSA', jwk, thumbprint: await keyThumbprint(publicKey) });
});

it('I2: a proof fits its own join token, audience and key only', async () => {
  const proof = await proofOf();
  expect(await check(proof)).toBe('no error');
  expect(await check(proof, { joinToken: `ccjt_${'u'.repeat(43)}` })).toBe('CC_ERR_AUTH_PROOF');
  expect(await check(proof, { joinToken: '' })).toBe('CC_ERR_AUTH_PROOF');
  expect(await check(proof, { audience: 'https://other.example.test' })).toBe('CC_ERR_AUTH_PROOF');
  expect(await check(proof, { publicKey: other.publicKey.export({ format: 'jwk' }) })).toBe(
    'CC_ERR_AUTH_PROOF',
  );
  expect(await check(await proofOf({ privateKey: other.privateKey }))).toBe('CC_ERR_AUTH_PROOF');
});

it("I7: somebody else's public key cannot be registered with one's own signature", async () => {
  const own = await proofOf({ privateKey: other.privateKey });
  expect(await check(own, { publicKey: jwk })).toBe('CC_ERR_AUTH_PROOF');
});

it('I2: a proof is good for a minute, and a minute of wrong clocks', async () => {
  const proof = await proofOf();
  vi.setSystemTime(NOW + 119_000);
  expect(await check(proof)).toBe('no error');
  vi.setSystemTime(NOW + 121_000);
  expect(await check(proof)).toBe('CC_ERR_AUTH_PROOF');
});

it('I2: a proof that names its token by anything but a text is refused', async () => {
  const iat = NOW / 1000;
  const kid = await keyThumbprint(publicKey);
  for (const jti of [7, ['x'], undefined]) {
    const proof = await new SignJWT({
      aud: GATEWAY,
      iat,
      exp: iat + 60,
      ...Object.fromEntries([['jti', jti]]),
    })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'cluster-connect-join+jwt' })
      .sign(privateKey);
    expect(await check(proof)).toBe('CC_ERR_AUTH_PROOF');
  }
});

it('an assertion is no join proof, and neither is any other text', async () => {
  const assertion = await createAgentAssertion({ privateKey, clusterId: 'c', audience: GATEWAY });
  expect(await check(assertion)).toBe('CC_ERR_AUTH_MALFORMED');
  expect(await check('')).toBe('CC_ERR_AUTH_MALFORMED');
  expect(await check('x'.repeat(5_000))).toBe('CC_ERR_AUTH_TOO_LARGE');
});
