// PEM: any number of certificates and one private key, in any order (RFC 7468).
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { UnusableCertificate } from './key-pair.ts';
import type { KeyAndCertificates } from './key-pair.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----[\s\S]*?-----END \1-----/g;
/** A chain of certificates has three or four. */
const MAX_CERTIFICATES = 16;

/** @throws UnusableCertificate */
export function readPem(text: string, password: string | undefined): KeyAndCertificates {
  const keys = text.match(PRIVATE_KEY) ?? [];
  const [key] = keys;
  if (key === undefined || keys.length > 1) {
    throw new UnusableCertificate(`holds ${keys.length} private keys instead of one`);
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length > MAX_CERTIFICATES) throw new UnusableCertificate('holds too many certificates');
  return { key: readKey(key, password), certificates: certificates.map(readCertificate) };
}

function readKey(pem: string, password: string | undefined): KeyObject {
  try {
    return createPrivateKey(password === undefined ? pem : { key: pem, passphrase: password });
  } catch (error) {
    throw new UnusableCertificate('has a private key that cannot be read (or its password is another)', {
      cause: error,
    });
  }
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new UnusableCertificate('has a certificate that cannot be read', { cause: error });
  }
}
