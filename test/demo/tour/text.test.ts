import * as fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { printable, seconds, shellCommand, shellQuote, wrap } from '../../../demo/tour/text.ts';

describe('text for the terminal', () => {
  it('is wrapped at blanks, and a long word stays whole', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('a verylongword b', 5)).toEqual(['a', 'verylongword', 'b']);
    expect(wrap('', 5)).toEqual(['']);
  });

  it('loses no word when it is wrapped', () => {
    const text = fc.array(fc.stringMatching(/^\w{1,12}$/), { minLength: 1 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (words, columns) => {
        expect(wrap(words, columns).join(' ')).toBe(words);
      }),
    );
  });

  it.each([
    ['get', 'get'],
    ['--from-literal=text=hello', '--from-literal=text=hello'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's $HOME", `'it'\\''s $HOME'`],
  ])('quotes %j for a shell', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });

  it('is read back by a shell as it was', () => {
    const words = ['plain', "it's", '$HOME', 'a\nb', '"x" `y` \\z', '*'];
    const script = `printf '%s\\0' ${shellCommand(words)}`;
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe(`${words.join('\0')}\0`);
  });

  it('cannot move the cursor', () => {
    expect(printable('a\u001b[2Jb\tc\r')).toBe('a?[2Jb\tc?');
  });

  it('tells times in seconds', () => {
    expect(seconds(1234)).toBe('1.23 s');
  });
});
