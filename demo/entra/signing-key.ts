// An RSA key as Entra publishes it, and the one thing it is for: RS256 over any header and any claims.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A fresh key: about 100 ms. */
export function createSigningKey(keyId?: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const digest = createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { keyId: keyId ?? digest, privateKey, publicKey };
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
