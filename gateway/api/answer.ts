// Answers of the management API: JSON, never cached, errors as Kubernetes Status like everywhere at the edge.
import { statusBody } from '../../http/index.ts';

export interface ManagementAnswer {
  readonly status: number;
  /** Flat name/value list. */
  readonly headers: string[];
  readonly body: Buffer;
}

/** HTTP status to Status.reason (k8s.io/apimachinery meta/v1 StatusReason). */
const REASONS = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
} as const;

export type ErrorStatus = keyof typeof REASONS;

export interface ErrorDetails {
  readonly retryAfterSeconds?: number;
  /** For a 405 (RFC 9110 §15.5.6). */
  readonly allow?: string;
}

export function jsonAnswer(value: unknown): ManagementAnswer {
  return answer(200, [], Buffer.from(JSON.stringify(value)));
}

export function errorAnswer(
  status: ErrorStatus,
  message: string,
  requestId: string,
  details: ErrorDetails = {},
): ManagementAnswer {
  const { retryAfterSeconds, allow } = details;
  const headers: string[] = [];
  // RFC 9110 §15.5.2 wants a challenge beside each 401.
  if (status === 401) headers.push('www-authenticate', 'Bearer realm="cluster-connect join"');
  if (retryAfterSeconds !== undefined) headers.push('retry-after', String(retryAfterSeconds));
  if (allow !== undefined) headers.push('allow', allow);
  const body = statusBody({
    code: status,
    reason: REASONS[status],
    message,
    hop: 'gateway',
    requestId,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
  return answer(status, headers, body);
}

function answer(status: number, headers: string[], body: Buffer): ManagementAnswer {
  const length = String(body.length);
  return {
    status,
    headers: [
      'content-type',
      'application/json',
      'content-length',
      length,
      'cache-control',
      'no-store',
      ...headers,
    ],
    body,
  };
}
