// The agent's proof in the upgrade request of its tunnel: signed by its registered key, good for a minute and for one
// use (DESIGN §8; facts: I3: the cluster is what the key proves, never what a header or a frame says).
import { randomBytes } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { AuthError } from './auth-error.ts';
import { readPublicKey } from './proof-key.ts';
import { createAssertionMemory } from './replay-memory.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { parseProof, signProof, verifyProof } from './signed-proof.ts';

const ASSERTION_TYPE = 'cluster-connect-agent+jwt';
const TOKEN_ID_BYTES = 16;
const CLUSTER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const TOKEN_ID = /^[\w-]{16,64}$/;

export interface AgentAssertionRequest {
  /** EC P-256 (ES256) or Ed25519 (EdDSA). */
  readonly privateKey: KeyObject;
  readonly clusterId: string;
  /** The gateway's public URL. */
  readonly audience: string;
  readonly nowMs?: number;
}

export interface AssertionVerifierOptions {
  /** The gateway's own public URL. */
  readonly audience: string;
  /** One of its own by default: for a gateway that is alone. */
  readonly replays?: ReplayMemory;
  /** The registered public key of a cluster by its RFC 7638 thumbprint; undefined when there is none, or no longer. */
  publicKeyOf(
    clusterId: string,
    thumbprint: string,
  ): Promise<JsonWebKey | undefined> | JsonWebKey | undefined;
}

export interface AssertionVerifier {
  /**
   * @throws AuthError CC_ERR_AUTH_MALFORMED, CC_ERR_AUTH_ALGORITHM or CC_ERR_AUTH_TOO_LARGE before a key is looked
   * up, CC_ERR_AUTH_UNKNOWN_CLUSTER, CC_ERR_AUTH_PROOF, CC_ERR_AUTH_REPLAYED, or CC_ERR_AUTH_BUSY
   */
  verify(assertion: string): Promise<{ clusterId: string; thumbprint: string }>;
}

/** A new assertion with an id of its own, valid for 60 seconds. @throws TypeError for another kind of key */
export async function createAgentAssertion(request: AgentAssertionRequest): Promise<string> {
  const { privateKey, clusterId, audience, nowMs = Date.now() } = request;
  const tokenId = randomBytes(TOKEN_ID_BYTES).toString('base64url');
  return signProof(ASSERTION_TYPE, privateKey, { subject: clusterId, audience, tokenId }, nowMs);
}

/** Remembers what it accepted, so all gateways under one name need exactly one memory. */
export function createAssertionVerifier(options: AssertionVerifierOptions): AssertionVerifier {
  const replays = options.replays ?? createAssertionMemory();
  return {
    async verify(assertion) {
      const parsed = parseProof(assertion, ASSERTION_TYPE);
      const { iss, sub: clusterId, jti: tokenId } = parsed.payload;
      if (typeof clusterId !== 'string' || !CLUSTER_ID.test(clusterId) || iss !== clusterId) {
        throw new AuthError('CC_ERR_AUTH_PROOF', "the agent's assertion names no cluster");
      }
      if (typeof tokenId !== 'string' || !TOKEN_ID.test(tokenId)) {
        throw new AuthError('CC_ERR_AUTH_PROOF', "the agent's assertion has no usable id");
      }
      const jwk = await options.publicKeyOf(clusterId, parsed.keyId);
      if (jwk === undefined) {
        throw new AuthError(
          'CC_ERR_AUTH_UNKNOWN_CLUSTER',
          'no cluster is registered with this key: it was removed, or the agent has to join again',
        );
      }
      const key = await readPublicKey(jwk);
      const expiresAtMs = verifyProof(assertion, parsed, key, options.audience);
      const verdict = await replays.claim(clusterId, tokenId, expiresAtMs);
      if (verdict === 'replayed') {
        throw new AuthError('CC_ERR_AUTH_REPLAYED', "the agent's assertion was used before");
      }
      if (verdict === 'full') {
        throw new AuthError('CC_ERR_AUTH_BUSY', 'too many assertions in the last minutes: try again later');
      }
      return { clusterId, thumbprint: key.thumbprint };
    },
  };
}
