// The methods that pass, by number in an encoded head. CONNECT and TRACE never do (security.md R2).
import { HttpError } from './http-error.ts';

/** Position is the number on the wire: append only. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export const METHOD_NUMBERS: ReadonlyMap<string, number> = new Map(
  METHODS.map((method, number) => [method, number]),
);

const REFUSED = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** @throws HttpError 405 for CONNECT and TRACE, 501 for methods that Kubernetes does not know. Case matters. */
export function checkMethod(method: string): void {
  if (METHOD_NUMBERS.has(method)) return;
  if (REFUSED.has(method))
    throw new HttpError('CC_ERR_HTTP_METHOD_REFUSED', 'this method is not allowed here');
  throw new HttpError('CC_ERR_HTTP_METHOD_UNKNOWN', 'this method is not known here');
}
