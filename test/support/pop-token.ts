// A proof-of-possession token as kubelogin makes it (pop/poptoken.go): a key, an access token bound to it, and a signed request.
import { generateKeyPairSync, hash, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface PopKey {
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
  /** RFC 7638: what `cnf.kid` of the access token must be. */
  readonly thumbprint: string;
}

export interface PopRequest {
  readonly accessToken: string;
  readonly url: string;
  /** Replaces claims; undefined takes one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs in place of the key that the token names. */
  readonly signWith?: PopKey;
}

/** RSA, as kubelogin's. */
export function createPopKey(modulusLength = 2048): PopKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  const { n, e } = publicKey.export({ format: 'jwk' });
  const thumbprint = hash('sha256', JSON.stringify({ e, kty: 'RSA', n }), 'base64url');
  return { privateKey, thumbprint, jwk: { e, kty: 'RSA', n, alg: 'RS256', kid: thumbprint } };
}

export function signPop(key: PopKey, request: PopRequest): string {
  const header = { typ: 'pop', alg: 'RS256', kid: key.thumbprint, ...request.header };
  const claims = {
    at: request.accessToken,
    ts: Math.floor(Date.now() / 1000),
    u: request.url,
    cnf: { jwk: key.jwk },
    nonce: randomUUID().replaceAll('-', ''),
    ...request.claims,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), (request.signWith ?? key).privateKey);
  return `${signed}.${signature.toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
