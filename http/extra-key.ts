// Keys of Impersonate-Extra-<key> headers: how client-go writes them (transport/round_trippers.go, headerKeyEscape),
// and back. One spelling for each key: two would be two readings of who somebody is (security.md H3).
import { headerText } from './header-text.ts';

// RFC 9110 §5.6.2 tchar without `%`, which starts an escape.
const TOKEN_CHARACTER = /[!#$&'*+\-.^_`|~0-9a-zA-Z]/;
const ESCAPE = /%([0-9a-f]{2})/g;

/** What follows `Impersonate-Extra-` for this key: every byte that is no token character as `%xx`, digits
 * in lower case as HTTP/2 wants the whole name (RFC 9113 §8.2.1). */
export function escapeExtraKey(key: string): string {
  let escaped = '';
  for (const byte of Buffer.from(key, 'utf8')) {
    const character = String.fromCharCode(byte);
    escaped += TOKEN_CHARACTER.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

/**
 * The key that the apiserver reads out of such a suffix (lower-cased, then percent-decoded); undefined for an empty
 * one, and for every spelling that client-go would not have written: `%73copes`, `%zz`, `%41`.
 */
export function parseExtraKey(lowerSuffix: string): string | undefined {
  const bytes = lowerSuffix.replace(ESCAPE, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const key = headerText(bytes);
  if (key === undefined || key === '') return undefined;
  return escapeExtraKey(key).toLowerCase() === lowerSuffix ? key : undefined;
}
