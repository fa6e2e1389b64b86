// The verifier of Entra access tokens: every check in the order in which it happens, cheapest and least trusting first.
// facts: J1 to J10, J12; RFC 8725; Microsoft's access-tokens.md, "Validate tokens".
import { errors, jwtVerify } from 'jose';
import { silentLogger } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { AuthError } from './auth-error.ts';
import { parseCompactJws } from './compact-jws.ts';
import type { CheckedEntraSettings } from './entra-settings.ts';
import { checkEntraSettings } from './entra-settings.ts';
import { readEntraClaims } from './entra-claims.ts';
import type { EntraClaims } from './entra-claims.ts';
import { createKeyFetch } from './key-fetch.ts';
import type { KeyFetch } from './key-fetch.ts';
import {
  MAX_CACHED_TOKENS,
  MAX_CACHED_TOKEN_CHARACTERS,
  MAX_PENDING_VERIFICATIONS,
  MAX_REFUSED_TOKENS,
  MAX_TOKEN_BYTES,
  REFUSED_TOKEN_TTL_MS,
} from './limits.ts';
import { toVerifiedToken } from './principal.ts';
import { createRefusedTokens } from './refused-tokens.ts';
import { createTenantKeys } from './tenant-keys.ts';
import type { SigningKey, TenantKeys } from './tenant-keys.ts';
import { createTokenCache } from './token-cache.ts';
import type { EntraSettings, TokenVerifier, VerifiedToken } from './types.ts';

export interface EntraVerifierOptions {
  readonly logger?: Logger;
  /** An outbound proxy for the key fetch, already matched against NO_PROXY for the authority's host. */
  readonly proxyUrl?: string;
  /** Stands in for the network: tests, or a caller with its own client. */
  readonly keyFetch?: KeyFetch;
}

const TOKEN_RULES = { maxBytes: MAX_TOKEN_BYTES, algorithms: ['RS256'], types: ['jwt', 'at+jwt'] } as const;

/** @throws ConfigError when the settings cannot be used */
export function createEntraVerifier(
  settings: EntraSettings,
  options: EntraVerifierOptions = {},
): TokenVerifier {
  const checked = checkEntraSettings(settings);
  const logger = options.logger ?? silentLogger;
  const keyFetch = options.keyFetch ?? createKeyFetch({ ...settings, ...options });
  const cache = createTokenCache({
    maxEntries: MAX_CACHED_TOKENS,
    maxCharacters: MAX_CACHED_TOKEN_CHARACTERS,
  });
  const refused = createRefusedTokens(MAX_REFUSED_TOKENS, REFUSED_TOKEN_TTL_MS);
  const pending = new Map<string, Promise<VerifiedToken>>();
  // At most two for each tenant of the settings: tokens of other tenants never get this far.
  const keysOf = new Map<string, TenantKeys>();
  let closed = false;

  function tenantKeys({ tenantId, version }: EntraClaims): TenantKeys {
    const name = `${tenantId} ${version}`;
    let keys = keysOf.get(name);
    if (keys === undefined) {
      const { authority } = checked;
      const { fetchJson } = keyFetch;
      keys = createTenantKeys({
        authority,
        tenantId,
        version,
        fetchJson,
        onKeyWithdrawn: () => cache.clear(),
        logger,
      });
      keysOf.set(name, keys);
    }
    return keys;
  }

  async function judge(token: string): Promise<VerifiedToken> {
    try {
      const { keyId, payload } = parseCompactJws(token, TOKEN_RULES);
      const claims = readEntraClaims(payload);
      if (!checked.tenants.has(claims.tenantId)) {
        throw new AuthError('CC_ERR_AUTH_TENANT', 'tokens of this tenant are not accepted');
      }
      const key = await tenantKeys(claims).find(keyId);
      await verifySignatureAndClaims(token, claims, key, checked, settings.clockSkewSeconds);
      const expiresAtMs = (claims.expiresAt + settings.clockSkewSeconds) * 1000;
      const verified = toVerifiedToken(claims, settings, expiresAtMs);
      cache.set(token, verified);
      return verified;
    } catch (error) {
      if (error instanceof AuthError && !error.retryable) refused.add(token, error);
      throw error;
    }
  }

  async function verify(token: string): Promise<VerifiedToken> {
    const known = cache.get(token);
    if (known !== undefined) return known;
    const refusal = refused.get(token);
    if (refusal !== undefined) throw refusal;
    const underWay = pending.get(token);
    if (underWay !== undefined) return underWay;
    if (closed) throw new AuthError('CC_ERR_AUTH_UNAVAILABLE', 'shutting down');
    if (pending.size >= MAX_PENDING_VERIFICATIONS) {
      throw new AuthError('CC_ERR_AUTH_BUSY', 'too many tokens are being verified: try again');
    }
    const judgement = judge(token).finally(() => pending.delete(token));
    pending.set(token, judgement);
    return judgement;
  }

  return {
    cached: (token) => cache.get(token),
    verify,
    async close() {
      closed = true;
      cache.clear();
      await keyFetch.close();
    },
  };
}

/** jose checks the signature first, then issuer, audience and times. @throws AuthError */
async function verifySignatureAndClaims(
  token: string,
  claims: EntraClaims,
  { issuer, key }: SigningKey,
  { audiences }: CheckedEntraSettings,
  clockTolerance: number,
): Promise<void> {
  try {
    await jwtVerify(token, key, {
      algorithms: [...TOKEN_RULES.algorithms],
      issuer,
      audience: [...audiences],
      clockTolerance,
      requiredClaims: ['iss', 'aud', 'exp', 'nbf', 'iat', 'tid', 'oid', 'sub', 'ver'],
    });
  } catch (cause) {
    throw refusalOf(cause, claims);
  }
  // jose looks at `iat` only when it is asked for an age.
  if (claims.issuedAt > Date.now() / 1000 + clockTolerance) throw notYetValid(claims.issuedAt);
}

function refusalOf(cause: unknown, claims: EntraClaims): AuthError {
  if (cause instanceof errors.JWTExpired) {
    return new AuthError('CC_ERR_AUTH_EXPIRED', `the token expired at ${isoTime(claims.expiresAt)}`, {
      cause,
    });
  }
  const claim = cause instanceof errors.JWTClaimValidationFailed ? cause.claim : '';
  if (claim === 'iss') {
    return new AuthError('CC_ERR_AUTH_ISSUER', "the token's issuer is not its tenant's", { cause });
  }
  if (claim === 'aud') {
    return new AuthError('CC_ERR_AUTH_AUDIENCE', 'the token is for another API (claim "aud")', { cause });
  }
  if (claim === 'nbf') return notYetValid(claims.notBefore, cause);
  return new AuthError('CC_ERR_AUTH_SIGNATURE', "the token's signature is wrong", { cause });
}

function notYetValid(fromSeconds: number, cause?: unknown): AuthError {
  const reason = `the token is not valid before ${isoTime(fromSeconds)}: check the clocks`;
  return new AuthError('CC_ERR_AUTH_NOT_YET_VALID', reason, { cause });
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
