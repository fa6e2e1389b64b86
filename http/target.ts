// Request targets, read by hand and forwarded byte for byte: a URL parser would collapse what two hops then
// see differently (security.md R1: `new URL('//evil/x', base)` changes the host). RFC 9112 §3.2.1, RFC 3986 §3.3.
import { MAX_TARGET_LENGTH } from './limits.ts';
import { HttpError } from './http-error.ts';

export interface Target {
  /** Begins with `/`; still encoded. */
  readonly path: string;
  /** Without its `?`; still encoded; empty when there is none. */
  readonly query: string;
}

export interface ClusterTarget {
  readonly cluster: string;
  /** What is left for the cluster, byte for byte. Not checked yet: see checkTarget. */
  readonly target: string;
}

const PATH_CHAR = 1;
const QUERY_CHAR = 2;

/** For each byte: whether it may stand in a path (pchar and `/`), or at least in a query (browsers leave `{|}` there). */
const TARGET_CLASS = new Uint8Array(128);
for (let code = 0x21; code < 0x7f; code++) TARGET_CLASS[code] = QUERY_CHAR;
TARGET_CLASS[0x23] = 0; // '#'
for (const char of "/-._~!$&'()*+,;=:@%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TARGET_CLASS[char.charCodeAt(0)] = PATH_CHAR | QUERY_CHAR;
}

const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const QUESTION = 0x3f;

/**
 * Refuses every target that is not a plain origin-form path with an optional query: absolute, authority and
 * asterisk form, `.` and `..` segments (raw or decoded once), empty segments, backslashes, control characters,
 * `#`, broken percent-encoding, and an encoded slash where it is not data of a `/proxy/` path.
 *
 * @returns where the path ends: the index of `?`, or the length.
 * @throws HttpError CC_ERR_HTTP_BAD_TARGET (400) or CC_ERR_HTTP_TARGET_TOO_LONG (414).
 */
export function checkTarget(target: string): number {
  const length = target.length;
  if (length > MAX_TARGET_LENGTH) {
    throw new HttpError('CC_ERR_HTTP_TARGET_TOO_LONG', 'the request target is too long');
  }
  if (target.charCodeAt(0) !== SLASH) throw badTarget('the request target does not begin with a slash');
  let encoded = false;
  let previous = 0;
  let at = 0;
  for (; at < length; at++) {
    const code = target.charCodeAt(at);
    if (code === QUESTION) break;
    if (((TARGET_CLASS[code] ?? 0) & PATH_CHAR) === 0) throw badTarget('a character that no path may hold');
    if (previous === SLASH) {
      if (code === SLASH) throw badTarget('an empty path segment');
      if (code === DOT && isDotSegment(target, at)) throw badTarget('a dot segment');
    }
    if (code === PERCENT) {
      if (!isEscape(target, at)) throw badTarget('a broken percent-encoding');
      encoded = true;
    }
    previous = code;
  }
  if (encoded) checkEncodedPath(target.substring(0, at));
  for (let i = at + 1; i < length; i++) {
    const code = target.charCodeAt(i);
    if ((TARGET_CLASS[code] ?? 0) === 0) throw badTarget('a character that no query may hold');
    if (code === PERCENT && !isEscape(target, i)) throw badTarget('a broken percent-encoding');
  }
  return at;
}

/** The two parts of a target. @throws what checkTarget throws. */
export function parseTarget(target: string): Target {
  const end = checkTarget(target);
  return { path: target.substring(0, end), query: target.substring(end + 1) };
}

const CLUSTER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CLUSTER_PREFIX = '/clusters/';

/** Whether a text may name a cluster: a DNS label of RFC 1123, lower case. */
export function isClusterName(text: string): boolean {
  return CLUSTER_NAME.test(text);
}

/**
 * `/clusters/edge-1/api?x=1` is `/api?x=1` of `edge-1`; undefined for any other shape. Only the prefix is looked at:
 * the caller checks the rest (or the whole, where this gives undefined) with checkTarget.
 */
export function splitClusterPath(target: string): ClusterTarget | undefined {
  if (!target.startsWith(CLUSTER_PREFIX)) return undefined;
  const end = target.indexOf('/', CLUSTER_PREFIX.length);
  if (end < 0) return undefined;
  const cluster = target.substring(CLUSTER_PREFIX.length, end);
  return isClusterName(cluster) ? { cluster, target: target.substring(end) } : undefined;
}

// `.` or `..` up to the segment's end; `;` ends it too, since some servers cut parameters off before they resolve it.
function isDotSegment(target: string, at: number): boolean {
  const next = target.charCodeAt(at + 1);
  return endsSegment(next) || (next === DOT && endsSegment(target.charCodeAt(at + 2)));
}

function endsSegment(code: number): boolean {
  // NaN: the end of the target.
  return code === SLASH || code === QUESTION || code === SEMICOLON || Number.isNaN(code);
}

function isEscape(target: string, at: number): boolean {
  return isHexDigit(target.charCodeAt(at + 1)) && isHexDigit(target.charCodeAt(at + 2));
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

// The proxy subresources of core/v1: what follows is another server's path, in which %2f is data.
const PROXY_PATH = /^\/api\/v1\/(?:nodes\/[^/]+|namespaces\/[^/]+\/(?:pods|services)\/[^/]+)\/proxy\//;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const DECODED_DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:[/;]|$)/;

function checkEncodedPath(path: string): void {
  const dataAt = PROXY_PATH.exec(path)?.[0].length ?? path.length;
  const decoded = path.replace(ESCAPE, (_escape, digits: string, at: number) => {
    const code = Number.parseInt(digits, 16);
    if (code < 0x20 || code === 0x7f) throw badTarget('an encoded control character');
    if (code === 0x5c) throw badTarget('an encoded backslash');
    if (code === SLASH && at < dataAt) throw badTarget('an encoded slash outside a proxied path');
    return String.fromCharCode(code);
  });
  if (DECODED_DOT_SEGMENT.test(decoded)) throw badTarget('an encoded dot segment');
}

function badTarget(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_TARGET', message);
}
