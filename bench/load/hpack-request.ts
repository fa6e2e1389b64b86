// The header blocks (RFC 7541) of a request that is sent again and again on one HTTP/2 connection. Like Go's client, the first
// one puts what fits into the server's dynamic table, and each later one points there: a token travels once.

export interface HeaderBlocks {
  readonly first: Buffer;
  readonly later: Buffer;
}

/** RFC 9113 §6.5.2: the size of the table until the server's settings say otherwise. */
export const TABLE_BYTES = 4096;

// RFC 7541 appendix A.
const METHOD_GET = 0x80 | 2;
const SCHEME_HTTPS = 0x80 | 7;
const STATIC_ENTRIES = 61;
// RFC 7541 §4.1.
const ENTRY_OVERHEAD_BYTES = 32;
// RFC 7541 §6.
const INDEXED = { flag: 0x80, prefixBits: 7 } as const;
const LITERAL_INDEXED = 0x40;
const LITERAL = 0x00;

/**
 * Of a GET over https.
 * @param headers name and value in turn, lower-case names, `:authority` and `:path` first
 */
export function headerBlocks(headers: readonly string[]): HeaderBlocks {
  const fixed = Buffer.of(METHOD_GET, SCHEME_HTTPS);
  const first = [fixed];
  const later: (Buffer | number)[] = [fixed];
  let tableBytes = 0;
  let inserted = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = Buffer.from(headers[at] ?? '', 'latin1');
    const value = Buffer.from(headers[at + 1] ?? '', 'latin1');
    const entryBytes = name.byteLength + value.byteLength + ENTRY_OVERHEAD_BYTES;
    const literal = Buffer.concat([text(name), text(value)]);
    if (tableBytes + entryBytes <= TABLE_BYTES) {
      tableBytes += entryBytes;
      first.push(Buffer.of(LITERAL_INDEXED), literal);
      later.push(inserted++);
    } else {
      first.push(Buffer.of(LITERAL), literal);
      later.push(Buffer.of(LITERAL), literal);
    }
  }
  // RFC 7541 §2.3.3: the newest entry has the lowest index.
  const indexOf = (entry: number): Buffer =>
    integer(STATIC_ENTRIES + inserted - entry, INDEXED.flag, INDEXED.prefixBits);
  return {
    first: Buffer.concat(first),
    later: Buffer.concat(later.map((part) => (typeof part === 'number' ? indexOf(part) : part))),
  };
}

/** RFC 7541 §5.2, without Huffman coding. */
function text(bytes: Buffer): Buffer {
  return Buffer.concat([integer(bytes.byteLength, 0, 7), bytes]);
}

/** RFC 7541 §5.1. */
function integer(value: number, flag: number, prefixBits: number): Buffer {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return Buffer.of(flag | value);
  const bytes = [flag | limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
