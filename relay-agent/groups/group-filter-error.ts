// Why a user of many groups cannot be served now: what the cluster binds is not known.
import type { Hop, StatusReason } from '../../http/index.ts';
import { ClusterConnectError } from '../../observe/index.ts';
import { GROUP_LIMITS } from './limits.ts';

export type GroupFilterErrorCode = 'CC_ERR_AGENT_GROUPS_UNAVAILABLE';

export class GroupFilterError extends ClusterConnectError<GroupFilterErrorCode> {
  /** As ReviewError has it. The request itself surely never went to the apiserver. */
  readonly answer: {
    readonly status: number;
    readonly reason: StatusReason;
    readonly hop: Hop;
    readonly retryAfterSeconds: number;
  } = {
    status: 503,
    reason: 'ServiceUnavailable',
    hop: 'agent',
    retryAfterSeconds: GROUP_LIMITS.RETRY_AFTER_SECONDS,
  };

  constructor(message: string) {
    super('CC_ERR_AGENT_GROUPS_UNAVAILABLE', message);
  }
}
