import { expect, it } from 'vitest';
import { AuthError, authRefusal } from '../../auth/index.ts';

it.each([
  ['CC_ERR_AUTH_EXPIRED', { code: 401, reason: 'Unauthorized' }],
  ['CC_ERR_AUTH_MISSING', { code: 401, reason: 'Unauthorized' }],
  ['CC_ERR_AUTH_IDENTITY', { code: 403, reason: 'Forbidden' }],
  ['CC_ERR_AUTH_GROUPS_OVERAGE', { code: 403, reason: 'Forbidden' }],
  ['CC_ERR_AUTH_PERMISSION', { code: 403, reason: 'Forbidden' }],
  ['CC_ERR_AUTH_DENIED', { code: 403, reason: 'Forbidden' }],
  ['CC_ERR_AUTH_POP_CLUSTER', { code: 401, reason: 'Unauthorized' }],
  ['CC_ERR_AUTH_REPLAYED', { code: 401, reason: 'Unauthorized' }],
  ['CC_ERR_AUTH_UNAVAILABLE', { code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 2 }],
  ['CC_ERR_AUTH_BUSY', { code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 2 }],
] as const)('%s is answered as %j', (code, refusal) => {
  expect(authRefusal(new AuthError(code, 'words'))).toEqual(refusal);
});
