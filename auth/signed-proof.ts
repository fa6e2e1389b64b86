// What an agent's assertion and a join proof have in common: a JWS of at most a minute, by the agent's own key,
// for one audience and of one explicit type (RFC 8725 §3.11), so that neither passes as the other.
import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
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
export function verifyProof(
  proof: string,
  { keyId, algorithm, payload }: CompactJws,
  key: ProofKey,
  audience: string,
): number {
  if (keyId !== key.thumbprint) throw refused('it names another key');
  if (algorithm !== key.algorithm) throw refused('it is signed in another way than its key signs');
  const { iat, exp, nbf = iat, aud } = payload;
  // A list would make one proof good for several audiences.
  if (typeof aud !== 'string') throw refused('its audience is not a text');
  if (!isTime(iat) || !isTime(exp) || !isTime(nbf)) throw refused('its times are missing');
  const lifetime = exp - iat;
  if (lifetime <= 0 || lifetime > MAX_PROOF_LIFETIME_SECONDS)
    throw refused('it is made for longer than a minute');
  if (!isSignedWith(proof, key)) throw refused('its signature is wrong');
  if (aud !== audience) throw refused('it is for another gateway');
  const now = Math.floor(Date.now() / 1000);
  // `exp` alone would bound `iat` on one side only.
  const earliest = now - PROOF_CLOCK_SKEW_SECONDS;
  const latest = now + PROOF_CLOCK_SKEW_SECONDS;
  if (exp <= earliest || iat < earliest - MAX_PROOF_LIFETIME_SECONDS || iat > latest || nbf > latest)
    throw refused('its time is wrong: check the clock');
  return (exp + PROOF_CLOCK_SKEW_SECONDS) * 1000;
}

/** RFC 7518 §3.4 and RFC 8037 §3.1: how each kind of key signs, and that both signatures have 64 bytes. */
const DIGESTS = { ES256: 'sha256', EdDSA: null } as const;
const SIGNATURE_BYTES = 64;

/** On this thread: as a job of WebCrypto it takes five times as long, and thousands of agents may dial in one second. */
function isSignedWith(proof: string, { key, algorithm }: ProofKey): boolean {
  const end = proof.lastIndexOf('.');
  const signature = Buffer.from(proof.slice(end + 1), 'base64url');
  if (signature.byteLength !== SIGNATURE_BYTES) return false;
  const signed = Buffer.from(proof.slice(0, end), 'latin1');
  return verify(DIGESTS[algorithm], signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function refused(problem: string): AuthError {
  return new AuthError('CC_ERR_AUTH_PROOF', `the proof of the agent's key is not accepted: ${problem}`);
}
