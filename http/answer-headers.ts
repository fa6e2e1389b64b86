// Answer headers are somebody else's word too: an agent's, or those of a pod behind `proxy` (security.md T10, U2).
// Applied at both ends of the tunnel; a second pass changes nothing.
import { MAX_BODY_LENGTH, MAX_HEADERS } from './limits.ts';
import type { HeaderList } from './head-types.ts';
import { HttpError } from './http-error.ts';
import { checkTarget } from './target.ts';
import { isToken } from './grammar.ts';

export interface AnswerFilterOptions {
  /** The route's prefix, e.g. `/clusters/edge-1`: put before the path of a redirect. At the gateway only. */
  readonly pathPrefix?: string;
}

const FORWARD = 0;
const DROP = 1;
const CONNECTION = 2;
const CONTENT_LENGTH = 3;
const TRANSFER_ENCODING = 4;
const LOCATION = 5;
const CONTENT_TYPE = 6;

interface AnswerRule {
  readonly name: string;
  readonly action: number;
}

const RULES = new Map<string, AnswerRule>();
const ACTIONS: readonly (readonly [number, readonly string[]])[] = [
  [CONNECTION, ['connection']],
  [CONTENT_LENGTH, ['content-length']],
  [TRANSFER_ENCODING, ['transfer-encoding']],
  [LOCATION, ['location']],
  [CONTENT_TYPE, ['content-type']],
  // Hop-by-hop (RFC 9110 §7.6.1).
  [
    DROP,
    ['keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authentication-info', 'te', 'trailer'],
  ],
  [DROP, ['upgrade', 'http2-settings', 'proxy-status']],
  // They would bind the client to this host, in the name of one of its many clusters.
  [
    DROP,
    ['set-cookie', 'set-cookie2', 'strict-transport-security', 'public-key-pins', 'expect-ct', 'alt-svc'],
  ],
  [
    DROP,
    ['public-key-pins-report-only', 'alt-used', 'clear-site-data', 'nel', 'report-to', 'reporting-endpoints'],
  ],
  [DROP, ['service-worker-allowed', 'refresh', 'server', 'origin-agent-cluster', 'accept-ch', 'critical-ch']],
  // No page of another origin is ever let in (security.md R5).
  [DROP, ['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-allow-headers']],
  [DROP, ['access-control-allow-methods', 'access-control-expose-headers', 'access-control-max-age']],
  [
    FORWARD,
    ['audit-id', 'cache-control', 'content-encoding', 'date', 'etag', 'expires', 'last-modified', 'vary'],
  ],
  [
    FORWARD,
    ['retry-after', 'warning', 'www-authenticate', 'x-content-type-options', 'x-stream-protocol-version'],
  ],
  [FORWARD, ['x-kubernetes-pf-flowschema-uid', 'x-kubernetes-pf-prioritylevel-uid', 'sec-websocket-accept']],
  [FORWARD, ['sec-websocket-protocol', 'sec-websocket-extensions', 'x-accepted-stream-protocol-versions']],
];
for (const [action, names] of ACTIONS) {
  for (const name of names) {
    const rule = { name, action };
    RULES.set(name, rule);
    RULES.set(
      name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      rule,
    );
  }
}

/**
 * The headers to pass on, lower case, multiplicity kept, Content-Length among them where it is valid. Values are
 * scanned when the head is encoded or decoded.
 *
 * @param rawHeaders flat `[name, value, ...]`, names in any case
 * @throws HttpError CC_ERR_HTTP_BAD_ANSWER for framing that can be read in two ways and for names that are no tokens,
 *   CC_ERR_HTTP_ANSWER_REDIRECT for a redirect that leaves the path of this cluster.
 */
export function filterAnswerHeaders(
  status: number,
  rawHeaders: readonly string[],
  options?: AnswerFilterOptions,
): HeaderList {
  if (rawHeaders.length > 2 * MAX_HEADERS) {
    throw new HttpError('CC_ERR_HTTP_ANSWER_TOO_LARGE', 'an answer with too many headers');
  }
  const headers: HeaderList = [];
  let nominated = '';
  let contentLength = '';
  let chunked = false;
  let typed = false;
  let located = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const rawName = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const { name, action } = RULES.get(rawName) ?? ruleOfUnknown(rawName);
    switch (action) {
      case DROP:
        break;
      case CONNECTION:
        nominated += `,${value}`;
        break;
      case CONTENT_LENGTH:
        if (contentLength !== '' || !isContentLength(value)) throw badAnswer('an invalid Content-Length');
        contentLength = value;
        break;
      case TRANSFER_ENCODING:
        if (chunked || value.toLowerCase() !== 'chunked') throw badAnswer('an invalid Transfer-Encoding');
        chunked = true;
        break;
      case LOCATION:
        if (located) throw badAnswer('two locations');
        located = true;
        if (isWithinCluster(value)) headers.push(name, (options?.pathPrefix ?? '') + value);
        else if (status >= 300 && status < 400) throw badRedirect();
        break;
      case CONTENT_TYPE:
        if (typed) throw badAnswer('two content types');
        typed = true;
        headers.push(name, value);
        break;
      default:
        headers.push(name, value);
    }
  }
  if (contentLength !== '') {
    if (chunked) throw badAnswer('both Transfer-Encoding and Content-Length');
    // RFC 9110 §8.6: not with 1xx and 204; with HEAD and 304 it tells what a GET would have brought.
    if (status >= 200 && status !== 204) headers.push('content-length', contentLength);
  }
  return nominated === '' ? headers : withoutNominated(headers, nominated);
}

/** Whether a body follows this head (RFC 9112 §6.3). */
export function answerHasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}

/** A parsed header record, as undici gives it, as a flat list. Arrays become one line for each value. */
export function flattenHeaders(
  record: Readonly<Record<string, string | readonly string[] | undefined>>,
): HeaderList {
  const headers: HeaderList = [];
  for (const name of Object.keys(record)) {
    const value = record[name];
    if (typeof value === 'string') headers.push(name, value);
    else if (value !== undefined) for (const line of value) headers.push(name, line);
  }
  return headers;
}

function ruleOfUnknown(rawName: string): AnswerRule {
  const name = rawName.toLowerCase();
  const known = RULES.get(name);
  if (known !== undefined) return known;
  if (!isToken(name)) throw badAnswer('a header name is not a token');
  return { name, action: FORWARD };
}

// Whatever Connection names ended at the hop that sent it (RFC 9110 §7.6.1). Rarely more than close or keep-alive.
function withoutNominated(headers: HeaderList, nominated: string): HeaderList {
  const names = new Set(nominated.split(',').map((name) => name.trim().toLowerCase()));
  if (!headers.some((name, i) => i % 2 === 0 && names.has(name))) return headers;
  return headers.filter((_, i) => !names.has(headers[i - (i % 2)] ?? ''));
}

// A client follows a redirect with its token in hand (CVE-2022-3172): only within its own cluster, by an absolute path.
// A fragment never leaves the client.
function isWithinCluster(location: string): boolean {
  const fragmentAt = location.indexOf('#');
  try {
    checkTarget(fragmentAt < 0 ? location : location.substring(0, fragmentAt));
    return true;
  } catch {
    return false;
  }
}

function badRedirect(): HttpError {
  return new HttpError('CC_ERR_HTTP_ANSWER_REDIRECT', 'the answer is a redirect that leaves this cluster');
}

function isContentLength(value: string): boolean {
  return /^[0-9]{1,16}$/.test(value) && Number(value) <= MAX_BODY_LENGTH;
}

function badAnswer(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_ANSWER', message);
}
