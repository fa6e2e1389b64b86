// What an application proves itself with: the assertion's every member as Entra documents it, and files that are refused.
import { createHash, generateKeyPairSync, verify, constants, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialFields } from '../../../auth/graph/client-credential.ts';
import type { CredentialFields } from '../../../auth/graph/client-credential.ts';
import { GRAPH_LIMITS } from '../../../auth/graph/index.ts';
import { createApplicationCertificate } from '../../../demo/entra/index.ts';
import { testIdentity } from '../../support/test-authority.ts';
import { CLIENT } from './graph-double.ts';

const TOKEN_URL = 'https://login.example/t/oauth2/v2.0/token';
const own = createApplicationCertificate('group reader');
const other = createApplicationCertificate('group reader');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'client-credential-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const byCertificate = (text: string): Promise<CredentialFields> =>
  credentialFields({ clientId: CLIENT, certificateFile: write('certificate', text) }, TOKEN_URL);
const bySecret = (text: string): Promise<CredentialFields> =>
  credentialFields({ clientId: CLIENT, clientSecretFile: write('secret', text) }, TOKEN_URL);
const part = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

describe('a certificate', () => {
  it.each([
    ['key first', () => `${own.privateKeyPem}\n${own.certificatePem}`],
    ['certificate first', () => `${own.certificatePem}\n${own.privateKeyPem}`],
    ['behind another one', () => `${other.certificatePem}\n${own.certificatePem}\n${own.privateKeyPem}`],
  ])('signs an assertion as Entra wants it: %s', async (_, pem) => {
    const fields = await byCertificate(pem());
    expect(Object.keys(fields)).toEqual(['client_assertion_type', 'client_assertion']);
    expect(fields['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const token = fields['client_assertion'] ?? '';
    const { raw, publicKey } = new X509Certificate(own.certificatePem);
    expect(part(token, 0)).toEqual({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
    });
    const claims = part(token, 1);
    expect(claims).toMatchObject({ iss: CLIENT, sub: CLIENT, aud: TOKEN_URL });
    const { iat, nbf, exp, jti } = Object(claims);
    expect([nbf, exp - iat]).toEqual([iat, 300]);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    const [head, payload, signature = ''] = token.split('.');
    const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(
      verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true);
  });

  it('signs a new assertion each time', async () => {
    const pem = `${own.certificatePem}\n${own.privateKeyPem}`;
    const [first, second] = [await byCertificate(pem), await byCertificate(pem)];
    expect(first['client_assertion']).not.toBe(second['client_assertion']);
  });

  const encrypted = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' },
  }).privateKey;

  it.each([
    ['of another key', () => `${other.certificatePem}\n${own.privateKeyPem}`],
    ['without a key', () => own.certificatePem],
    ['without a certificate', () => own.privateKeyPem],
    ['whose key is encrypted', () => `${own.certificatePem}\n${encrypted}`],
    ['whose key is no RSA key', () => `${testIdentity().certificatePem}\n${testIdentity().privateKeyPem}`],
    ['that is nonsense', () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['that is empty', () => ''],
  ])('%s is refused with the name of the file', async (_, pem) => {
    await expect(byCertificate(pem())).rejects.toThrow(join(directory, 'certificate'));
  });
});

describe('a secret', () => {
  it('is the one line of its file', async () => {
    expect(await bySecret('a~secret.of-Entra\n')).toEqual({ client_secret: 'a~secret.of-Entra' });
  });

  it.each([
    ['empty', '\n'],
    ['two lines', 'canary\ncanary'],
    ['with a blank', 'canary canary'],
    ['with a NUL', 'canary\0'],
    ['not ASCII', 'canary-ä'],
    ['too long', 'canary'.repeat(GRAPH_LIMITS.MAX_CREDENTIAL_BYTES)],
  ])('that is %s is refused, and not repeated', async (_, text) => {
    const error = await bySecret(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('canary');
  });
});

describe('a federated token', () => {
  it('is sent as it is in its file, whatever that holds now', async () => {
    const settings = { clientId: CLIENT, federatedTokenFile: write('federated', 'a.b.c') };
    expect(await credentialFields(settings, TOKEN_URL)).toMatchObject({ client_assertion: 'a.b.c' });
    write('federated', 'd.e.f\n');
    expect(await credentialFields(settings, TOKEN_URL)).toMatchObject({ client_assertion: 'd.e.f' });
  });
});
