// A self-signed certificate over an RSA key: what somebody uploads to an application's registration, and what Entra
// publishes with its own keys. node:crypto makes the keys and signs, node-forge only writes the certificate.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import forge from 'node-forge';

export interface ApplicationCertificate {
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** Upper case hex, as Entra's portal shows them. */
  readonly sha1Thumbprint: string;
  readonly sha256Thumbprint: string;
}

const VALID_DAYS = 365;
const DAY_MS = 86_400_000;

/** A fresh key: about 100 ms. Negative `validDays` make one that has expired. */
export function createApplicationCertificate(
  commonName: string,
  { validDays = VALID_DAYS } = {},
): ApplicationCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = selfSigned(commonName, publicKey, privateKey, validDays);
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    sha1Thumbprint: thumbprint('sha1', der).toString('hex').toUpperCase(),
    sha256Thumbprint: thumbprint('sha256', der).toString('hex').toUpperCase(),
  };
}

/** In DER. */
export function selfSigned(
  commonName: string,
  publicKey: KeyObject,
  privateKey: KeyObject,
  validDays = VALID_DAYS,
): Buffer {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  // RFC 5280 §4.1.2.2: positive.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  const endMs = Date.now() + validDays * DAY_MS;
  certificate.validity.notBefore = new Date(Math.min(Date.now(), endMs) - DAY_MS);
  certificate.validity.notAfter = new Date(endMs);
  const names = [{ name: 'commonName', value: commonName }];
  certificate.setSubject(names);
  certificate.setIssuer(names);
  const algorithm = forge.pki.oids['sha256WithRSAEncryption'] ?? '';
  certificate.signatureOid = algorithm;
  certificate.siginfo.algorithmOid = algorithm;
  certificate.signature = '';
  const [body] = forge.pki.certificateToAsn1(certificate).value;
  if (typeof body !== 'object') throw new TypeError('not a certificate');
  certificate.tbsCertificate = body;
  certificate.signature = sign('sha256', derOf(body), privateKey).toString('binary');
  return derOf(forge.pki.certificateToAsn1(certificate));
}

export function thumbprint(algorithm: 'sha1' | 'sha256', der: Buffer): Buffer {
  return createHash(algorithm).update(der).digest();
}

function derOf(asn1: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}
