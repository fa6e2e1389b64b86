// An OpenID Connect issuer of workloads, as a Kubernetes cluster, Azure Pipelines or GitHub has one: a discovery document,
// keys, and tokens that an application's federated credential may name.
import { randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createSigningKey, signJwt } from '../signing-key.ts';
import type { SigningKey } from '../signing-key.ts';

export interface FederatedTokenRequest {
  readonly subject: string;
  /** `api://AzureADTokenExchange` by default. */
  readonly audience?: string;
  /** 600 by default; negative makes one that has expired. */
  readonly ttlSeconds?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Another key than the issuer's. */
  readonly signWith?: SigningKey;
}

export interface FederatedIssuer {
  /** Its `iss`: the double's origin and its path. */
  readonly issuer: string;
  issue(request: FederatedTokenRequest): string;
  /** Its discovery document and key set by path; undefined for every other path. */
  readonly document: (path: string) => unknown;
  publicKey(keyId: unknown): KeyObject | undefined;
}

/** What Entra expects in a token that is to be exchanged. */
export const EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';
const DEFAULT_TTL_SECONDS = 600;

export function createFederatedIssuer(origin: string, path: string): FederatedIssuer {
  const issuer = `${origin}${path}`;
  const key = createSigningKey();
  const documents: Readonly<Record<string, unknown>> = {
    // OpenID Connect Discovery 1.0 §3, what is required.
    [`${path}/.well-known/openid-configuration`]: {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks`,
      subject_types_supported: ['public', 'pairwise'],
      response_types_supported: ['id_token'],
      claims_supported: ['sub', 'aud', 'iat', 'exp', 'iss', 'jti'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    },
    [`${path}/.well-known/jwks`]: {
      keys: [{ kty: 'RSA', use: 'sig', kid: key.keyId, alg: 'RS256', ...modulusAndExponent(key) }],
    },
  };
  return {
    issuer,
    issue({ subject, audience = EXCHANGE_AUDIENCE, ttlSeconds = DEFAULT_TTL_SECONDS, claims, signWith }) {
      const now = Math.floor(Date.now() / 1000);
      const times = { nbf: Math.min(now, now + ttlSeconds), exp: now + ttlSeconds, iat: now };
      const registered = { jti: randomUUID(), sub: subject, aud: audience, iss: issuer, ...times };
      return signJwt(signWith ?? key, {}, { ...registered, ...claims });
    },
    document: (asked) => (Object.hasOwn(documents, asked) ? documents[asked] : undefined),
    publicKey: (keyId) => (keyId === key.keyId ? key.publicKey : undefined),
  };
}

function modulusAndExponent({ publicKey }: SigningKey): { n: unknown; e: unknown } {
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { n, e };
}
