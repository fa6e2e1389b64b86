// The outer half of a proof-of-possession token: that the holder of the key to which the access token is bound signed it,
// lately (facts: J13). The access token in it is verified before, by the same rules as any other.
import { hash, verify } from 'node:crypto';
import { AuthError } from '../auth-error.ts';
import type { CompactJws } from '../compact-jws.ts';
import type { PopProof } from '../types.ts';
import type { PopClaims } from './pop-claims.ts';

export interface PopRules {
  readonly lifetimeMs: number;
  readonly clockSkewSeconds: number;
}

/**
 * @param token the whole token, of which `jws` is what was parsed and `claims` what was read
 * @param boundKey `cnf.kid` of the access token, which is verified already
 * @throws AuthError CC_ERR_AUTH_POP for another key or a wrong signature, CC_ERR_AUTH_EXPIRED, CC_ERR_AUTH_NOT_YET_VALID
 */
export function verifyPop(
  token: string,
  jws: CompactJws,
  claims: PopClaims,
  boundKey: string,
  rules: PopRules,
): PopProof {
  const { thumbprint, key, url, nonce, signedAt } = claims;
  if (boundKey !== thumbprint || jws.keyId !== thumbprint) {
    throw new AuthError(
      'CC_ERR_AUTH_POP',
      'the access token is bound to another key than the one that signed the proof',
    );
  }
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  // RS256: RFC 7518 §3.3, which is PKCS #1 v1.5 for an RSA key.
  if (!verify('sha256', Buffer.from(token.slice(0, end), 'latin1'), key, signature)) {
    throw new AuthError('CC_ERR_AUTH_POP', "the proof's signature is wrong");
  }
  const skewMs = rules.clockSkewSeconds * 1000;
  const signedAtMs = signedAt * 1000;
  const now = Date.now();
  if (signedAtMs > now + skewMs) {
    throw new AuthError(
      'CC_ERR_AUTH_NOT_YET_VALID',
      `the proof-of-possession token was signed in the future, at ${new Date(signedAtMs).toISOString()}: check the clocks`,
    );
  }
  const usableUntilMs = signedAtMs + rules.lifetimeMs + skewMs;
  if (usableUntilMs <= now) {
    throw new AuthError(
      'CC_ERR_AUTH_EXPIRED',
      `the proof-of-possession token was signed at ${new Date(signedAtMs).toISOString()}, which is too long ago: sign a new one`,
    );
  }
  return { url, nonce, thumbprint, digest: hash('sha256', token, 'base64url'), usableUntilMs };
}
