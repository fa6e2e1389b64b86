// The one error of auth/: a code for programs and a reason that may be shown to the client, and nothing secret.
import { ClusterConnectError } from '../observe/index.ts';

export type AuthErrorCode =
  /** No credentials, or an Authorization header that is not `Bearer <token>` (RFC 6750 §2.1). */
  | 'CC_ERR_AUTH_MISSING'
  | 'CC_ERR_AUTH_HEADER'
  /** The token is not a JWS in compact form with JSON objects inside (RFC 7515 §3.1). */
  | 'CC_ERR_AUTH_TOO_LARGE'
  | 'CC_ERR_AUTH_MALFORMED'
  /** The JOSE header asks for something that is not accepted. */
  | 'CC_ERR_AUTH_ALGORITHM'
  /** The signature, or the key that should have made it. */
  | 'CC_ERR_AUTH_UNKNOWN_KEY'
  | 'CC_ERR_AUTH_SIGNATURE'
  /** A claim is missing or has a wrong type. */
  | 'CC_ERR_AUTH_CLAIMS'
  | 'CC_ERR_AUTH_TENANT'
  | 'CC_ERR_AUTH_ISSUER'
  | 'CC_ERR_AUTH_AUDIENCE'
  | 'CC_ERR_AUTH_EXPIRED'
  | 'CC_ERR_AUTH_NOT_YET_VALID'
  /** Not the kind of token that is accepted here: an ID token, a plain one where a proof of possession is wanted. */
  | 'CC_ERR_AUTH_TOKEN_KIND'
  /** A proof-of-possession token: its key or signature; and the cluster that it is for. */
  | 'CC_ERR_AUTH_POP'
  | 'CC_ERR_AUTH_POP_CLUSTER'
  /** The claims are true, and the scope or app role that is asked for is not among them. */
  | 'CC_ERR_AUTH_PERMISSION'
  /** The user, the application or the token is on the deny list. */
  | 'CC_ERR_AUTH_DENIED'
  /** The claims are true, and no Kubernetes user can be made of them. */
  | 'CC_ERR_AUTH_IDENTITY'
  | 'CC_ERR_AUTH_GROUPS_OVERAGE'
  /** Not the token's fault: the authority's keys or the groups at Graph could not be had, or too much is under way. */
  | 'CC_ERR_AUTH_UNAVAILABLE'
  | 'CC_ERR_AUTH_GRAPH_UNAVAILABLE'
  | 'CC_ERR_AUTH_BUSY'
  /** Agents: the assertion or the join proof. */
  | 'CC_ERR_AUTH_UNKNOWN_CLUSTER'
  | 'CC_ERR_AUTH_PROOF'
  /** An assertion that was used before, or a nonce that somebody else used. */
  | 'CC_ERR_AUTH_REPLAYED';

const RETRYABLE: ReadonlySet<AuthErrorCode> = new Set([
  'CC_ERR_AUTH_UNAVAILABLE',
  'CC_ERR_AUTH_GRAPH_UNAVAILABLE',
  'CC_ERR_AUTH_BUSY',
]);

/**
 * Why somebody was not let in.
 *
 * `retryable` tells the two cases apart that an edge must not mix up: false is the token's fault (401), true is
 * ours or the authority's (503), and the same token may pass later.
 */
export class AuthError extends ClusterConnectError<AuthErrorCode> {
  /** For the client's eyes: fixed words, times and claim names, never a claim's value. */
  readonly reason: string;
  readonly retryable: boolean;

  constructor(code: AuthErrorCode, reason: string, options?: ErrorOptions) {
    super(code, reason, options);
    this.reason = reason;
    this.retryable = RETRYABLE.has(code);
  }
}
