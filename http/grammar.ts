// The characters of RFC 9110 as tables and word-wide scans: these run over every byte of every head.

const LOWER_TOKEN = 1;
const UPPER_LETTER = 2;

/** For each byte: 1 when it may stand in a lower-case token, 2 when it is an upper-case letter, else 0. */
const TOKEN_CLASS = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN_CLASS[char.charCodeAt(0)] = LOWER_TOKEN;
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') TOKEN_CLASS[char.charCodeAt(0)] = UPPER_LETTER;

const HT = 0x09;
const SP = 0x20;
const DEL = 0x7f;

/** A token of RFC 9110 §5.6.2, letters of either case. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    if ((TOKEN_CLASS[text.charCodeAt(i)] ?? 0) === 0) return false;
  }
  return true;
}

/** A token without upper-case letters, as bytes `from` to `to` of a buffer: a header name inside an encoded head. */
export function isLowerToken(bytes: Uint8Array, from: number, to: number): boolean {
  if (from >= to) return false;
  for (let i = from; i < to; i++) {
    if (TOKEN_CLASS[bytes[i] ?? 0] !== LOWER_TOKEN) return false;
  }
  return true;
}

// V8 answers this at once for a string that it keeps in one byte a character.
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** Whether every character fits one byte. A latin1 write would cut the others: U+010A would become a line feed. */
export function isLatin1(text: string): boolean {
  return !BEYOND_LATIN1.test(text);
}

/**
 * Whether bytes `from` to `to` hold a control character other than HT (RFC 9110 §5.5), eight bytes a step: in each
 * byte x of a word, bit 7 of (x + 0x60) ^ (x + 1) is set for 0x20 to 0x7e only, and bytes over 0x7f are allowed.
 */
export function hasControlByte(bytes: Uint8Array, from: number, to: number): boolean {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let clean = -1;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    const first = words.getInt32(i, true);
    const second = words.getInt32(i + 4, true);
    const low1 = first & 0x7f7f7f7f;
    const low2 = second & 0x7f7f7f7f;
    clean &=
      (((low1 + 0x60606060) ^ (low1 + 0x01010101)) | first) &
      (((low2 + 0x60606060) ^ (low2 + 0x01010101)) | second);
  }
  // A tab looks like a control character to the words: then, rarely, look at each byte.
  if ((clean & 0x80808080) !== (0x80808080 | 0)) i = from;
  for (; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if ((byte < SP && byte !== HT) || byte === DEL) return true;
  }
  return false;
}
