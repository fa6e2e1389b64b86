import { describe, expect, it } from 'vitest';
import { bestOf, differenceOf, figure, ratioOf } from '../../../bench/measure/index.ts';

const ours = figure('ours', 'requests/s', true, [1200, 120, 1100]);
const theirs = figure('theirs', 'requests/s', true, [1000, 100, 1000]);

describe('side by side', () => {
  it('a slow minute falls out of a ratio', () => {
    expect(ratioOf({ name: 'r', ours, theirs })).toEqual([
      { name: 'r', unit: '×', higherIsBetter: true, value: 1.2, rounds: [1.2, 1.2, 1.1] },
    ]);
  });

  it('a difference keeps its unit and its direction', () => {
    const slow = figure('slow', 'µs', false, [9, 8]);
    const quick = figure('quick', 'µs', false, [5, 6]);
    expect(differenceOf({ name: 'd', ours: slow, theirs: quick })).toEqual([
      { name: 'd', unit: 'µs', higherIsBetter: false, value: 3, rounds: [4, 2] },
    ]);
  });

  it('what was not measured is not compared', () => {
    expect(ratioOf({ name: 'r', ours, theirs: undefined })).toEqual([]);
    expect(differenceOf({ name: 'd', ours: undefined, theirs })).toEqual([]);
    expect(ratioOf({ name: 'r', ours, theirs: figure('none', 'requests/s', true, [0]) })).toEqual([]);
  });

  it('the best is the highest or the lowest, as its unit has it', () => {
    expect(bestOf([theirs, undefined, ours])).toBe(ours);
    const low = figure('low', 'µs', false, [1]);
    expect(bestOf([figure('high', 'µs', false, [2]), low])).toBe(low);
    expect(bestOf([undefined])).toBeUndefined();
  });
});
