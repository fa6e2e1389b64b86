// A management request as the edge hands it over: already parsed strictly, its body read up to the limit.
import type { ManagementAnswer } from './answer.ts';

export interface ManagementRequest {
  readonly method: string;
  /** Origin form; may carry a query. */
  readonly path: string;
  /** Flat name/value list, as it came. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** Of the client, for limits and logs; of a proxy only where the operator trusts it to tell. */
  readonly remoteAddress: string;
  readonly requestId: string;
}

export type RouteHandler = (request: ManagementRequest) => Promise<ManagementAnswer>;

const JSON_TYPE = /^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i;

/** Exactly one Content-Type, JSON in UTF-8, and no Content-Encoding: nothing is ever inflated here. */
export function isJsonRequest(headers: readonly string[]): boolean {
  const [type, ...more] = valuesOf(headers, 'content-type');
  if (type === undefined || more.length > 0 || !JSON_TYPE.test(type)) return false;
  return valuesOf(headers, 'content-encoding').length === 0;
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
}
