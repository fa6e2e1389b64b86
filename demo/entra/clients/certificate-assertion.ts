// A client assertion signed with the key of one of the application's certificates: Microsoft's certificate-credentials.md.
// MSAL signs PS256 and names the certificate by `x5t#S256`; older clients sign RS256 and name it by `x5t`.
import { X509Certificate, constants, verify } from 'node:crypto';
import { RefusedRequest } from '../answers.ts';
import type { DirectoryApp } from '../directory.ts';
import { thumbprint } from '../self-signed.ts';
import { checkTimes } from './client-assertion.ts';
import type { ClientAssertion } from './client-assertion.ts';

const GUIDE = 'Review the documentation at https://aka.ms/certificateCredentials.';

export interface CertificateRules {
  /** What `aud` may say: the token endpoint, or the issuer. */
  readonly audiences: readonly string[];
}

/** @throws RefusedRequest AADSTS700027, 700021, 700023, 700024 */
export function checkCertificateAssertion(
  assertion: ClientAssertion,
  app: DirectoryApp,
  { audiences }: CertificateRules,
): void {
  const { header, claims, signed, signature } = assertion;
  const certificate = findCertificate(header, app.certificates ?? []);
  if (certificate === undefined) {
    const named = [header['x5t#S256'], header['x5t'], header['kid']].find((name) => typeof name === 'string');
    throw wrongSignature(`The key was not found., Thumbprint of key used by client: '${named ?? ''}'`);
  }
  if (certificate.validToDate.getTime() <= Date.now()) {
    throw wrongSignature(`The key used is expired., Thumbprint: '${certificate.fingerprint}'`);
  }
  const padding = PADDING[String(header['alg'])];
  if (padding === undefined) throw wrongSignature('The algorithm is neither PS256 nor RS256.');
  if (!verify('sha256', signed, { key: certificate.publicKey, ...padding }, signature)) {
    throw wrongSignature('The key was found, but the signature is not of it.');
  }
  if (claims['iss'] !== app.clientId || claims['sub'] !== app.clientId) {
    throw refused(
      700021,
      `Client assertion application identifier doesn't match 'client_id' parameter. ${GUIDE}`,
    );
  }
  if (typeof claims['aud'] !== 'string' || !audiences.includes(claims['aud'])) {
    throw refused(700023, `Client assertion audience claim does not match Realm issuer. ${GUIDE}`);
  }
  checkTimes(assertion);
}

const PADDING: Readonly<Record<string, { padding: number; saltLength?: number }>> = {
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  RS256: { padding: constants.RSA_PKCS1_PADDING },
};

function findCertificate(
  header: ClientAssertion['header'],
  certificates: readonly string[],
): X509Certificate | undefined {
  return certificates
    .map((pem) => new X509Certificate(pem))
    .find(({ raw }) => {
      if (header['x5t#S256'] !== undefined)
        return isThumbprint(header['x5t#S256'], thumbprint('sha256', raw));
      const sha1 = thumbprint('sha1', raw);
      // Some clients put the thumbprint into `kid`, in hex.
      return isThumbprint(header['x5t'], sha1) || header['kid'] === sha1.toString('hex').toUpperCase();
    });
}

/** MSAL for Go writes base64 with its padding where RFC 7515 §4.1.7 has base64url; Node reads both. */
function isThumbprint(text: unknown, wanted: Buffer): boolean {
  return typeof text === 'string' && Buffer.from(text, 'base64url').equals(wanted);
}

function wrongSignature(reason: string): RefusedRequest {
  return refused(700027, `Client assertion contains an invalid signature. [Reason - ${reason}] ${GUIDE}`);
}

function refused(number: number, text: string): RefusedRequest {
  return new RefusedRequest('invalid_client', number, text, 401);
}
