import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReplayTable } from '../../auth/replay-table.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

it('an id is fresh once for each owner, until it expires', () => {
  const table = createReplayTable(10, 10);
  expect(table.claim('a', 'id', 100)).toBe('fresh');
  expect(table.claim('a', 'id', 100)).toBe('replayed');
  expect(table.claim('b', 'id', 100)).toBe('fresh');
  vi.setSystemTime(100);
  expect(table.claim('a', 'id', 200)).toBe('fresh');
});

it('one owner cannot fill the table for the others', () => {
  const table = createReplayTable(10, 3);
  const verdicts = Array.from({ length: 5 }, (_, index) => table.claim('storm', `${index}`, 2_000));
  expect(verdicts).toEqual(['fresh', 'fresh', 'fresh', 'full', 'full']);
  expect(table.claim('calm', '0', 2_000)).toBe('fresh');
  vi.setSystemTime(2_000);
  expect(table.claim('storm', '5', 4_000)).toBe('fresh');
});

it('a full table takes nothing, until entries of any owner expire', () => {
  const table = createReplayTable(3, 3);
  for (const owner of ['a', 'b', 'c'])
    expect(table.claim(owner, 'id', owner === 'b' ? 1_500 : 9_000)).toBe('fresh');
  expect(table.claim('d', 'id', 9_000)).toBe('full');
  expect(table.claim('a', 'id', 9_000)).toBe('replayed');
  vi.setSystemTime(1_500);
  expect(table.claim('d', 'id', 9_000)).toBe('fresh');
  expect(table.claim('e', 'id', 9_000)).toBe('full');
});

it('a holder may claim again what is his, and nobody else may', () => {
  const table = createReplayTable(10, 10);
  expect(table.claim('a', 'id', 100, 'me')).toBe('fresh');
  expect(table.claim('a', 'id', 100, 'me')).toBe('fresh');
  expect(table.claim('a', 'id', 100, 'you')).toBe('replayed');
  expect(table.claim('a', 'id', 100)).toBe('replayed');
});

it('a full table is walked through once a second, however many ask', () => {
  const table = createReplayTable(3, 3);
  for (const id of ['1', '2', '3']) table.claim('a', id, 500);
  vi.setSystemTime(400);
  expect(table.claim('b', 'id', 9_000)).toBe('full');
  vi.setSystemTime(600);
  expect(table.claim('b', 'id', 9_000)).toBe('full');
  vi.setSystemTime(1_400);
  expect(table.claim('b', 'id', 9_000)).toBe('fresh');
});
