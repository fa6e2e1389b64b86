// The part that both heads share: a table of lengths, then one latin1 text that is written and read in one go.
import { MAX_HEADERS, MAX_HEAD_BYTES } from './limits.ts';
import type { HeaderList } from './head-types.ts';
import type { HttpErrorCode } from './http-error.ts';
import { HttpError } from './http-error.ts';
import { hasControlByte, isLatin1, isLowerToken } from './grammar.ts';

/** u16 length of the name, u16 length of the value. */
export const TABLE_ENTRY_BYTES = 4;

/**
 * A buffer with `fixedBytes` left free, then the table, then `prefix` and all names and values as latin1.
 *
 * @throws HttpError for a control character or one over U+00FF (the caller's: 400 or 502), for too many headers
 *   and for a head over MAX_HEAD_BYTES (`tooLarge`).
 */
export function encodeHeaders(
  fixedBytes: number,
  prefix: string,
  headers: readonly string[],
  tooLarge: HttpErrorCode,
  invalid: HttpErrorCode,
): Buffer {
  const count = headers.length >>> 1;
  if (headers.length % 2 !== 0) throw new TypeError('a header list holds a name and a value for each header');
  if (count > MAX_HEADERS) throw new HttpError(tooLarge, 'too many headers');
  let text = prefix;
  for (let i = 0; i < headers.length; i++) text += headers[i] ?? '';
  const textAt = fixedBytes + count * TABLE_ENTRY_BYTES;
  const total = textAt + text.length;
  if (total > MAX_HEAD_BYTES) throw new HttpError(tooLarge, 'the head is too large for the tunnel');
  if (!isLatin1(text)) throw new HttpError(invalid, 'a header holds a character beyond latin1');

  const bytes = Buffer.allocUnsafe(total);
  let at = fixedBytes;
  for (let i = 0; i < headers.length; i++) {
    const length = headers[i]?.length ?? 0;
    bytes[at++] = length >>> 8;
    bytes[at++] = length & 0xff;
  }
  bytes.write(text, textAt, 'latin1');
  // What is written is what is checked: nothing that this end encodes can hold a line break.
  if (hasControlByte(bytes, textAt, total))
    throw new HttpError(invalid, 'a header holds a control character');
  return bytes;
}

/**
 * The headers of an encoded head: the table begins at `tableAt`, the headers' text `skip` characters into `text`.
 *
 * @throws HttpError `malformed` unless lengths meet the end exactly and every name is a lower-case token.
 *   Control characters are the caller's to refuse, once for the whole text.
 */
export function decodeHeaders(
  bytes: Uint8Array,
  tableAt: number,
  count: number,
  text: string,
  skip: number,
  malformed: HttpErrorCode,
): HeaderList {
  const textAt = tableAt + count * TABLE_ENTRY_BYTES;
  const headers: HeaderList = [];
  let at = tableAt;
  let from = skip;
  for (let i = 0; i < count; i++) {
    const nameEnd = from + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    const valueEnd = nameEnd + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
    if (valueEnd > text.length) throw new HttpError(malformed, 'a header reaches past the end of its head');
    if (!isLowerToken(bytes, textAt + from, textAt + nameEnd)) {
      throw new HttpError(malformed, 'a header name is not a lower-case token');
    }
    headers.push(text.substring(from, nameEnd), text.substring(nameEnd, valueEnd));
    from = valueEnd;
    at += TABLE_ENTRY_BYTES;
  }
  if (from !== text.length) throw new HttpError(malformed, 'a head is longer than its headers');
  return headers;
}
