// Go's %q (strconv.Quote), for messages that have to read exactly as the apiserver's own.

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

// strconv.IsPrint: letters, marks, numbers, punctuation, symbols, and of all spaces the ASCII one.
const PRINTED = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** The text in double quotes, escaped as Go does; `text` holds no lone surrogate. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const character of text)
    quoted += SHORT[character] ?? (PRINTED.test(character) ? character : escape(character));
  return `${quoted}"`;
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${digits.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
}
