import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeExtraKey, parseExtraKey } from '../../http/extra-key.ts';

/** As the apiserver reads a suffix: lower-cased, then percent-decoded; nothing where Go's url.PathUnescape fails. */
function readByGo(suffix: string): string | undefined {
  try {
    return decodeURIComponent(suffix.toLowerCase());
  } catch {
    return undefined;
  }
}

const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  // What a client cannot send: HTTP lower-cases ASCII letters; white space at an end and control characters are refused.
  .filter((text) => !/[A-Z]|^ | $|\p{Cc}|\p{Cs}/u.test(text));

describe('the key of an extra', () => {
  it('survives escaping, whatever the case of the header', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(parseExtraKey(escapeExtraKey(text).toLowerCase())).toBe(text);
        expect(readByGo(escapeExtraKey(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as the apiserver reads it, and has one spelling', () => {
    const suffix = fc
      .array(
        fc.constantFrom(
          'a',
          'z',
          '0',
          '-',
          '_',
          '.',
          '~',
          '%',
          '%2f',
          '%25',
          '%41',
          '%61',
          '%c3%a9',
          '%e9',
          '%20',
          '%0a',
        ),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(suffix, (text) => {
        const read = parseExtraKey(text);
        if (read === undefined) return;
        expect(read).toBe(readByGo(text));
        expect(escapeExtraKey(read).toLowerCase()).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '',
    '%',
    '%2',
    '%zz',
    '%61',
    '%41',
    '%ff',
    '%c3',
    '%00',
    '%0a',
    '%20a',
    'a%20',
    '%7f',
    '%c2%85',
    'A',
  ])('H3: %j is refused', (suffix) => {
    expect(parseExtraKey(suffix)).toBeUndefined();
  });
});
