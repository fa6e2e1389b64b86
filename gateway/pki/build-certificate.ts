// Builds and signs one X.509 certificate with node-forge. Building only: forge never verifies anything here
// (facts I9: CVE-2026-33894, CVE-2026-33896), and its slow key generation is left to node:crypto.
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';
import type { ServerNames } from './names.ts';

/** How far a new certificate is dated back, for readers whose clock is behind (facts I6). */
export const BACKDATE_MS = 5 * 60_000;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface Issuer {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A self-signed CA that can issue end certificates but no further CA (RFC 5280 §4.2.1.9). */
export function buildAuthorityCertificate(
  commonName: string,
  key: { readonly publicKeyPem: string; readonly privateKeyPem: string },
  validity: Validity,
): string {
  const publicKey = forge.pki.publicKeyFromPem(key.publicKeyPem);
  const subject = [
    { name: 'organizationName', value: 'cluster-connect' },
    { name: 'commonName', value: commonName },
  ];
  const certificate = startCertificate(publicKey, validity);
  certificate.setSubject(subject);
  certificate.setIssuer(subject);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(publicKey) },
  ]);
  return sign(certificate, key.privateKeyPem);
}

/** A TLS server certificate. Its subject is fixed: clients read the alternative names only (RFC 9525 §2). */
export function buildServerCertificate(
  issuer: Issuer,
  publicKeyPem: string,
  names: ServerNames,
  validity: Validity,
): string {
  const authority = forge.pki.certificateFromPem(issuer.certificatePem);
  const certificate = startCertificate(forge.pki.publicKeyFromPem(publicKeyPem), validity);
  certificate.setSubject([
    { name: 'organizationName', value: 'cluster-connect' },
    { name: 'commonName', value: 'cluster-connect gateway' },
  ]);
  certificate.setIssuer(authority.subject.attributes);
  const authorityKey = authority.publicKey;
  if (!('n' in authorityKey)) throw new TypeError('the authority key is not RSA');
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternativeNames(names) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(authorityKey) },
  ]);
  return sign(certificate, issuer.privateKeyPem);
}

function startCertificate(publicKey: forge.pki.rsa.PublicKey, validity: Validity): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = randomSerial();
  certificate.validity.notBefore = validity.notBefore;
  certificate.validity.notAfter = validity.notAfter;
  return certificate;
}

function sign(certificate: forge.pki.Certificate, privateKeyPem: string): string {
  certificate.sign(forge.pki.privateKeyFromPem(privateKeyPem), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. The top bits 01 make it positive and minimal DER as it is. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the public key, a name and not a proof. */
function keyIdentifier(publicKey: forge.pki.rsa.PublicKey): string {
  return forge.pki.getPublicKeyFingerprint(publicKey, { type: 'RSAPublicKey' }).getBytes();
}

const ALTERNATIVE_DNS = 2;
const ALTERNATIVE_IP = 7;

function alternativeNames(names: ServerNames): { type: number; value?: string; ip?: string }[] {
  return [
    ...names.dnsNames.map((value) => ({ type: ALTERNATIVE_DNS, value })),
    ...names.ipAddresses.filter((ip) => isIP(ip) !== 0).map((ip) => ({ type: ALTERNATIVE_IP, ip })),
  ];
}
