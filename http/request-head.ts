// A request head as bytes. Layout, numbers big-endian:
//   u8 version, u8 method, u8 upgrade, u8 headers, u8 request id length, u16 target length, u48 body length, table, text
import { MAX_BODY_LENGTH, MAX_HEADERS, MAX_HEAD_BYTES, MAX_REQUEST_ID_LENGTH } from './limits.ts';
import type { RequestHead } from './head-types.ts';
import { HttpError } from './http-error.ts';
import { METHODS, METHOD_NUMBERS } from './methods.ts';
import { TABLE_ENTRY_BYTES, decodeHeaders, encodeHeaders } from './header-table.ts';
import { hasControlByte } from './grammar.ts';
import { checkTarget } from './target.ts';
import { upgradeFits } from './upgrade.ts';

const VERSION = 1;
const FIXED_BYTES = 13;
const BODY_LENGTH_AT = 7;
const UNKNOWN_LENGTH = 2 ** 48 - 1;
const REQUEST_ID = /^[A-Za-z0-9-]+$/;

/** Position is the number on the wire: append only. */
const UPGRADES = ['', 'websocket', 'SPDY/3.1'] as const;

/**
 * The head as one buffer of at most MAX_HEAD_BYTES. Every value is checked here on its way out, as it is by
 * decodeRequestHead on its way in (security.md S8): an edge need not scan values on its own.
 *
 * @throws HttpError 431 for a head that is too large, 400 for a value with a control character.
 */
export function encodeRequestHead(head: RequestHead): Buffer {
  const { target, headers, requestId, bodyLength } = head;
  const method = METHOD_NUMBERS.get(head.method);
  if (method === undefined) throw new TypeError('an unknown method cannot be encoded');
  if (requestId.length === 0 || requestId.length > MAX_REQUEST_ID_LENGTH) {
    throw new RangeError('a request id has 1 to 36 characters');
  }
  if (!Number.isInteger(bodyLength) || bodyLength < -1 || bodyLength > MAX_BODY_LENGTH) {
    throw new RangeError('a body length is -1, 0 or a number of bytes');
  }
  const bytes = encodeHeaders(
    FIXED_BYTES,
    requestId + target,
    headers,
    'CC_ERR_HTTP_HEADERS_TOO_LARGE',
    'CC_ERR_HTTP_BAD_HEADER',
  );
  bytes[0] = VERSION;
  bytes[1] = method;
  bytes[2] = UPGRADES.indexOf(head.upgrade);
  bytes[3] = headers.length >>> 1;
  bytes[4] = requestId.length;
  bytes[5] = target.length >>> 8;
  bytes[6] = target.length & 0xff;
  bytes.writeUIntBE(bodyLength === -1 ? UNKNOWN_LENGTH : bodyLength, BODY_LENGTH_AT, 6);
  return bytes;
}

/**
 * The head that these bytes are. The peer is not trusted: method, target, names, values, lengths and counts are
 * all checked, so that an agent never acts on what a broken or hostile gateway made up.
 *
 * @throws HttpError CC_ERR_HTTP_HEAD_MALFORMED, CC_ERR_HTTP_HEAD_VERSION, or what checkTarget throws.
 */
export function decodeRequestHead(bytes: Buffer): RequestHead {
  const size = bytes.length;
  if (size < FIXED_BYTES || size > MAX_HEAD_BYTES) throw malformed('a request head has a wrong size');
  if (bytes[0] !== VERSION) {
    throw new HttpError(
      'CC_ERR_HTTP_HEAD_VERSION',
      'the gateway encodes request heads in an unknown version',
    );
  }
  const method = METHODS[bytes[1] ?? 0];
  const upgrade = UPGRADES[bytes[2] ?? 0];
  if (method === undefined || upgrade === undefined) throw malformed('an unknown method or upgrade');
  const count = bytes[3] ?? 0;
  const idLength = bytes[4] ?? 0;
  const targetEnd = idLength + (((bytes[5] ?? 0) << 8) | (bytes[6] ?? 0));
  const textAt = FIXED_BYTES + count * TABLE_ENTRY_BYTES;
  if (count > MAX_HEADERS || textAt + targetEnd > size) throw malformed('a request head is cut short');
  if (hasControlByte(bytes, textAt, size)) throw malformed('a control character in a request head');

  const text = bytes.toString('latin1', textAt, size);
  const requestId = text.substring(0, idLength);
  if (idLength > MAX_REQUEST_ID_LENGTH || !REQUEST_ID.test(requestId)) throw malformed('a wrong request id');
  const target = text.substring(idLength, targetEnd);
  checkTarget(target);
  const headers = decodeHeaders(bytes, FIXED_BYTES, count, text, targetEnd, 'CC_ERR_HTTP_HEAD_MALFORMED');
  const length = bytes.readUIntBE(BODY_LENGTH_AT, 6);
  const bodyLength = length === UNKNOWN_LENGTH ? -1 : length;
  if (upgrade !== '' && !upgradeFits(upgrade, method, bodyLength)) throw malformed('an upgrade with a body');
  return { method, target, headers, bodyLength, upgrade, requestId };
}

function malformed(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_HEAD_MALFORMED', message);
}
