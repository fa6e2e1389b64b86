// Each numbered clause of the tunnel's SPEC has a test whose name begins with its number, and no test names one that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const spec = readFileSync(join(ROOT, 'tunnel/SPEC.md'), 'utf8');
const clauses = [...spec.matchAll(/^- \*\*(\d+\.\d+)\*\* /gm)].map((match) => match[1] ?? '');

const folder = join(ROOT, 'test/conformance');
const tests = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');
// The first string of test(…) or of the call that test.each(…) makes.
const tested = new Set(
  [...tests.matchAll(/(?:^\s*test|^\s*\]\))\(\s*['"`]((?:\d+\.\d+ )+)/gm)].flatMap((match) =>
    (match[1] ?? '').trim().split(' '),
  ),
);

describe('the conformance tests', () => {
  it('finds the clauses', () => {
    expect(clauses.length).toBeGreaterThan(30);
    expect(new Set(clauses).size).toBe(clauses.length);
  });

  it.each(clauses)('hold clause %s', (clause) => {
    expect(tested).toContain(clause);
  });

  it('name no clause that the SPEC does not have', () => {
    expect([...tested].filter((number) => !clauses.includes(number))).toEqual([]);
  });
});
