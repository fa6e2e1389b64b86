// An answer head as bytes. Layout, numbers big-endian: u8 version, u16 status, u8 headers, table, text
import { MAX_HEADERS, MAX_HEAD_BYTES } from './limits.ts';
import type { AnswerHead } from './head-types.ts';
import { HttpError } from './http-error.ts';
import { TABLE_ENTRY_BYTES, decodeHeaders, encodeHeaders } from './header-table.ts';
import { hasControlByte } from './grammar.ts';

const VERSION = 1;
const FIXED_BYTES = 4;
const SWITCHING_PROTOCOLS = 101;

/** @throws HttpError 502 for an answer that is too large or has a status or value that HTTP does not allow. */
export function encodeAnswerHead(head: AnswerHead): Buffer {
  const { status, headers } = head;
  if (!isFinalStatus(status)) throw bad('an answer has a status that is not final');
  const bytes = encodeHeaders(
    FIXED_BYTES,
    '',
    headers,
    'CC_ERR_HTTP_ANSWER_TOO_LARGE',
    'CC_ERR_HTTP_BAD_ANSWER',
  );
  bytes[0] = VERSION;
  bytes[1] = status >>> 8;
  bytes[2] = status & 0xff;
  bytes[3] = headers.length >>> 1;
  return bytes;
}

/**
 * The head that these bytes are, checked as strictly as a request's: an agent is not trusted with the gateway's clients.
 *
 * @throws HttpError CC_ERR_HTTP_BAD_ANSWER or CC_ERR_HTTP_HEAD_VERSION.
 */
export function decodeAnswerHead(bytes: Buffer): AnswerHead {
  const size = bytes.length;
  if (size < FIXED_BYTES || size > MAX_HEAD_BYTES) throw bad('an answer head has a wrong size');
  if (bytes[0] !== VERSION) {
    throw new HttpError('CC_ERR_HTTP_HEAD_VERSION', 'the agent encodes answer heads in an unknown version');
  }
  const status = ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0);
  if (!isFinalStatus(status)) throw bad('an answer has a status that is not final');
  const count = bytes[3] ?? 0;
  const textAt = FIXED_BYTES + count * TABLE_ENTRY_BYTES;
  if (count > MAX_HEADERS || textAt > size) throw bad('an answer head is cut short');
  if (hasControlByte(bytes, textAt, size)) throw bad('a control character in an answer head');
  const text = bytes.toString('latin1', textAt, size);
  return { status, headers: decodeHeaders(bytes, FIXED_BYTES, count, text, 0, 'CC_ERR_HTTP_BAD_ANSWER') };
}

// Interim answers (100, 102, 103) end at the hop that receives them.
function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && ((status >= 200 && status <= 599) || status === SWITCHING_PROTOCOLS);
}

function bad(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_BAD_ANSWER', message);
}
