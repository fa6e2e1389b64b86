// How an AuthError is answered: only a token problem is a 401, for that makes kubectl fetch a new token (kubernetes-wire §4).
import type { AuthError } from './auth-error.ts';

export interface Refusal {
  readonly code: 401 | 403 | 503;
  readonly reason: 'Unauthorized' | 'Forbidden' | 'ServiceUnavailable';
  readonly retryAfterSeconds?: number;
}

const RETRY_AFTER_SECONDS = 2;

export function authRefusal(error: AuthError): Refusal {
  if (error.retryable)
    return { code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: RETRY_AFTER_SECONDS };
  // A new token would say the same: the principal itself cannot be a Kubernetes user.
  if (error.code === 'CC_ERR_AUTH_IDENTITY' || error.code === 'CC_ERR_AUTH_GROUPS_OVERAGE') {
    return { code: 403, reason: 'Forbidden' };
  }
  return { code: 401, reason: 'Unauthorized' };
}
