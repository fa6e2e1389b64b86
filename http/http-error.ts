// The refusals of this folder: one table says which HTTP status and which Kubernetes reason each code becomes.
import { ClusterConnectError } from '../observe/index.ts';

/** Reasons of a Kubernetes Status that we give (k8s.io/apimachinery metav1.StatusReason). */
export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'MethodNotAllowed'
  | 'Conflict'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'TooManyRequests'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'Timeout';

interface Refusal {
  readonly status: number;
  readonly reason: StatusReason;
}

export const HTTP_ERRORS = {
  /** The request line's target is not a clean origin-form path (security.md R1, R2). */
  CC_ERR_HTTP_BAD_TARGET: { status: 400, reason: 'BadRequest' },
  CC_ERR_HTTP_TARGET_TOO_LONG: { status: 414, reason: 'BadRequest' },
  /** No Host, several, or one that is no host (security.md H6, R3). */
  CC_ERR_HTTP_BAD_HOST: { status: 400, reason: 'BadRequest' },
  /** A header name or value that RFC 9110 does not allow (security.md S3, S8). */
  CC_ERR_HTTP_BAD_HEADER: { status: 400, reason: 'BadRequest' },
  /** A header that may come once came twice (security.md H6). */
  CC_ERR_HTTP_DUPLICATE_HEADER: { status: 400, reason: 'BadRequest' },
  /** Connection names a header that must reach the other end (security.md H1, H2). */
  CC_ERR_HTTP_BAD_CONNECTION: { status: 400, reason: 'BadRequest' },
  /** The end of the body could be read in two ways (security.md S1, S2). */
  CC_ERR_HTTP_BAD_FRAMING: { status: 400, reason: 'BadRequest' },
  CC_ERR_HTTP_BODY_TOO_LARGE: { status: 413, reason: 'RequestEntityTooLarge' },
  CC_ERR_HTTP_HEADERS_TOO_LARGE: { status: 431, reason: 'BadRequest' },
  /** X-Remote-*, or Impersonate-* in a spelling or with a key that no client of Kubernetes writes (security.md H3). */
  CC_ERR_HTTP_IDENTITY_HEADER: { status: 403, reason: 'Forbidden' },
  /** Impersonate-Group, -Uid or -Extra-* without a user to act as, or an empty one (security.md H4). */
  CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER: { status: 400, reason: 'BadRequest' },
  /** A browser's request from a page that the operator did not allow (security.md R5). */
  CC_ERR_HTTP_ORIGIN_REFUSED: { status: 403, reason: 'Forbidden' },
  CC_ERR_HTTP_BAD_EXPECT: { status: 417, reason: 'BadRequest' },
  CC_ERR_HTTP_METHOD_REFUSED: { status: 405, reason: 'MethodNotAllowed' },
  CC_ERR_HTTP_METHOD_UNKNOWN: { status: 501, reason: 'MethodNotAllowed' },
  CC_ERR_HTTP_VERSION_REFUSED: { status: 505, reason: 'BadRequest' },
  /** An Upgrade that is not `websocket` or `SPDY/3.1`, or comes with a body or a wrong method (security.md U3, U4). */
  CC_ERR_HTTP_BAD_UPGRADE: { status: 400, reason: 'BadRequest' },
  /** An upgrade on a path that has none (security.md U3). */
  CC_ERR_HTTP_UPGRADE_PATH: { status: 400, reason: 'BadRequest' },
  /** No usable bearer token: another scheme, an empty or a split value (security.md H7). */
  CC_ERR_HTTP_BAD_CREDENTIALS: { status: 401, reason: 'Unauthorized' },
  /** Credentials came in two places at once (security.md H6, H7). */
  CC_ERR_HTTP_TWO_CREDENTIALS: { status: 400, reason: 'BadRequest' },
  /** The bytes of a request head out of the tunnel are not one. */
  CC_ERR_HTTP_HEAD_MALFORMED: { status: 400, reason: 'BadRequest' },
  /** The other end of the tunnel encodes heads in a version that this one does not know. */
  CC_ERR_HTTP_HEAD_VERSION: { status: 502, reason: 'InternalError' },
  /** An answer whose head cannot be trusted or understood (security.md T10). */
  CC_ERR_HTTP_BAD_ANSWER: { status: 502, reason: 'InternalError' },
  CC_ERR_HTTP_ANSWER_TOO_LARGE: { status: 502, reason: 'InternalError' },
  /** An answer that would send the client, and perhaps its token, elsewhere (security.md U2). */
  CC_ERR_HTTP_ANSWER_REDIRECT: { status: 502, reason: 'InternalError' },
  /** An upgrade answered by anything between 100 and 399 but the 101 that was asked for (security.md U1, U2). */
  CC_ERR_HTTP_UPGRADE_ANSWER: { status: 502, reason: 'InternalError' },
  /** A request was about to leave without exactly one impersonated user (security.md H1, H4). */
  CC_ERR_HTTP_NO_IMPERSONATION: { status: 500, reason: 'InternalError' },
} as const satisfies Record<`CC_ERR_HTTP_${string}`, Refusal>;

export type HttpErrorCode = keyof typeof HTTP_ERRORS;

/** A message refused by the rules of HTTP, ours or RFC 9110's. Carries what an edge needs for a Status answer. */
export class HttpError extends ClusterConnectError<HttpErrorCode> {
  readonly status: number;
  readonly reason: StatusReason;

  constructor(code: HttpErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.status = HTTP_ERRORS[code].status;
    this.reason = HTTP_ERRORS[code].reason;
  }
}
