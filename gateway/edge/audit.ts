// What is kept for whoever has to know later who was cut off, and why. Ids only: no name, no token.
import type { VerifiedToken } from '../../auth/index.ts';
import type { Logger } from '../../observe/index.ts';
import type { TokenEnd } from './end-notice.ts';

export interface StreamEnd {
  readonly requestId: string;
  readonly cluster: string;
  readonly token: VerifiedToken;
  /** EXPIRED is the agent's word for it. */
  readonly why: TokenEnd | 'EXPIRED';
}

/** A running request was ended because its token expired or was withdrawn. */
export function auditStreamEnd(logger: Logger, { requestId, cluster, token, why }: StreamEnd): void {
  const { kind, tenantId, objectId, applicationId, tokenId, expiresAtMs } = token;
  logger.info('audit.stream.ended', {
    requestId,
    cluster,
    reason: why === 'TOKEN_DENIED' ? 'denied' : 'expired',
    endedBy: why === 'EXPIRED' ? 'agent' : 'gateway',
    kind,
    tenantId,
    objectId,
    applicationId,
    tokenUti: tokenId,
    expiresAt: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : 'never',
  });
}
