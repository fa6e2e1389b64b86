// The Huffman code of HPACK (RFC 7541 §5.2, appendix B). It is canonical: the lengths of its codes say all of it.
import { Http2Error } from '../http2-error.ts';

// Bits of the code of each byte, and of EOS at the end.
// prettier-ignore
const CODE_BITS = [
13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
	28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
	6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
	5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
	13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
	7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
	15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
	6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
	20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
	24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
	22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
	21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
	26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
	19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
	20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
	26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const EOS = 256;
const MAX_CODE_BITS = 30;
const WINDOW_BITS = 8;
/** A code has at least five bits, so no text is longer than this many times its encoded form. */
const MAX_EXPANSION = 8 / 5;

// For each length: the first code of that length, and where its symbols begin in SYMBOLS.
const FIRST_CODE = new Uint32Array(MAX_CODE_BITS + 1);
const FIRST_SYMBOL = new Uint16Array(MAX_CODE_BITS + 1);
const CODE_COUNT = new Uint16Array(MAX_CODE_BITS + 1);
const SYMBOLS = new Uint16Array(CODE_BITS.length);
// The next eight bits answer for every code that is no longer than that: symbol << 4 | bits, 0 where the code is longer.
const SHORT_CODES = new Uint16Array(1 << WINDOW_BITS);
buildTables();

function buildTables(): void {
  const order = CODE_BITS.map((bits, symbol) => ({ bits, symbol })).sort(
    (a, b) => a.bits - b.bits || a.symbol - b.symbol,
  );
  let code = 0;
  let bits = 0;
  order.forEach((entry, at) => {
    code = at === 0 ? 0 : (code + 1) * 2 ** (entry.bits - bits);
    if (entry.bits !== bits) {
      FIRST_CODE[entry.bits] = code;
      FIRST_SYMBOL[entry.bits] = at;
    }
    bits = entry.bits;
    CODE_COUNT[bits] = (CODE_COUNT[bits] ?? 0) + 1;
    SYMBOLS[at] = entry.symbol;
    if (bits > WINDOW_BITS) return;
    const spare = WINDOW_BITS - bits;
    SHORT_CODES.fill((entry.symbol << 4) | bits, code << spare, (code + 1) << spare);
  });
}

let scratch = Buffer.allocUnsafe(4096);

/**
 * The text, latin1, of the bytes `from` to `to`.
 * @throws Http2Error for the code of EOS, and for padding that is longer than seven bits or not all ones (RFC 7541 §5.2)
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string {
  const room = Math.ceil((to - from) * MAX_EXPANSION);
  if (scratch.byteLength < room) scratch = Buffer.allocUnsafe(room);
  const text = scratch;
  let length = 0;
  // The bits that are still to be read, at the low end of `window`; never more than 38, so not an integer of 32 bits.
  let window = 0;
  let held = 0;
  let at = from;
  for (;;) {
    while (held < WINDOW_BITS && at < to) {
      window = (window << 8) | (bytes[at++] ?? 0);
      held += 8;
    }
    if (held === 0) break;
    const next =
      held >= WINDOW_BITS
        ? (window >>> (held - WINDOW_BITS)) & 0xff
        : (window << (WINDOW_BITS - held)) & 0xff;
    const short = SHORT_CODES[next] ?? 0;
    const bits = short & 0xf;
    if (bits > 0 && bits <= held) {
      text[length++] = short >>> 4;
      held -= bits;
      window &= (1 << held) - 1;
      continue;
    }
    if (held < WINDOW_BITS) {
      if (window !== (1 << held) - 1)
        throw new Http2Error('COMPRESSION_ERROR', 'a Huffman code is cut short');
      break;
    }
    // Seldom: a code of 10 to 30 bits, bit by bit.
    let code = 0;
    let taken = 0;
    let symbol = -1;
    while (symbol < 0) {
      if (held === 0) {
        if (at === to) {
          // RFC 7541 §5.2: padding of eight bits or more is an error, and so is what is not the beginning of EOS.
          throw new Http2Error('COMPRESSION_ERROR', 'a Huffman code is cut short');
        }
        window = bytes[at++] ?? 0;
        held = 8;
      }
      held -= 1;
      code = code * 2 + ((window >>> held) & 1);
      window &= (1 << held) - 1;
      taken += 1;
      const offset = code - (FIRST_CODE[taken] ?? 0);
      if (offset >= 0 && offset < (CODE_COUNT[taken] ?? 0))
        symbol = SYMBOLS[(FIRST_SYMBOL[taken] ?? 0) + offset] ?? EOS;
      else if (taken === MAX_CODE_BITS) throw new Http2Error('COMPRESSION_ERROR', 'an unknown Huffman code');
    }
    if (symbol === EOS) throw new Http2Error('COMPRESSION_ERROR', 'EOS in a Huffman code');
    text[length++] = symbol;
  }
  return text.toString('latin1', 0, length);
}
