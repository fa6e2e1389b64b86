// Errors as kubectl reads them: a Kubernetes Status that names the hop and the request id (facts/kubernetes-wire.md §7).
import type { HeaderList } from './head-types.ts';
import type { StatusReason } from './http-error.ts';
import { METHODS } from './methods.ts';

/** Who gave this answer. */
export type Hop = 'gateway' | 'tunnel' | 'agent' | 'apiserver';

export interface StatusOptions {
  /** HTTP status, 400 to 599. */
  readonly code: number;
  readonly reason: StatusReason;
  /** For a person, without secrets; hop and request id are added. */
  readonly message: string;
  readonly hop: Hop;
  readonly requestId: string;
  /** Only when the request surely never reached the apiserver: kubectl sends it again then, whatever it was. */
  readonly retryAfterSeconds?: number | undefined;
  /** Our own error code, e.g. `CC_ERR_HTTP_BAD_TARGET`. */
  readonly errorCode?: string | undefined;
}

/** What a person reads: the message, and where to look for more. */
export function statusMessage(status: Pick<StatusOptions, 'message' | 'hop' | 'requestId'>): string {
  return `${status.message} (${status.hop}, request id ${status.requestId})`;
}

/** The body of an error answer, UTF-8 JSON. */
export function statusBody(status: StatusOptions): Buffer {
  const causes = [
    { reason: 'Hop', message: status.hop },
    { reason: 'RequestId', message: status.requestId },
  ];
  if (status.errorCode !== undefined) causes.push({ reason: 'ErrorCode', message: status.errorCode });
  return Buffer.from(
    JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: statusMessage(status),
      reason: status.reason,
      details:
        status.retryAfterSeconds === undefined
          ? { causes }
          : { causes, retryAfterSeconds: retrySeconds(status.retryAfterSeconds) },
      code: status.code,
    }),
  );
}

/**
 * The headers beside such a body, lower case.
 *
 * @param challenge WWW-Authenticate for a 401 (RFC 9110 §15.5.2 wants one), `Bearer` where none is given
 */
export function statusHeaders(
  status: Pick<StatusOptions, 'code' | 'requestId' | 'retryAfterSeconds'>,
  bodyLength: number,
  challenge = 'Bearer',
): HeaderList {
  const headers: HeaderList = [
    'content-type',
    'application/json',
    'content-length',
    `${bodyLength}`,
    'cache-control',
    'no-cache, private',
    'x-content-type-options',
    'nosniff',
    'audit-id',
    status.requestId,
  ];
  if (status.code === 401) headers.push('www-authenticate', challenge);
  // RFC 9110 §15.5.6.
  if (status.code === 405) headers.push('allow', METHODS.join(', '));
  if (status.retryAfterSeconds !== undefined) {
    headers.push('retry-after', `${retrySeconds(status.retryAfterSeconds)}`);
  }
  return headers;
}

// client-go understands whole seconds only.
function retrySeconds(seconds: number): number {
  return Math.max(1, Math.ceil(seconds));
}
