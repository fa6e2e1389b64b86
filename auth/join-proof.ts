// The proof beside a join token that whoever redeems it holds the private key of the public key that is registered
// (facts: I2, I7). The token itself stays out of the proof: its hash is named, so a proof fits one token only.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AuthError } from './auth-error.ts';
import { readPublicKey } from './proof-key.ts';
import type { ProofKey } from './proof-key.ts';
import { parseProof, signProof, verifyProof } from './signed-proof.ts';

const JOIN_TYPE = 'cluster-connect-join+jwt';

export interface JoinProofRequest {
  /** EC P-256 (ES256) or Ed25519 (EdDSA). */
  readonly privateKey: KeyObject;
  readonly joinToken: string;
  /** The gateway's public URL. */
  readonly audience: string;
  readonly nowMs?: number;
}

export interface JoinProofCheck {
  readonly proof: string;
  /** The public JWK of the same request, unchecked. */
  readonly publicKey: unknown;
  readonly joinToken: string;
  /** The gateway's own public URL. */
  readonly audience: string;
}

/** A new proof, valid for 60 seconds. @throws TypeError for another kind of key */
export async function createJoinProof(request: JoinProofRequest): Promise<string> {
  const { privateKey, joinToken, audience, nowMs = Date.now() } = request;
  return signProof(JOIN_TYPE, privateKey, { audience, tokenId: tokenHash(joinToken) }, nowMs);
}

/**
 * Needs no replay table: the join token is used up by the first success.
 *
 * @returns the key to register: checked, and reduced to what a public key needs
 * @throws AuthError CC_ERR_AUTH_MALFORMED, CC_ERR_AUTH_ALGORITHM, CC_ERR_AUTH_TOO_LARGE or CC_ERR_AUTH_PROOF
 */
export async function verifyJoinProof(check: JoinProofCheck): Promise<ProofKey> {
  const parsed = parseProof(check.proof, JOIN_TYPE);
  const key = await readPublicKey(check.publicKey);
  const { jti } = parsed.payload;
  const expected = Buffer.from(tokenHash(check.joinToken));
  const named = Buffer.from(typeof jti === 'string' ? jti : '');
  if (named.length !== expected.length || !timingSafeEqual(named, expected)) {
    throw new AuthError('CC_ERR_AUTH_PROOF', 'the proof was made for another join token');
  }
  verifyProof(check.proof, parsed, key, check.audience);
  return key;
}

function tokenHash(joinToken: string): string {
  return createHash('sha256').update(joinToken).digest('base64url');
}
