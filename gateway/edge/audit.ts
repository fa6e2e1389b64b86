// What is kept for whoever has to know later who was cut off, and why.
import { auditFields } from '../../auth/index.ts';
import type { VerifiedToken } from '../../auth/index.ts';
import type { Logger } from '../../observe/index.ts';
import type { TokenEnd } from './end-notice.ts';

export interface StreamEnd {
  readonly requestId: string;
  readonly cluster: string;
  readonly token: VerifiedToken;
  readonly why: TokenEnd;
}

/** A running request was ended because its token expired or was withdrawn. */
export function auditStreamEnd(logger: Logger, { requestId, cluster, token, why }: StreamEnd): void {
  logger.info('audit.stream.ended', {
    requestId,
    cluster,
    reason: why === 'EXPIRED' || why === 'TOKEN_EXPIRED' ? 'expired' : 'denied',
    endedBy: why === 'EXPIRED' || why === 'AGENT_DENIED' ? 'agent' : 'gateway',
    ...auditFields(token),
  });
}
