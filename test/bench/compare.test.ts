import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareResults, compareRuns, verdictOf } from '../../bench/compare.ts';
import { figure } from '../../bench/measure/index.ts';
import { writeResult } from '../../bench/result-file.ts';
import { resultOf, THROUGHPUT } from './results.ts';

describe('a change', () => {
  it.each([
    { isHigherBetter: true, before: [10, 11, 12], after: [13, 14, 15], verdict: 'better' },
    { isHigherBetter: false, before: [10, 11, 12], after: [13, 14, 15], verdict: 'worse' },
    { isHigherBetter: true, before: [10, 11, 12], after: [7, 8, 9], verdict: 'worse' },
    { isHigherBetter: false, before: [10, 11, 12], after: [7, 8, 9], verdict: 'better' },
    { isHigherBetter: true, before: [10, 11, 20], after: [13, 14, 15], verdict: 'same' },
    { isHigherBetter: true, before: [10, 11, 12], after: [12, 14, 15], verdict: 'same' },
    { isHigherBetter: true, before: [10, 11], after: [13, 14, 15], verdict: 'unclear' },
  ])('from $before to $after is $verdict', ({ isHigherBetter, before, after, verdict }) => {
    const of = (rounds: readonly number[]) => figure('f', 'u', isHigherBetter, rounds);
    expect(verdictOf(of(before), of(after))).toBe(verdict);
  });
});

it('only what both runs have in the same unit is compared', () => {
  const before = resultOf({ figures: [THROUGHPUT, figure('gone', 'µs', false, [1, 1, 1])] });
  const after = resultOf({ figures: [figure(THROUGHPUT.name, 'requests/s', true, [200, 210, 220])] });
  expect(compareResults(before, after)).toEqual([
    {
      name: 'http1-1.relay.throughput',
      unit: 'requests/s',
      higherIsBetter: true,
      before: 110,
      after: 210,
      verdict: 'better',
    },
  ]);
  expect(compareResults(before, resultOf({ figures: [{ ...THROUGHPUT, unit: 'requests/min' }] }))).toEqual(
    [],
  );
});

describe('two runs', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bench-compare-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('are compared by files and by folders, with what makes them hard to compare', async () => {
    const old = join(directory, 'a', 'small.json');
    await writeResult(old, resultOf());
    await writeResult(join(directory, 'a', 'lists.json'), resultOf({ bench: 'lists' }));
    const changed = resultOf({
      machine: { ...resultOf().machine, node: 'v25.0.0' },
      settings: { rounds: 9 },
    });
    await writeResult(join(directory, 'b', 'small.json'), changed);
    const text = await compareRuns(old, join(directory, 'b'));
    expect(text).toContain('not the same node: v24.0.0, then v25.0.0');
    expect(text).toContain('not the same rounds: 3, then 9');
    expect(text).toMatch(/http1-1\.relay\.throughput +110 +110 +1\.00 .* within the spread/);
    expect(await compareRuns(join(directory, 'a'), join(directory, 'b'))).toBe(text);
  });

  it('without a scenario in common are refused, and so is what is no result', async () => {
    const old = join(directory, 'small.json');
    const other = join(directory, 'other.json');
    await writeResult(old, resultOf());
    await writeResult(other, resultOf({ bench: 'lists' }));
    await expect(compareRuns(old, other)).rejects.toThrow(/in common/);
    const lame: object = { bench: 'small' };
    await writeResult(other, Object.assign(resultOf(), { figures: [lame] }));
    await expect(compareRuns(old, other)).rejects.toThrow(/other\.json is not a result/);
  });
});
