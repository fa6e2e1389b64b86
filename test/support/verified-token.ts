// What a verifier finds about a user who has nothing special; a test says what is.
import type { VerifiedToken } from '../../auth/index.ts';

export function verifiedToken(changes: Partial<VerifiedToken> = {}): VerifiedToken {
  const { objectId = 'o', expiresAtMs = Infinity } = changes;
  return {
    kind: 'user',
    tenantId: 't',
    objectId,
    applicationId: '',
    tokenId: '',
    groups: [],
    expiresAtMs,
    recheckAtMs: expiresAtMs,
    user: { name: objectId, uid: '', groups: [], extra: {} },
    impersonation: ['impersonate-user', objectId],
    ...changes,
  };
}
