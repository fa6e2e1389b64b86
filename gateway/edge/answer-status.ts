// Answers a client with a Kubernetes Status, where no answer of a cluster can be had.
import { statusBody, statusHeaders } from '../../http/index.ts';
import type { StatusOptions } from '../../http/index.ts';
import type { Exchange } from './exchange.ts';

// RFC 6750 §3
const CHALLENGE = 'Bearer realm="cluster-connect"';

/** @param bodyUnread whether a request body is still coming: then the connection ends with this answer (security S6). */
export function answerStatus(exchange: Exchange, status: StatusOptions, bodyUnread: boolean): void {
  const body = statusBody(status);
  const headers = statusHeaders(status, body.byteLength, CHALLENGE);
  if (bodyUnread && exchange.httpVersion !== '2.0' && !exchange.isUpgrade)
    headers.push('connection', 'close');
  exchange.respond(status.code, headers);
  if (exchange.method !== 'HEAD') exchange.write(body);
  exchange.end(bodyUnread);
}
