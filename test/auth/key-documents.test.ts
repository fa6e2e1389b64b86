import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { readKeySet, readMetadata } from '../../auth/key-documents.ts';
import { authorityAt } from './authority-double.ts';

const TENANT = '7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6';
const OTHER = '0b9d2c4e-6f81-4a3b-9c5d-7e8f90a1b2c3';
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const PUBLIC = authorityAt('https://login.microsoftonline.com');
const CUSTOM = authorityAt('https://login.example.test:8443');
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;

let rsa: Record<string, unknown>;
beforeAll(() => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  rsa = { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid: 'key-1', issuer: ISSUER };
});

const keyIds = (keys: readonly unknown[], authority = PUBLIC): string[] => [
  ...readKeySet({ keys }, authority, TENANT).keys(),
];

it('reads metadata of the tenant', () => {
  const document = { issuer: ISSUER, jwks_uri: 'https://login.microsoftonline.com/x/keys', other: 1 };
  expect(readMetadata(document, PUBLIC, TENANT, '2.0')).toEqual({
    issuer: ISSUER,
    keysUrl: document.jwks_uri,
  });
});

it.each([
  ['plain http', 'http://login.microsoftonline.com/keys'],
  ['another host', 'https://attacker.example/keys'],
  ['another port', 'https://login.microsoftonline.com:444/keys'],
  ['credentials', 'https://user@login.microsoftonline.com/keys'],
  ['another cloud', 'https://login.partner.microsoftonline.cn/keys'],
  ['no URL', 'keys'],
  ['a list', ['https://login.microsoftonline.com/keys']],
])('J12: keys from %s are not fetched', (_name, jwksUri) => {
  expect(() => readMetadata({ issuer: ISSUER, jwks_uri: jwksUri }, PUBLIC, TENANT, '2.0')).toThrow(
    /elsewhere/,
  );
});

it('an unknown authority may name keys on its own host and port only', () => {
  const issuer = `https://login.example.test:8443/${TENANT}/v2.0`;
  const read = (host: string): unknown =>
    readMetadata({ issuer, jwks_uri: `https://${host}/keys` }, CUSTOM, TENANT, '2.0');
  expect(read('login.example.test:8443')).toHaveProperty('issuer', issuer);
  expect(() => read('login.example.test')).toThrow(/elsewhere/);
  expect(() => read('login.microsoftonline.com')).toThrow(/elsewhere/);
});

it.each([
  ['another tenant', `https://login.microsoftonline.com/${OTHER}/v2.0`],
  ['the template of a multi-tenant endpoint', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
  ['the v1 issuer in a v2 document', `https://sts.windows.net/${TENANT}/`],
  ['nothing', undefined],
  ['a list', [ISSUER]],
])('J10: metadata with the issuer of %s is refused', (_name, issuer) => {
  const document = { issuer, jwks_uri: 'https://login.microsoftonline.com/keys' };
  expect(() => readMetadata(document, PUBLIC, TENANT, '2.0')).toThrow(/issuer/);
});

it.each([[null], [[]], ['text'], [undefined]])('metadata that is %j is refused', (document) => {
  expect(() => readMetadata(document, PUBLIC, TENANT, '2.0')).toThrow(/issuer/);
});

it.each([
  ['its own v2 issuer', ISSUER],
  ['its own v1 issuer', `https://sts.windows.net/${TENANT}/`],
  ['the template of a shared key', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
  ['no issuer', undefined],
])("J10: a key with %s is the tenant's", (_name, issuer) => {
  const { issuer: _, ...bare } = rsa;
  expect(keyIds([issuer === undefined ? bare : { ...bare, issuer }])).toEqual(['key-1']);
});

it.each([
  ['another tenant', `https://login.microsoftonline.com/${OTHER}/v2.0`],
  ['the consumers, as in Storm-0558', `https://login.microsoftonline.com/${CONSUMERS}/v2.0`],
  ['another origin', `https://attacker.example/${TENANT}/v2.0`],
  ['no text', 7],
])('J10: a key of %s is left out', (_name, issuer) => {
  const foreign = { ...rsa, kid: 'foreign', issuer };
  expect(keyIds([foreign, rsa])).toEqual(['key-1']);
  expect(() => keyIds([foreign])).toThrow(/no usable key/);
});

it('leaves out keys that cannot verify RS256', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const unusable: readonly unknown[] = [
    null,
    'key',
    { ...ec, kid: 'ec' },
    { ...small, kid: 'small' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'symmetric' },
    { ...rsa, kid: 'for encryption', use: 'enc' },
    { ...rsa, kid: 'other algorithm', alg: 'PS256' },
    { ...rsa, kid: 'exponent one', e: 'AQ' },
    { ...rsa, kid: 'no modulus', n: undefined },
    { ...rsa, kid: 'empty modulus', n: '' },
    { ...rsa, kid: 'no base64url', n: '!' },
    { ...rsa, kid: 'far too large', n: 'x'.repeat(500_000) },
    { ...rsa, kid: 7 },
    { ...rsa, kid: 'k'.repeat(129) },
  ];
  expect(keyIds([...unusable, { ...rsa, alg: 'RS256' }])).toEqual(['key-1']);
  expect(() => keyIds(unusable)).toThrow(/no usable key/);
});

it('takes the first of two keys with one id', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const keys = readKeySet({ keys: [rsa, { ...other, kid: 'key-1' }] }, PUBLIC, TENANT);
  expect(keys.get('key-1')?.export({ format: 'jwk' })).toHaveProperty('n', rsa['n']);
});

it.each([[null], [{}], [{ keys: {} }], [[]]])('J12: %j is not a key set', (document) => {
  expect(() => readKeySet(document, PUBLIC, TENANT)).toThrow(/not a key set/);
});

it('J12: an empty set and a flood of keys are refused', () => {
  expect(() => keyIds([])).toThrow(/no usable key/);
  expect(() => keyIds(Array.from({ length: 101 }, () => rsa))).toThrow(/more than 100/);
});
