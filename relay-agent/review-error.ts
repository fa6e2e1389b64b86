// Why nobody acts as somebody else now: one table says what a client sees for each code, and which hop is at fault.
import type { Hop, StatusReason } from '../http/index.ts';
import { ClusterConnectError } from '../observe/index.ts';

interface Answer {
  readonly status: number;
  readonly reason: StatusReason;
  readonly hop: Hop;
  /** Only where the request itself surely never went to the apiserver, and later may do better. */
  readonly retryAfterSeconds?: number;
}

export const REVIEW_ERRORS = {
  /** The agent's ServiceAccount may not create subjectaccessreviews: the operator left that ClusterRole out. */
  CC_ERR_AGENT_ACT_AS_DISABLED: { status: 403, reason: 'Forbidden', hop: 'agent' },
  /** As many requests that act as somebody else are being reviewed as one agent reviews at once, of this user or of all. */
  CC_ERR_AGENT_REVIEW_BUSY: { status: 429, reason: 'TooManyRequests', hop: 'agent', retryAfterSeconds: 1 },
  /** The apiserver could not be asked, or said that it has no time. */
  CC_ERR_AGENT_REVIEW_UNAVAILABLE: {
    status: 503,
    reason: 'ServiceUnavailable',
    hop: 'apiserver',
    retryAfterSeconds: 1,
  },
  /** The apiserver did not answer in time. */
  CC_ERR_AGENT_REVIEW_TIMEOUT: { status: 504, reason: 'Timeout', hop: 'apiserver' },
  /** The apiserver answered something that is no SubjectAccessReview, or too much of it. */
  CC_ERR_AGENT_REVIEW_ANSWER: { status: 502, reason: 'InternalError', hop: 'apiserver' },
} as const satisfies Record<`CC_ERR_AGENT_${string}`, Answer>;

export type ReviewErrorCode = keyof typeof REVIEW_ERRORS;

/** No decision could be had, which is a no: whoever asked is refused. */
export class ReviewError extends ClusterConnectError<ReviewErrorCode> {
  readonly answer: Answer;

  constructor(code: ReviewErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.answer = REVIEW_ERRORS[code];
  }
}
