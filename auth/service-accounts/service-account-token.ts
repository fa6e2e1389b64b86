// A Kubernetes ServiceAccount's token, read strictly and not believed: who it says it is, and until when.
// k8s.io/kubernetes/pkg/serviceaccount: claims.go (TokenRequest, KEP-1205) and legacy.go (Secrets of type service-account-token).
import { AuthError } from '../auth-error.ts';
import { parseCompactJws } from '../compact-jws.ts';
import { MAX_NUMERIC_DATE, MAX_SERVICE_ACCOUNT_TOKEN_BYTES } from '../limits.ts';
import type { JsonObject } from '../strict-json.ts';
import type { VerifiedToken } from '../types.ts';

/** What an apiserver's key may sign with (--service-account-signing-key-file: RSA or EC). */
export const SERVICE_ACCOUNT_ALGORITHMS = ['RS256', 'ES256', 'ES384', 'ES512'] as const;

/** Issuer of tokens that a Secret holds: signed by the cluster's own key, for any audience, without an end. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

export interface ServiceAccountToken {
  readonly issuer: string;
  readonly keyId: string;
  readonly algorithm: string;
  /** `namespace:name`. */
  readonly account: string;
  /** As VerifiedToken, once somebody has vouched for it. */
  readonly identity: VerifiedToken;
}

const SUBJECT =
  /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?)$/;
const TOKEN_ID = /^[\w-]{1,128}$/;

/** The issuer that a token names, whoever made it; '' when there is none to be read. Only to choose who looks at it. */
export function namedIssuer(token: string): string {
  const [, payload = ''] = token.split('.', 3);
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const issuer = typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : '';
    return typeof issuer === 'string' ? issuer : '';
  } catch {
    return '';
  }
}

/**
 * @throws AuthError CC_ERR_AUTH_TOO_LARGE, CC_ERR_AUTH_MALFORMED, CC_ERR_AUTH_ALGORITHM, CC_ERR_AUTH_CLAIMS,
 *   CC_ERR_AUTH_EXPIRED or CC_ERR_AUTH_NOT_YET_VALID
 */
export function readServiceAccountToken(token: string, clockSkewSeconds: number): ServiceAccountToken {
  const { payload, keyId, algorithm } = parseCompactJws(token, {
    maxBytes: MAX_SERVICE_ACCOUNT_TOKEN_BYTES,
    algorithms: SERVICE_ACCOUNT_ALGORITHMS,
    types: ['', 'jwt'],
  });
  const { iss: issuer, sub: subject, jti = '' } = payload;
  if (typeof issuer !== 'string') throw wrongClaim('iss');
  const account = typeof subject === 'string' ? SUBJECT.exec(subject)?.[1] : undefined;
  if (account === undefined) throw wrongClaim('sub');
  if (typeof jti !== 'string' || (jti !== '' && !TOKEN_ID.test(jti))) throw wrongClaim('jti');
  const expiresAtMs = (endOf(payload, issuer) + clockSkewSeconds) * 1000;
  if (expiresAtMs <= Date.now()) {
    throw new AuthError('CC_ERR_AUTH_EXPIRED', "the ServiceAccount's token has expired");
  }
  const from = Math.max(timeOf(payload, 'nbf', 0), timeOf(payload, 'iat', 0));
  if ((from - clockSkewSeconds) * 1000 > Date.now()) {
    throw new AuthError(
      'CC_ERR_AUTH_NOT_YET_VALID',
      "the ServiceAccount's token is not valid yet: check the clocks",
    );
  }
  const identity: VerifiedToken = Object.freeze({
    kind: 'service-account',
    // Many clusters have one issuer; none has another's key.
    tenantId: `${issuer}#${keyId}`,
    objectId: account,
    applicationId: '',
    tokenId: jti,
    groups: [],
    expiresAtMs,
    recheckAtMs: expiresAtMs,
    user: { name: `system:serviceaccount:${account}`, uid: '', groups: [], extra: {} },
    impersonation: [],
  });
  return { issuer, keyId, algorithm, account, identity };
}

/** Only a Secret's token may be without an end. */
function endOf(payload: JsonObject, issuer: string): number {
  return timeOf(payload, 'exp', issuer === LEGACY_ISSUER ? Infinity : undefined);
}

function timeOf(payload: JsonObject, name: string, absent: number | undefined): number {
  const value = Object.hasOwn(payload, name) ? payload[name] : absent;
  if (value === absent && absent !== undefined) return absent;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_NUMERIC_DATE) {
    throw wrongClaim(name);
  }
  return value;
}

function wrongClaim(name: string): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_CLAIMS',
    `the ServiceAccount token's claim "${name}" is missing or not what Kubernetes writes`,
  );
}
