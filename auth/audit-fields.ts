// Whose stream or request it was, for an audit record: ids only, no name and no token.
import type { VerifiedToken } from './types.ts';

export function auditFields(token: VerifiedToken): Readonly<Record<string, string>> {
  const { kind, tenantId, objectId, applicationId, tokenId, expiresAtMs } = token;
  return {
    kind,
    tenantId,
    objectId,
    applicationId,
    // Not under a name that redaction takes for the token itself.
    tokenUti: tokenId,
    expiresAt: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : 'never',
  };
}
