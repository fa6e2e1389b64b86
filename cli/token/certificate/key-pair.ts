// From a key and some certificates to what a client assertion is signed with: the certificate that belongs to the key.
import type { KeyObject, X509Certificate } from 'node:crypto';

export interface KeyAndCertificates {
  readonly key: KeyObject;
  readonly certificates: readonly X509Certificate[];
}

/** As MSAL takes it. */
export interface ClientCertificate {
  /** In hexadecimal, without colons. */
  readonly thumbprintSha256: string;
  /** PKCS#8, PEM, not encrypted: it stays in memory. */
  readonly privateKey: string;
  /** The certificate, then the others of the file: for applications that are registered by issuer and name. */
  readonly x5c: string;
}

/** `message` is the end of a sentence that begins with the file's name. */
export class UnusableCertificate extends Error {
  override readonly name = 'UnusableCertificate';
}

/** Entra takes no shorter ones. */
const MIN_RSA_BITS = 2048;

/** @throws UnusableCertificate */
export function clientCertificate({ key, certificates }: KeyAndCertificates): ClientCertificate {
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
    throw new UnusableCertificate(`holds no RSA key of ${MIN_RSA_BITS} bits or more`);
  }
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (leaf === undefined) throw new UnusableCertificate('holds no certificate for its private key');
  const chain = [leaf, ...certificates.filter((certificate) => certificate !== leaf)];
  return {
    thumbprintSha256: leaf.fingerprint256.replaceAll(':', ''),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    x5c: chain.map((certificate) => certificate.toString()).join(''),
  };
}
