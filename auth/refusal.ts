// How an AuthError is answered: only a token problem is a 401, for that makes kubectl fetch a new token (kubernetes-wire §4).
import type { AuthError, AuthErrorCode } from './auth-error.ts';

export interface Refusal {
  readonly code: 401 | 403 | 503;
  readonly reason: 'Unauthorized' | 'Forbidden' | 'ServiceUnavailable';
  readonly retryAfterSeconds?: number;
}

const RETRY_AFTER_SECONDS = 2;

/** A new token would say the same: it is the principal who may not, or who cannot be a Kubernetes user. */
const ABOUT_THE_PRINCIPAL: ReadonlySet<AuthErrorCode> = new Set<AuthErrorCode>([
  'CC_ERR_AUTH_IDENTITY',
  'CC_ERR_AUTH_GROUPS_OVERAGE',
  'CC_ERR_AUTH_PERMISSION',
  'CC_ERR_AUTH_DENIED',
]);

export function authRefusal(error: AuthError): Refusal {
  if (error.retryable)
    return { code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (ABOUT_THE_PRINCIPAL.has(error.code)) return { code: 403, reason: 'Forbidden' };
  return { code: 401, reason: 'Unauthorized' };
}
