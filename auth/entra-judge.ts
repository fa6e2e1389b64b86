// Whether an Entra access token is true: the checks in the order in which they happen, cheapest and least trusting first.
// facts: J1 to J10; RFC 8725; Microsoft's access-tokens.md, "Validate tokens".
import { errors, jwtVerify } from 'jose';
import type { Logger } from '../observe/index.ts';
import { AuthError } from './auth-error.ts';
import { parseCompactJws } from './compact-jws.ts';
import type { CompactJws } from './compact-jws.ts';
import { readEntraClaims } from './entra-claims.ts';
import type { EntraClaims } from './entra-claims.ts';
import type { CheckedEntraSettings } from './entra-settings.ts';
import type { FetchJson } from './key-fetch.ts';
import { MAX_TOKEN_BYTES } from './limits.ts';
import { createTenantKeys } from './tenant-keys.ts';
import type { SigningKey, TenantKeys } from './tenant-keys.ts';

export const ENTRA_ALGORITHMS = ['RS256'] as const;
export const ACCESS_TOKEN_TYPES = ['jwt', 'at+jwt'] as const;

export interface EntraJudge {
  /** @throws AuthError CC_ERR_AUTH_TOO_LARGE, CC_ERR_AUTH_MALFORMED or CC_ERR_AUTH_ALGORITHM */
  parse(token: string): CompactJws;
  /** @throws AuthError for a token that is not true, or whose keys could not be fetched */
  judge(token: string, jws: CompactJws): Promise<EntraClaims>;
}

export interface EntraJudgeOptions {
  readonly settings: CheckedEntraSettings;
  readonly fetchJson: FetchJson;
  readonly onKeyWithdrawn: () => void;
  readonly logger: Logger;
}

export function createEntraJudge(options: EntraJudgeOptions): EntraJudge {
  const { settings, fetchJson, onKeyWithdrawn, logger } = options;
  const { authority, tenants } = settings;
  // At most two for each tenant of the settings: tokens of other tenants never get this far.
  const keysOf = new Map<string, TenantKeys>();

  function tenantKeys({ tenantId, version }: EntraClaims): TenantKeys {
    const name = `${tenantId} ${version}`;
    let keys = keysOf.get(name);
    if (keys === undefined) {
      keys = createTenantKeys({ authority, tenantId, version, fetchJson, onKeyWithdrawn, logger });
      keysOf.set(name, keys);
    }
    return keys;
  }

  return {
    parse: (token) =>
      parseCompactJws(token, {
        maxBytes: MAX_TOKEN_BYTES,
        algorithms: ENTRA_ALGORITHMS,
        types: ACCESS_TOKEN_TYPES,
      }),
    async judge(token, { keyId, payload }) {
      const claims = readEntraClaims(payload);
      if (!tenants.has(claims.tenantId)) {
        throw new AuthError('CC_ERR_AUTH_TENANT', 'tokens of this tenant are not accepted');
      }
      const key = await tenantKeys(claims).find(keyId);
      await verifySignatureAndClaims(token, claims, key, settings);
      return claims;
    },
  };
}

/** jose checks the signature first, then issuer, audience and times. @throws AuthError */
async function verifySignatureAndClaims(
  token: string,
  claims: EntraClaims,
  { issuer, key }: SigningKey,
  { audiences, clockSkewSeconds }: CheckedEntraSettings,
): Promise<void> {
  try {
    await jwtVerify(token, key, {
      algorithms: [...ENTRA_ALGORITHMS],
      issuer,
      audience: [...audiences],
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['iss', 'aud', 'exp', 'nbf', 'iat', 'tid', 'oid', 'sub', 'ver'],
    });
  } catch (cause) {
    throw refusalOf(cause, claims);
  }
  // jose looks at `iat` only when it is asked for an age.
  if (claims.issuedAt > Date.now() / 1000 + clockSkewSeconds) throw notYetValid(claims.issuedAt);
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
