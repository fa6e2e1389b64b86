// What a client is told when the kube-apiserver gave no answer, and whether it may come again.
import { HttpError } from '../http/index.ts';
import type { StatusOptions } from '../http/index.ts';
import { errorCode } from '../observe/index.ts';

// The request never reached the apiserver, or it said that it did not begin it: a client may send it again (DESIGN §6).
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CC_ERR_UPSTREAM_CONNECT_TIMEOUT',
  'CC_ERR_UPSTREAM_REFUSED',
]);
const RETRY_AFTER_SECONDS = 1;

/** @param error of the HTTP/2 pool, of undici, of Node's client, or the HttpError of an answer that was refused */
export function upstreamFailure(error: unknown, requestId: string): StatusOptions {
  const shared = { hop: 'apiserver', requestId } as const;
  if (error instanceof HttpError) {
    return { ...shared, code: error.status, reason: error.reason, message: error.message };
  }
  const code = errorCode(error);
  if (NEVER_SENT.has(code)) {
    return {
      ...shared,
      code: 503,
      reason: 'ServiceUnavailable',
      message: `the agent cannot reach the kube-apiserver (${code})`,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  return {
    ...shared,
    code: 502,
    reason: 'InternalError',
    message: `the connection to the kube-apiserver broke before it answered (${code})`,
  };
}
