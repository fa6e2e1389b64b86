import { describe, expect, it } from 'vitest';
import { fewestGroups } from '../../bench/bench-user.ts';

describe('the size of the token', () => {
  it('comes from the fewest groups that reach it', () => {
    expect(fewestGroups(3072, (count) => 1000 + count * 52)).toBe(40);
    expect(fewestGroups(900, (count) => 1000 + count * 52)).toBe(0);
  });

  it('is refused where 200 groups do not reach it', () => {
    expect(() => fewestGroups(50_000, (count) => 1000 + count * 52)).toThrow(RangeError);
  });
});
