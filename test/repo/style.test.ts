// Holds the rules of style that neither the compiler nor the linter can see.
import { describe, expect, it } from 'vitest';
import { PRODUCT_FOLDERS, sourceFiles } from './source-files.ts';

const MAX_LINES = 500;
const MAX_MEDIAN_LINES = 150;
const BANNED_NAMES = /(^|[-/])(util|utils|helper|helpers|common|manager|misc)([-./]|$)/;

describe('the style of the sources', () => {
  const all = sourceFiles();

  it(`has no file over ${MAX_LINES} lines`, () => {
    const long = all
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it(`has a median of at most ${MAX_MEDIAN_LINES} lines in the product`, () => {
    const lengths = sourceFiles(PRODUCT_FOLDERS)
      .map(({ text }) => text.split('\n').length)
      .toSorted((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(MAX_MEDIAN_LINES);
  });

  it('has no file named after nothing', () => {
    expect(all.map(({ path }) => path).filter((path) => BANNED_NAMES.test(path))).toEqual([]);
  });

  it('begins each file with a line that says why it is there', () => {
    const silent = sourceFiles(PRODUCT_FOLDERS)
      .filter(({ path }) => !path.endsWith('/index.ts'))
      .filter(({ text }) => !/^(#!.*\n)?\/[/*]/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('leaves nothing open and nothing skipped', () => {
    const marks = /\b(TODO|FIXME|XXX)\b|\b(it|test|describe)\.(skip|only|todo)\b/;
    const open = all.filter(({ path, text }) => !path.startsWith('test/repo/') && marks.test(text));
    expect(open.map(({ path }) => path)).toEqual([]);
  });
});
