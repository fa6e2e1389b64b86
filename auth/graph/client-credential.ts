// How the application proves who it is, as form fields of a token request: a secret, an assertion that its certificate
// signs, or a token of the workload that it trusts. Read from the file each time; nothing of it is kept.
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { SignJWT } from 'jose';
import type { GraphSettings } from './graph-settings.ts';
import { GRAPH_LIMITS } from './limits.ts';

/** RFC 7521 §4.2, RFC 7523 §2.2. */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Printable ASCII: what a secret or a token in a file is made of. */
const ONE_LINE = /^[\x21-\x7e]+$/;
const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

export type CredentialFields = Readonly<Record<string, string>>;

/** @throws Error that names the file and not what is in it */
export async function credentialFields(settings: GraphSettings, tokenUrl: string): Promise<CredentialFields> {
  const { clientId, clientSecretFile, certificateFile, federatedTokenFile } = settings;
  if (clientSecretFile !== undefined) return { client_secret: await readLine(clientSecretFile) };
  if (federatedTokenFile !== undefined) return asAssertion(await readLine(federatedTokenFile));
  if (certificateFile === undefined) throw new TypeError('the settings name no credential');
  const { key, thumbprint } = parseCertificate(await readText(certificateFile), certificateFile);
  // Microsoft: "Microsoft identity platform application authentication certificate credentials".
  const assertion = new SignJWT()
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenUrl)
    .setJti(randomUUID())
    .setNotBefore('0s')
    .setIssuedAt()
    .setExpirationTime(`${GRAPH_LIMITS.ASSERTION_SECONDS}s`);
  return asAssertion(await assertion.sign(key));
}

function asAssertion(token: string): CredentialFields {
  return { client_assertion_type: JWT_BEARER, client_assertion: token };
}

/** The RSA key, and the thumbprint of whichever certificate is its: a chain may follow. */
function parseCertificate(pem: string, file: string): { key: KeyObject; thumbprint: string } {
  const blocks = [...pem.matchAll(PEM_BLOCK)].map(([text, kind = '']) => ({ text, kind }));
  const keyBlock = blocks.find(({ kind }) => kind.endsWith('PRIVATE KEY'));
  if (keyBlock === undefined) throw new Error(`${file} holds no private key in PEM form`);
  try {
    const key = createPrivateKey(keyBlock.text);
    const certificates = blocks.filter(({ kind }) => kind === 'CERTIFICATE');
    const certificate = certificates
      .map(({ text }) => new X509Certificate(text))
      .find((candidate) => candidate.checkPrivateKey(key));
    if (key.asymmetricKeyType === 'rsa' && certificate !== undefined) {
      return { key, thumbprint: createHash('sha256').update(certificate.raw).digest('base64url') };
    }
  } catch (cause) {
    throw new Error(`${file} cannot be read as a key with its certificate`, { cause });
  }
  throw new Error(`${file} must hold an RSA key that is not encrypted, and the certificate of that key`);
}

async function readLine(file: string): Promise<string> {
  const text = (await readText(file)).trim();
  if (!ONE_LINE.test(text)) throw new Error(`${file} must hold one line of printable ASCII without blanks`);
  return text;
}

async function readText(file: string): Promise<string> {
  const limit = GRAPH_LIMITS.MAX_CREDENTIAL_BYTES;
  let bytesRead: number;
  const buffer = Buffer.alloc(limit + 1);
  try {
    const handle = await open(file);
    try {
      ({ bytesRead } = await handle.read(buffer, 0, limit + 1, 0));
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new Error(`${file} cannot be read`, { cause });
  }
  if (bytesRead > limit) throw new Error(`${file} is larger than ${limit} bytes`);
  return buffer.toString('utf8', 0, bytesRead);
}
