// The gateway's own refusals: one table says which HTTP status and which Kubernetes reason each code becomes.
import type { StatusReason } from '../http/index.ts';
import { ClusterConnectError } from '../observe/index.ts';

export const GATEWAY_ERRORS = {
  /** The host of a request is not one that its connection was opened for (security R3). */
  CC_ERR_GATEWAY_MISDIRECTED: { status: 421, reason: 'BadRequest' },
  CC_ERR_GATEWAY_NOT_FOUND: { status: 404, reason: 'NotFound' },
  /** `/tunnel` without a WebSocket upgrade (RFC 9110 §15.5.22). */
  CC_ERR_GATEWAY_UPGRADE_REQUIRED: { status: 426, reason: 'BadRequest' },
  CC_ERR_GATEWAY_UPGRADE_PATH: { status: 400, reason: 'BadRequest' },
  /** The caller's role does not allow this request. */
  CC_ERR_GATEWAY_FORBIDDEN: { status: 403, reason: 'Forbidden' },
  /** No such cluster, or none that this caller may know of: not told apart. */
  CC_ERR_GATEWAY_CLUSTER_UNKNOWN: { status: 404, reason: 'NotFound' },
  CC_ERR_GATEWAY_CLUSTER_OFFLINE: { status: 503, reason: 'ServiceUnavailable' },
  CC_ERR_GATEWAY_USER_STREAMS: { status: 429, reason: 'TooManyRequests' },
  /** A request to the management API. */
  CC_ERR_GATEWAY_BODY_TOO_LARGE: { status: 413, reason: 'RequestEntityTooLarge' },
  CC_ERR_GATEWAY_BODY_TIMEOUT: { status: 408, reason: 'Timeout' },
} as const satisfies Record<string, { readonly status: number; readonly reason: StatusReason }>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

export class GatewayError extends ClusterConnectError<GatewayErrorCode> {
  readonly status: number;
  readonly reason: StatusReason;
  /** Only where nothing of the request has reached the apiserver, and trying again may help. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: GatewayErrorCode,
    message: string,
    options?: ErrorOptions & { retryAfterSeconds?: number },
  ) {
    super(code, message, options);
    this.status = GATEWAY_ERRORS[code].status;
    this.reason = GATEWAY_ERRORS[code].reason;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}
