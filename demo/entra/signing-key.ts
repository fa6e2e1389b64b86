// An RSA key as Entra publishes it, and the one thing it is for: RS256 over any header and any claims.
import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { selfSigned, thumbprint } from './self-signed.ts';

export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Self-signed, in DER. */
  readonly certificate: Buffer;
}

/** A fresh key: about 100 ms. Its name is its certificate's thumbprint, as at Entra, where no other is given. */
export function createSigningKey(keyId?: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = selfSigned('accounts.accesscontrol.windows.net', publicKey, privateKey);
  return {
    keyId: keyId ?? thumbprint('sha1', certificate).toString('base64url'),
    privateKey,
    publicKey,
    certificate,
  };
}

/** Members in Entra's order; `issuer` is its own addition to RFC 7517. */
export function publishedKey(key: SigningKey, issuer: string): Record<string, unknown> {
  const { n, e } = key.publicKey.export({ format: 'jwk' });
  return {
    kty: 'RSA',
    use: 'sig',
    kid: key.keyId,
    x5t: key.keyId,
    n,
    e,
    x5c: [key.certificate.toString('base64')],
    cloud_instance_name: new URL(issuer).host,
    issuer,
  };
}

/** RFC 7515 §3.1, RFC 7518 §3.3. Checks nothing: it has to be able to sign what a verifier must refuse. */
export function signJwt(
  key: SigningKey,
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): string {
  const fullHeader = { typ: 'JWT', alg: 'RS256', kid: key.keyId, ...header };
  const signed = `${encode(fullHeader)}.${encode(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
