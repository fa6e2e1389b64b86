// The few numbers that the bench reports, of samples and of rounds. Pure.

/** The middle of the values; the mean of the two middle ones where their count is even. @throws RangeError for none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('the median of no values');
  const lower = sorted[middle - 1];
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}

/**
 * The nearest-rank percentile: a value that was really measured, never one in between.
 * @param sorted ascending
 * @param share from 0 to 1: 0.99 is p99
 * @throws RangeError for no values or another share
 */
export function percentile(sorted: Float64Array, share: number): number {
  if (!(share >= 0 && share <= 1)) throw new RangeError('a percentile is a share from 0 to 1');
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('a percentile of no values');
  return value;
}

/** How far the rounds lie apart: (largest - smallest) / median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
