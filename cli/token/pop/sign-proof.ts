// Makes a proof-of-possession token of an access token: a signed HTTP request (draft-ietf-oauth-signed-http-request-03) as
// kubelogin makes it, bound to a cluster and a moment, and to no single request, since kubectl uses it for several.
import { randomUUID, sign } from 'node:crypto';
import type { AccessToken } from '../sign-in-request.ts';
import type { PopClaims } from './pop-claims.ts';
import type { ProofKey } from './proof-key.ts';

/**
 * kubectl keeps a token until the time that it is told: well within the 5 minutes of the strictest verifier that is known
 * (Microsoft's own for .NET; the gateway and guard take 15), or a long-running client would meet a 401.
 */
export const PROOF_USE_MS = 240_000;

export function signProof(
  token: AccessToken,
  key: ProofKey,
  claims: PopClaims,
  nowMs: number = Date.now(),
): AccessToken {
  const header = { typ: 'pop', alg: 'RS256', kid: key.thumbprint };
  const payload = {
    at: token.token,
    ts: Math.floor(nowMs / 1000),
    u: claims.cluster,
    cnf: { jwk: key.publicJwk },
    nonce: randomUUID().replaceAll('-', ''),
  };
  const signed = `${encode(header)}.${encode(payload)}`;
  // RS256: RFC 7518 §3.3.
  const signature = sign('sha256', Buffer.from(signed, 'latin1'), key.privateKey).toString('base64url');
  return {
    token: `${signed}.${signature}`,
    expiresAtMs: Math.min(token.expiresAtMs, nowMs + PROOF_USE_MS),
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
