// The strict edge: one pass over the flat header list that Node gives both refuses what two hops could read in two
// ways and makes the list to forward. Never `req.headers`, which merges and drops lines (security.md S5, H6).
import { MAX_BODY_LENGTH, MAX_CLIENT_HEADERS, MAX_CLIENT_HEADER_BYTES, MAX_TOKEN_LENGTH } from './limits.ts';
import type { HeaderList, UpgradeToken } from './head-types.ts';
import { BEARER_SUBPROTOCOL, holdsBearerSubprotocol, takeBearerSubprotocol } from './subprotocol.ts';
import { ACTION, ruleOf } from './request-header-rules.ts';
import { HttpError } from './http-error.ts';
import { checkMethod } from './methods.ts';
import { isHostValue } from './host.ts';
import { parseUpgrade } from './upgrade.ts';
import { readAskedIdentity } from './asked-identity.ts';
import { refuseIdentityHeader } from './identity-headers.ts';

/** What a listener knows of a request before anybody has looked at it. */
export interface ReceivedRequest {
  /** As Node says it: `1.1`, `2` or `2.0`; everything else is refused (security.md S7). */
  readonly httpVersion: string;
  readonly method: string;
  /** Flat `[name, value, ...]` as received; for HTTP/2 with or without its pseudo-header fields. */
  readonly rawHeaders: readonly string[];
  /** HTTP/2's :authority, where it is not in the list any more. */
  readonly authority?: string | undefined;
  /** HTTP/2: false when the header block ended the stream. Not looked at for HTTP/1.1, whose headers tell. */
  readonly hasBody?: boolean | undefined;
  /** The peer's address, for the one X-Forwarded-For that the apiserver's audit will show. */
  readonly remoteAddress?: string | undefined;
}

export interface EdgePolicy {
  /** Origins whose pages may call (exact values of Origin); none by default (security.md R5). */
  readonly allowedOrigins?: ReadonlySet<string>;
}

export interface CheckedRequest {
  /** Value of the one Host, or of :authority: of a host's characters, otherwise as received. */
  readonly host: string;
  /** Value of the one Authorization, or `Bearer ` and the token of the bearer subprotocol; empty when there is none. */
  readonly authorization: string;
  readonly upgrade: '' | UpgradeToken;
  /** As in RequestHead. */
  readonly bodyLength: number;
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean;
  /** The client asked for the connection to end after this request (HTTP/1.1). */
  readonly closes: boolean;
  /** The client asks to act as somebody else. The headers of that are clean, and among those to forward. */
  readonly asksToActAs: boolean;
  /** To forward: lower-case names, Authorization among them, no framing and nothing hop-by-hop. */
  readonly headers: HeaderList;
}

const CLOSE = 1;
const UPGRADE = 2;

/**
 * Checks and filters the head of a client's request. Values are scanned by encodeRequestHead, which must follow.
 *
 * @throws HttpError; nothing may be sent upstream then, and over HTTP/1.1 the connection is closed after the answer
 *   (where the body ends is not known for certain).
 */
export function checkRequestHead(request: ReceivedRequest, policy?: EdgePolicy): CheckedRequest {
  const { method, rawHeaders, httpVersion } = request;
  const http2 = httpVersion === '2' || httpVersion === '2.0';
  if (!http2 && httpVersion !== '1.1') {
    throw new HttpError('CC_ERR_HTTP_VERSION_REFUSED', 'only HTTP/1.1 and HTTP/2 are spoken here');
  }
  checkMethod(method);
  if (rawHeaders.length > 2 * MAX_CLIENT_HEADERS) throw tooLarge('too many header lines');

  const headers: HeaderList = [];
  let seen = 0;
  let bytes = 0;
  let host = '';
  let authority = request.authority ?? '';
  let authorization = '';
  let subprotocolToken = '';
  let subprotocols = 0;
  let contentLength = -1;
  let chunked = false;
  let connection = 0;
  let upgrade = '';
  let expectsContinue = false;
  let regular = false;
  let asked: HeaderList | undefined;

  for (let i = 0; i < rawHeaders.length; i += 2) {
    const rawName = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const { name, action, once } = ruleOf(rawName);
    bytes += rawName.length + value.length;
    if ((seen & once) !== 0)
      throw new HttpError('CC_ERR_HTTP_DUPLICATE_HEADER', `${name} may come once only`);
    seen |= once;
    if (http2) {
      // RFC 9113 §8.2.1, §8.3: lower-case names, pseudo-header fields first.
      if (name !== rawName) throw badHeader('an upper-case header name in HTTP/2');
      if (action !== ACTION.pseudo) regular = true;
      else if (regular) throw badHeader('a pseudo-header field after a regular one');
    }
    switch (action) {
      case ACTION.forward:
        headers.push(name, value);
        break;
      case ACTION.drop:
      case ACTION.clientAddress:
        break;
      case ACTION.hopByHop:
        if (http2) throw badHeader(`${name} in HTTP/2`);
        break;
      case ACTION.identity:
        refuseIdentityHeader();
        break;
      case ACTION.impersonate:
        headers.push(name, value);
        (asked ??= []).push(name, value);
        break;
      case ACTION.pseudo:
        if (!http2) throw badHeader('a pseudo-header field in HTTP/1.1');
        if (name === ':method' && value !== method) throw badHeader('two methods in one request');
        if (name === ':authority') authority = value;
        break;
      case ACTION.host:
        host = value;
        if (host === '') throw badHost();
        break;
      case ACTION.authorization:
        if (value.length > MAX_TOKEN_LENGTH + 'Bearer '.length) throw tooLarge('the token is too long');
        if (value === '') throw new HttpError('CC_ERR_HTTP_BAD_CREDENTIALS', 'an empty Authorization header');
        authorization = value;
        headers.push(name, value);
        break;
      case ACTION.contentLength:
        contentLength = parseContentLength(value);
        break;
      case ACTION.transferEncoding:
        if (http2) throw badHeader(`${name} in HTTP/2`);
        // RFC 9112 §6.1 allows lists and other codings; no client of an apiserver uses them (security.md S2).
        if (value.toLowerCase() !== 'chunked') throw badFraming('Transfer-Encoding is not exactly chunked');
        chunked = true;
        break;
      case ACTION.connection:
        if (http2) throw badHeader(`${name} in HTTP/2`);
        connection |= parseConnection(value);
        break;
      case ACTION.upgrade:
        if (http2) throw badHeader(`${name} in HTTP/2`);
        upgrade = value;
        if (upgrade === '') throw new HttpError('CC_ERR_HTTP_BAD_UPGRADE', 'an empty Upgrade header');
        break;
      case ACTION.expect:
        if (value !== '100-continue') throw new HttpError('CC_ERR_HTTP_BAD_EXPECT', 'an unknown expectation');
        expectsContinue = true;
        break;
      case ACTION.origin:
        if (policy?.allowedOrigins?.has(value) !== true) {
          throw new HttpError('CC_ERR_HTTP_ORIGIN_REFUSED', 'this origin is not allowed to call');
        }
        break;
      case ACTION.te:
        if (http2 && value !== 'trailers') throw badHeader('te other than trailers in HTTP/2');
        break;
      case ACTION.subprotocol:
        if (!holdsBearerSubprotocol(value)) {
          subprotocols++;
          headers.push(name, value);
          break;
        }
        {
          const offered = takeBearerSubprotocol(value);
          if (subprotocolToken !== '') throw twoCredentials();
          subprotocolToken = offered.token;
          if (offered.rest === '') break;
          subprotocols++;
          headers.push(name, offered.rest);
        }
        break;
    }
  }
  if (bytes > MAX_CLIENT_HEADER_BYTES) throw tooLarge('the headers are too large');

  if (asked !== undefined) readAskedIdentity(asked);

  if (authority !== '') {
    // RFC 9113 §8.3.1: :authority is the host; a Host beside it must not say anything else.
    if (host !== '' && host !== authority) throw badHost();
    host = authority;
  }
  if (!isHostValue(host)) throw badHost();

  if (chunked && contentLength >= 0) throw badFraming('both Transfer-Encoding and Content-Length');
  let bodyLength = chunked ? -1 : Math.max(contentLength, 0);
  if (http2) {
    if (request.hasBody !== false) bodyLength = contentLength;
    else if (contentLength > 0) throw badFraming('a Content-Length without a body');
  }

  const token = parseUpgrade({
    method,
    upgrade,
    connectionUpgrade: (connection & UPGRADE) !== 0,
    bodyLength,
  });
  if (subprotocolToken !== '') {
    if (authorization !== '') throw twoCredentials();
    if (token !== 'websocket' || subprotocols === 0) {
      throw badHeader(`${BEARER_SUBPROTOCOL}* needs a WebSocket request and another subprotocol`);
    }
    authorization = `Bearer ${subprotocolToken}`;
    headers.push('authorization', authorization);
  }
  if (request.remoteAddress) headers.push('x-forwarded-for', request.remoteAddress);
  return {
    host,
    authorization,
    upgrade: token,
    bodyLength,
    expectsContinue,
    closes: (connection & CLOSE) !== 0,
    asksToActAs: asked !== undefined,
    headers,
  };
}

/** Digits only (RFC 9110 §8.6): no sign, no space, no list. */
function parseContentLength(value: string): number {
  if (!/^[0-9]{1,16}$/.test(value)) throw badFraming('Content-Length is not a number of bytes');
  const length = Number(value);
  if (length > MAX_BODY_LENGTH) throw new HttpError('CC_ERR_HTTP_BODY_TOO_LARGE', 'the body is too large');
  return length;
}

// A client that names any other header would have the next hop remove it: Impersonate-User (Rancher CVE-2021-31999),
// Authorization, or the framing (Akamai CVE-2026-26365).
const CONNECTION_OPTIONS: ReadonlyMap<string, number> = new Map([
  ['close', CLOSE],
  ['upgrade', UPGRADE],
  ['keep-alive', 0],
  ['te', 0],
  ['http2-settings', 0],
]);

function parseConnection(value: string): number {
  let options = 0;
  for (const item of value.split(',')) {
    const option = CONNECTION_OPTIONS.get(item.trim().toLowerCase());
    if (option === undefined) {
      throw new HttpError('CC_ERR_HTTP_BAD_CONNECTION', 'Connection names a header that must not be removed');
    }
    options |= option;
  }
  return options;
}

function badHeader(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_HEADER', message);
}

function badFraming(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_FRAMING', message);
}

function badHost(): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_HOST', 'a request names exactly one host');
}

function tooLarge(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_HEADERS_TOO_LARGE', message);
}

function twoCredentials(): HttpError {
  return new HttpError('CC_ERR_HTTP_TWO_CREDENTIALS', 'credentials in two places');
}
