// An agent's key: EC P-256 or Ed25519, known by its RFC 7638 thumbprint. Nothing else is accepted from a JWK, so that
// no stored key is weak, private, or of a kind that the signature check would read differently.
import { createPublicKey, hash } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { AuthError } from './auth-error.ts';
import { isJsonObject } from './strict-json.ts';

export type ProofAlgorithm = 'ES256' | 'EdDSA';

export interface ProofKey {
  readonly key: KeyObject;
  readonly algorithm: ProofAlgorithm;
  /** RFC 7638, SHA-256, base64url: the key's name. */
  readonly thumbprint: string;
  /** The required members only: what to store. */
  readonly jwk: JsonWebKey;
}

/**
 * Reads a public key that came from outside.
 *
 * @param value a JWK (RFC 7517): `{kty: 'EC', crv: 'P-256', x, y}` or `{kty: 'OKP', crv: 'Ed25519', x}`
 * @throws AuthError CC_ERR_AUTH_PROOF for any other key, and for a private one
 */
export async function readPublicKey(value: unknown): Promise<ProofKey> {
  const jwk = isJsonObject(value) ? value : {};
  if (Object.hasOwn(jwk, 'd'))
    throw new AuthError('CC_ERR_AUTH_PROOF', 'a private key was sent as a public one');
  const { kty, crv, x, y } = jwk;
  const isEc = kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string';
  const isEd = kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string';
  if (!isEc && !isEd) throw new AuthError('CC_ERR_AUTH_PROOF', 'the public key is not EC P-256 or Ed25519');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: isEc ? { kty, crv, x, y } : { kty, crv, x }, format: 'jwk' });
  } catch (cause) {
    throw new AuthError('CC_ERR_AUTH_PROOF', 'the public key is not a point of its curve', { cause });
  }
  return proofKeyOf(key);
}

/** The thumbprint of a key pair's public half, for whoever holds either half. @throws TypeError for another kind */
export async function keyThumbprint(key: KeyObject): Promise<string> {
  return (await proofKeyOf(key)).thumbprint;
}

/** @throws TypeError when the key is not EC P-256 or Ed25519 */
export async function proofKeyOf(key: KeyObject): Promise<ProofKey> {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (crv === 'P-256' && kty === 'EC' && x !== undefined && y !== undefined) {
    const jwk = { crv, kty, x, y };
    return { key: publicKey, algorithm: 'ES256', jwk, thumbprint: thumbprintOf(jwk) };
  }
  if (crv === 'Ed25519' && kty === 'OKP' && x !== undefined) {
    const jwk = { crv, kty, x };
    return { key: publicKey, algorithm: 'EdDSA', jwk, thumbprint: thumbprintOf(jwk) };
  }
  throw new TypeError('an agent key must be EC P-256 or Ed25519');
}

/** RFC 7638 §3, SHA-256. @param members the required ones, in the order of their names */
function thumbprintOf(members: Readonly<Record<string, string>>): string {
  // At once: as a job of WebCrypto it takes fifty times as long, and thousands of agents may dial in one second.
  return hash('sha256', JSON.stringify(members), 'base64url');
}
