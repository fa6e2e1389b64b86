// What an agent's assertion and a join proof have in common: a JWS of at most a minute, by the agent's own key,
// for one audience and of one explicit type (RFC 8725 §3.11), so that neither passes as the other.
import type { KeyObject } from 'node:crypto';
import { SignJWT, jwtVerify } from 'jose';
import { AuthError } from './auth-error.ts';
import { parseCompactJws } from './compact-jws.ts';
import type { CompactJws } from './compact-jws.ts';
import { MAX_PROOF_BYTES, MAX_PROOF_LIFETIME_SECONDS, PROOF_CLOCK_SKEW_SECONDS } from './limits.ts';
import { proofKeyOf } from './proof-key.ts';
import type { ProofKey } from './proof-key.ts';

export interface ProofClaims {
  /** Who signs: the cluster's id, where it has one. */
  readonly subject?: string;
  readonly audience: string;
  readonly tokenId: string;
}

/** @throws TypeError when the key is not EC P-256 or Ed25519 */
export async function signProof(
  type: string,
  privateKey: KeyObject,
  claims: ProofClaims,
  nowMs: number,
): Promise<string> {
  const { algorithm, thumbprint } = await proofKeyOf(privateKey);
  const issuedAt = Math.floor(nowMs / 1000);
  const unsigned = new SignJWT({
    ...(claims.subject !== undefined && { iss: claims.subject, sub: claims.subject }),
  })
    .setProtectedHeader({ alg: algorithm, kid: thumbprint, typ: type })
    .setAudience(claims.audience)
    .setJti(claims.tokenId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + MAX_PROOF_LIFETIME_SECONDS);
  return unsigned.sign(privateKey);
}

/** The strict look before the key is known. @throws AuthError CC_ERR_AUTH_MALFORMED and its kin */
export function parseProof(proof: string, type: string): CompactJws {
  return parseCompactJws(proof, { maxBytes: MAX_PROOF_BYTES, algorithms: ['ES256', 'EdDSA'], types: [type] });
}

/**
 * Checks signature, audience and times.
 *
 * @returns when the proof stops being accepted, in milliseconds: how long its id has to be remembered
 * @throws AuthError CC_ERR_AUTH_PROOF
 */
export async function verifyProof(
  proof: string,
  parsed: CompactJws,
  type: string,
  { key, algorithm, thumbprint }: ProofKey,
  audience: string,
): Promise<number> {
  if (parsed.keyId !== thumbprint) throw refused('it names another key');
  const { iat, exp, aud } = parsed.payload;
  // A list would make one proof good for several audiences.
  if (typeof aud !== 'string') throw refused('its audience is not a text');
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) throw refused('its times are missing');
  const lifetime = Number(exp) - Number(iat);
  if (lifetime <= 0 || lifetime > MAX_PROOF_LIFETIME_SECONDS)
    throw refused('it is made for longer than a minute');
  try {
    await jwtVerify(proof, key, {
      algorithms: [algorithm],
      typ: type,
      audience,
      requiredClaims: ['jti'],
      // Bounds `iat` on both sides, which `exp` alone does not.
      maxTokenAge: MAX_PROOF_LIFETIME_SECONDS,
      clockTolerance: PROOF_CLOCK_SKEW_SECONDS,
    });
  } catch (cause) {
    throw refused('its signature, its audience or its time is wrong: check the clock', cause);
  }
  return (Number(exp) + PROOF_CLOCK_SKEW_SECONDS) * 1000;
}

function refused(problem: string, cause?: unknown): AuthError {
  return new AuthError('CC_ERR_AUTH_PROOF', `the proof of the agent's key is not accepted: ${problem}`, {
    cause,
  });
}
