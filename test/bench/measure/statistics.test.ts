import { describe, expect, it } from 'vitest';
import { median, percentile, spread } from '../../../bench/measure/index.ts';

describe('the median', () => {
  it.each([
    { values: [3], expected: 3 },
    { values: [9, 1, 5], expected: 5 },
    { values: [10, 1, 2, 9], expected: 5.5 },
    { values: [100, 20, 3], expected: 20 },
  ])('of $values is $expected', ({ values, expected }) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves the order of its values alone', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);

  it.each([
    { share: 0, expected: 1 },
    { share: 0.5, expected: 50 },
    { share: 0.99, expected: 99 },
    { share: 0.991, expected: 100 },
    { share: 1, expected: 100 },
  ])('$share of 1 to 100 is $expected', ({ share, expected }) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of one value is that value', () => {
    expect(percentile(Float64Array.of(7), 0.99)).toBe(7);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses the share %d', (share) => {
    expect(() => percentile(hundred, share)).toThrow(RangeError);
  });

  it('of nothing is an error', () => {
    expect(() => percentile(new Float64Array(0), 0.5)).toThrow(RangeError);
  });
});

it('spread is how far the rounds lie apart, as a share of their median', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.3);
});
