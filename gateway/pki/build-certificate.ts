// Builds and signs one X.509 certificate with node-forge. Building only: forge never verifies anything here
// (facts I9: CVE-2026-33894, CVE-2026-33896), and its slow key generation is left to node:crypto.
import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';
import type { ServerNames } from './names.ts';

// RFC 5280 §4.1: version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo.
const PUBLIC_KEY_FIELD = 6;
/** Uncompressed: 04, x, y. */
const P256_POINT_BYTES = 65;

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
  return signAuthority(certificate, key.privateKeyPem);
}

/**
 * A TLS server certificate for a P-256 key: to sign a handshake with it takes a tenth of what RSA takes. Its subject is fixed: clients
 * read the alternative names only (RFC 9525 §2).
 */
export function buildServerCertificate(
  issuer: Issuer,
  publicKeyPem: string,
  names: ServerNames,
  validity: Validity,
): string {
  const authority = forge.pki.certificateFromPem(issuer.certificatePem);
  const authorityKey = authority.publicKey;
  if (!('n' in authorityKey)) throw new TypeError('the authority key is not RSA');
  const publicKey = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  // forge knows no key but RSA's: the authority's stands in until the certificate is signed.
  const certificate = startCertificate(authorityKey, validity);
  certificate.setSubject([
    { name: 'organizationName', value: 'cluster-connect' },
    { name: 'commonName', value: 'cluster-connect gateway' },
  ]);
  certificate.setIssuer(authority.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternativeNames(names) },
    subjectKeyIdentifier(publicKey),
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(authorityKey) },
  ]);
  return signFor(publicKey, certificate, issuer.privateKeyPem);
}

function startCertificate(publicKey: forge.pki.rsa.PublicKey, validity: Validity): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = randomSerial();
  certificate.validity.notBefore = validity.notBefore;
  certificate.validity.notAfter = validity.notAfter;
  return certificate;
}

function signAuthority(certificate: forge.pki.Certificate, privateKeyPem: string): string {
  certificate.sign(forge.pki.privateKeyFromPem(privateKeyPem), forge.md.sha256.create());
  return toPem(certificate);
}

/** Puts `publicKey` (SubjectPublicKeyInfo, DER) into the place of forge's own key, and signs that. */
function signFor(publicKey: Buffer, certificate: forge.pki.Certificate, privateKeyPem: string): string {
  const algorithm = forge.pki.oids['sha256WithRSAEncryption'] ?? '';
  certificate.signatureOid = algorithm;
  certificate.siginfo.algorithmOid = algorithm;
  certificate.signature = '';
  const [body] = forge.pki.certificateToAsn1(certificate).value;
  const fields = typeof body === 'object' ? body.value : '';
  if (typeof body !== 'object' || typeof fields === 'string') throw new TypeError('not a certificate');
  fields[PUBLIC_KEY_FIELD] = forge.asn1.fromDer(publicKey.toString('binary'));
  certificate.tbsCertificate = body;
  const signed = Buffer.from(forge.asn1.toDer(body).getBytes(), 'binary');
  certificate.signature = sign('sha256', signed, privateKeyPem).toString('binary');
  return toPem(certificate);
}

function toPem(certificate: forge.pki.Certificate): string {
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

/** The same of any key, from its SubjectPublicKeyInfo: for P-256 its last 65 bytes are the BIT STRING (RFC 5480 §2.2). */
function subjectKeyIdentifier(publicKey: Buffer): { id: string; value: forge.asn1.Asn1 } {
  const name = createHash('sha1').update(publicKey.subarray(-P256_POINT_BYTES)).digest('binary');
  const { asn1 } = forge;
  return {
    id: forge.pki.oids['subjectKeyIdentifier'] ?? '',
    value: asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, name),
  };
}

const ALTERNATIVE_DNS = 2;
const ALTERNATIVE_IP = 7;

function alternativeNames(names: ServerNames): { type: number; value?: string; ip?: string }[] {
  return [
    ...names.dnsNames.map((value) => ({ type: ALTERNATIVE_DNS, value })),
    ...names.ipAddresses.filter((ip) => isIP(ip) !== 0).map((ip) => ({ type: ALTERNATIVE_IP, ip })),
  ];
}
