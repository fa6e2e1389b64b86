import { expect, it } from 'vitest';
import { COLD_BYTES } from '../../../bench/apiserver/index.ts';
import type { Progress } from '../../../bench/apiserver/index.ts';
import { coldEndMs } from '../../../bench/scenarios/far-link/measure-far.ts';

function progress(bytes: number, atMs: number, coldMs: number | null = null): Progress {
  return { bytes, atMs, coldMs, ended: 0, wrong: 0 };
}

const HALF = COLD_BYTES / 2;
const QUARTER = COLD_BYTES / 4;

it.each([
  {
    what: 'that has arrived is when it did',
    before: progress(COLD_BYTES, 900, 800),
    after: progress(2 * COLD_BYTES, 1900, 800),
    end: 800,
  },
  {
    what: 'that has not is reckoned at the last rate',
    before: progress(QUARTER, 1000),
    after: progress(HALF, 2000),
    end: 4000,
  },
  {
    what: 'of which nothing came at last is reckoned at the whole rate',
    before: progress(HALF, 1000),
    after: progress(HALF, 2000),
    end: 4000,
  },
])('the end of a cold start $what', ({ before, after, end }) => {
  expect(coldEndMs(0, before, after)).toBe(end);
});
