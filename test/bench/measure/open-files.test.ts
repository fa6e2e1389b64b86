// How many connections a scenario may hold on a machine with fewer open files than it would like.
import { describe, expect, it } from 'vitest';
import { openFilesFor } from '../../../bench/measure/index.ts';

describe('as many connections as a process may have open files for', () => {
  const limits = (hard: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 ${hard}                files\n`;

  it.each([
    ['are all of them where there is room', '20000', 10_000],
    ['are fewer where there is not', '4096', 3096],
    ['are all of them without a limit', 'unlimited', 10_000],
  ])('%s', (_, hard, connections) => {
    expect(openFilesFor(10_000, limits(hard))).toBe(connections);
  });

  it('are all of them where nothing is known', () => {
    expect(openFilesFor(10_000, '')).toBe(10_000);
  });
});
