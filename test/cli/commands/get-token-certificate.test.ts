// get-token --login spn with a certificate, in each form in which people have one.
import { X509Certificate, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_DIRECTORY,
  createApplicationCertificate,
  startEntraStandIn,
} from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { runCommand } from '../run-command.ts';
import { claimsIn, signInWorld } from './sign-in-world.ts';

const OURS = createApplicationCertificate('deployment with a certificate');
const OTHER = createApplicationCertificate('somebody else');
const PASSWORD = 'canary-password';
const APP = {
  displayName: 'deployment with a certificate',
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b41',
  objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a41',
  certificates: [OURS.certificatePem],
  groups: [],
  roles: ['Cluster.Connect'],
};

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ directory: { apps: [...DEFAULT_DIRECTORY.apps, APP] } });
});
afterAll(async () => {
  await entra.close();
});

const encryptedKey = (): string =>
  createPrivateKey(OURS.privateKeyPem)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD })
    .toString();
const pkcs1Key = (): string =>
  createPrivateKey(OURS.privateKeyPem).export({ type: 'pkcs1', format: 'pem' }).toString();

function pfx(algorithm: 'aes256' | '3des', password: string): Buffer {
  const asn1 = forge.pkcs12.toPkcs12Asn1(
    forge.pki.privateKeyFromPem(OURS.privateKeyPem),
    [forge.pki.certificateFromPem(OURS.certificatePem)],
    password,
    { algorithm },
  );
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
}

async function signIn(
  content: string | Buffer,
  variables: Record<string, string> = {},
  flags: string[] = [],
) {
  const { cwd, env, common } = signInWorld(entra);
  writeFileSync(join(cwd, 'certificate'), content);
  const args = [
    ...common,
    '--login',
    'spn',
    '--tenant',
    entra.tenantId,
    '--client-id',
    APP.clientId,
    ...flags,
  ];
  return runCommand(args, { cwd, env: { ...env, ...variables } });
}

describe('get-token --login spn with a certificate', () => {
  it.each([
    { what: 'PEM', content: () => `${OURS.certificatePem}${OURS.privateKeyPem}`, password: undefined },
    {
      what: 'PEM with the key first, others beside, and notes between',
      content: () =>
        `Bag Attributes\n${pkcs1Key()}\n${OTHER.certificatePem}subject=...\n${OURS.certificatePem}`,
      password: undefined,
    },
    {
      what: 'PEM with an encrypted key',
      content: () => OURS.certificatePem + encryptedKey(),
      password: PASSWORD,
    },
    { what: 'PFX as Windows writes it', content: () => pfx('3des', PASSWORD), password: PASSWORD },
    { what: 'PFX without a password', content: () => pfx('aes256', ''), password: undefined },
  ])('signs in with $what', async ({ content, password }) => {
    const result = await signIn(content(), {
      AZURE_CLIENT_CERTIFICATE_PATH: 'certificate',
      ...(password === undefined ? {} : { AZURE_CLIENT_CERTIFICATE_PASSWORD: password }),
    });
    expect([result.code, result.stderr]).toEqual([0, '']);
    expect(claimsIn(result)).toMatchObject({ azp: APP.clientId, azpacr: '2' });
  });

  it('takes it from a flag, and from the other names; before a secret', async () => {
    const pem = `${OURS.certificatePem}${OURS.privateKeyPem}`;
    const byFlag = await signIn(pem, { AZURE_CLIENT_SECRET: 'canary' }, [
      '--client-certificate',
      'certificate',
    ]);
    expect(byFlag).toMatchObject({ code: 0, stderr: '' });
    const byName = await signIn(pfx('aes256', PASSWORD), {
      AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE: 'certificate',
      AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD: PASSWORD,
    });
    expect(byName).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    { what: 'the certificate alone', content: () => OURS.certificatePem, says: /holds 0 private keys/ },
    {
      what: 'two keys',
      content: () => `${OURS.privateKeyPem}${OTHER.privateKeyPem}`,
      says: /holds 2 private keys/,
    },
    {
      what: 'the key alone',
      content: () => OURS.privateKeyPem,
      says: /holds no certificate for its private key/,
    },
    {
      what: "another's certificate",
      content: () => OTHER.certificatePem + OURS.privateKeyPem,
      says: /holds no certificate for its private key/,
    },
    {
      what: 'an encrypted key without its password',
      content: () => OURS.certificatePem + encryptedKey(),
      says: /its password is another/,
    },
    {
      what: 'a PFX without its password',
      content: () => pfx('3des', PASSWORD),
      says: /its password is another/,
    },
    {
      what: 'a key that is none',
      content: () => `-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
      says: /cannot be read/,
    },
    {
      what: 'anything',
      content: () => Buffer.from([0x30, 0x82, 0xff, 0xff, 1]),
      says: /is neither PEM nor a PFX/,
    },
    { what: 'nothing', content: () => '', says: /is neither PEM nor a PFX/ },
    { what: 'too much', content: () => 'x'.repeat(65_537), says: /is too large/ },
    {
      what: 'a key that is too short',
      content: () => OURS.certificatePem + rsaKey(1024),
      says: /holds no RSA key of 2048 bits or more/,
    },
    { what: 'a key of another kind', content: () => OURS.certificatePem + ecKey(), says: /holds no RSA key/ },
  ])('says what is wrong with $what', async ({ content, says }) => {
    const result = await signIn(content(), { AZURE_CLIENT_CERTIFICATE_PATH: 'certificate' });
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^cluster-connect: the client certificate certificate [^\n]*\n$/);
    expect(result.stderr).not.toContain('canary');
  });

  it('says what to do when the certificate is not (or no longer) the application’s', async () => {
    const result = await signIn(OTHER.certificatePem + OTHER.privateKeyPem, {
      AZURE_CLIENT_CERTIFICATE_PATH: 'certificate',
    });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(/AADSTS700027\)\. Check the client certificate/);
    expect(result.stderr).not.toContain(new X509Certificate(OTHER.certificatePem).fingerprint);
  });
});

function rsaKey(modulusLength: number): string {
  return generateKeyPairSync('rsa', { modulusLength })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
