// Writes an answer of the double with the headers that Entra sends: nothing of a token is cached, documents are for a day.
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { JsonAnswer } from './answers.ts';
import type { AuthorizeAnswer } from './authorize/authorize-endpoint.ts';
import type { Area } from './misbehaviour.ts';

const ALWAYS = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
} as const;
const NO_CACHE = { 'cache-control': 'no-store, no-cache', pragma: 'no-cache', expires: '-1' } as const;
const DOCUMENT = { 'cache-control': 'max-age=86400, private', 'access-control-allow-origin': '*' } as const;

export function respond(
  response: ServerResponse,
  answer: JsonAnswer | AuthorizeAnswer,
  area: Area | undefined,
): void {
  const isDocument = answer.status === 200 && (area === 'keys' || area === 'metadata');
  const headers = { ...ALWAYS, ...(isDocument ? DOCUMENT : NO_CACHE), 'x-ms-request-id': randomUUID() };
  if ('location' in answer) {
    response.writeHead(answer.status, { ...headers, location: answer.location }).end();
  } else if ('html' in answer) {
    const type = { 'content-type': 'text/html; charset=utf-8' };
    response.writeHead(answer.status, { ...headers, ...type }).end(answer.html);
  } else {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    response
      .writeHead(answer.status, { ...headers, ...type, ...answer.headers })
      .end(JSON.stringify(answer.body));
  }
}
