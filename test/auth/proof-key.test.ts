import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyThumbprint, readPublicKey } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const ecJwk = ec.publicKey.export({ format: 'jwk' });

it.each([
  ['EC P-256', ec, 'ES256'],
  ['Ed25519', ed, 'EdDSA'],
] as const)('reads an %s key and names it by its thumbprint', async (_name, pair, algorithm) => {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), use: 'sig', note: 'extra' };
  const key = await readPublicKey(jwk);
  expect(key.algorithm).toBe(algorithm);
  expect(key.key.equals(pair.publicKey)).toBe(true);
  expect(key.thumbprint).toMatch(/^[\w-]{43}$/);
  expect(key.jwk).toEqual(pair.publicKey.export({ format: 'jwk' }));
  expect(await keyThumbprint(pair.privateKey)).toBe(key.thumbprint);
  expect(await keyThumbprint(pair.publicKey)).toBe(key.thumbprint);
});

it('the thumbprint is the one of RFC 8037 appendix A.3', async () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  expect((await readPublicKey(jwk)).thumbprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

it.each([
  ['a private key', ec.privateKey.export({ format: 'jwk' })],
  ['a private Ed25519 key', ed.privateKey.export({ format: 'jwk' })],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })],
  ['X25519', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
  ['a point off the curve', { ...ecJwk, x: ecJwk.y }],
  ['half a point', { ...ecJwk, y: undefined }],
  ['a short Ed25519 key', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }],
  ['a number for x', { ...ecJwk, x: 7 }],
  ['nothing', undefined],
  ['a text', 'key'],
  ['a list', [ecJwk]],
])('I7: %s is refused', async (_name, jwk) => {
  expect(await codeOf(() => readPublicKey(jwk))).toBe('CC_ERR_AUTH_PROOF');
});

it('an own key of another kind is a mistake of ours, not a bad proof', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  await expect(keyThumbprint(privateKey)).rejects.toBeInstanceOf(TypeError);
  await expect(
    keyThumbprint(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))),
  ).rejects.toBeInstanceOf(TypeError);
});
