// The gateway's own certificate authority: it vouches for the names that no public CA can, such as
// `<cluster>.cluster-connect.internal`. Clients get its certificate in their kubeconfig.
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { BACKDATE_MS, buildAuthorityCertificate, buildServerCertificate } from './build-certificate.ts';
import type { Issuer } from './build-certificate.ts';
import { authorityProblem, serverProblem } from './check-certificate.ts';
import { assertServerNames } from './names.ts';
import { PkiError } from './pki-error.ts';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3653;
const MAX_SERVER_DAYS = 398;
/** DESIGN §8: 90 days, renewed when two thirds are over. */
export const DEFAULT_SERVER_DAYS = 90;
/** 2048 bits are made in well under 300 ms, so that a first start is quick. */
const RSA_BITS = 2048;
/** A PrintableString (X.680 §41.4), at most ub-common-name long (RFC 5280 appendix A.1). */
const COMMON_NAME = /^[A-Za-z0-9 '()+,\-./:=?]{1,64}$/;

export interface ServerCertificateRequest {
  /** Lower case DNS names; `*.example.com` covers one label. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Whole days, 1 to 398, 90 by default; cut to the authority's own life. */
  readonly validDays?: number;
}

export interface IssuedCertificate {
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly privateKeyPem: string;
}

export interface CertificateAuthority {
  readonly certificatePem: string;
  /**
   * A fresh key and its certificate, checked by node:crypto before it is handed out.
   * @throws PkiError CC_ERR_PKI_NAME_INVALID, CC_ERR_PKI_BUILD_FAILED
   */
  issueServerCertificate(request: ServerCertificateRequest): IssuedCertificate;
}

/** A new authority, valid ten years, that lives in memory only. Takes a key generation, about 50 ms. */
export function createAuthority(commonName: string): CertificateAuthority {
  return authorityFrom(generateAuthority(commonName));
}

/** The key and certificate of a new authority, checked. @throws PkiError CC_ERR_PKI_BUILD_FAILED */
export function generateAuthority(commonName: string): Issuer {
  if (!COMMON_NAME.test(commonName)) {
    throw new RangeError('commonName must be 1 to 64 characters of an ASN.1 PrintableString');
  }
  const nowMs = Date.now();
  const key = generateAuthorityKey();
  const certificatePem = buildAuthorityCertificate(commonName, key, {
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
  });
  const problem = authorityProblem(certificatePem, key.privateKeyPem, nowMs);
  if (problem !== undefined)
    throw new PkiError('CC_ERR_PKI_BUILD_FAILED', `building the authority: ${problem}`);
  return { certificatePem, privateKeyPem: key.privateKeyPem };
}

/** An authority over a pair that was checked already (`authorityProblem`). */
export function authorityFrom(issuer: Issuer): CertificateAuthority {
  const authorityEndsMs = new X509Certificate(issuer.certificatePem).validToDate.getTime();
  return {
    certificatePem: issuer.certificatePem,
    issueServerCertificate({ dnsNames, ipAddresses = [], validDays = DEFAULT_SERVER_DAYS }) {
      const names = { dnsNames, ipAddresses };
      assertServerNames(names);
      if (!Number.isInteger(validDays) || validDays < 1 || validDays > MAX_SERVER_DAYS) {
        throw new RangeError(`validDays must be a whole number from 1 to ${MAX_SERVER_DAYS}`);
      }
      const nowMs = Date.now();
      const { publicKeyPem, privateKeyPem } = generateServerKey();
      const certificatePem = buildServerCertificate(issuer, publicKeyPem, names, {
        notBefore: new Date(nowMs - BACKDATE_MS),
        notAfter: new Date(Math.min(nowMs + validDays * DAY_MS, authorityEndsMs)),
      });
      const expected = { authorityPem: issuer.certificatePem, names, nowMs };
      const problem = serverProblem(certificatePem, privateKeyPem, expected);
      if (problem !== undefined) {
        throw new PkiError('CC_ERR_PKI_BUILD_FAILED', `building a server certificate: ${problem}`);
      }
      return { certificatePem, privateKeyPem };
    },
  };
}

/**
 * Whether two thirds of a certificate's life are over (facts I6). A server certificate of the own CA is not kept:
 * it is issued anew at each start, and again while running once this says so.
 */
export function needsRenewal(certificatePem: string, nowMs: number): boolean {
  const certificate = new X509Certificate(certificatePem);
  const fromMs = certificate.validFromDate.getTime();
  const toMs = certificate.validToDate.getTime();
  return nowMs >= fromMs + ((toMs - fromMs) * 2) / 3;
}

interface KeyPair {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
}

function generateAuthorityKey(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  return pemOf(publicKey, privateKey);
}

// Each TLS handshake is signed with it.
function generateServerKey(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return pemOf(publicKey, privateKey);
}

function pemOf(publicKey: KeyObject, privateKey: KeyObject): KeyPair {
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
