import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTokenCache } from '../../auth/token-cache.ts';
import type { VerifiedToken } from '../../auth/index.ts';
import { verifiedToken } from '../support/verified-token.ts';

const NOW = 1_000_000;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const verified = (expiresAtMs = NOW + 1_000): VerifiedToken => verifiedToken({ expiresAtMs });
const token = (index: number): string => `${index}`.padStart(100, 'x');

it('answers the same token until it expires, to the millisecond', () => {
  const cache = createTokenCache({ maxEntries: 10, maxCharacters: 10_000 });
  const entry = verified();
  cache.set(token(1), entry);
  vi.setSystemTime(NOW + 999);
  expect(cache.get(token(1))).toBe(entry);
  vi.setSystemTime(NOW + 1_000);
  expect(cache.get(token(1))).toBeUndefined();
  vi.setSystemTime(NOW);
  expect(cache.get(token(1))).toBeUndefined();
});

it('a token that only ends like a known one is not known', () => {
  const cache = createTokenCache({ maxEntries: 10, maxCharacters: 10_000 });
  const known = `header.payload.${'s'.repeat(342)}`;
  cache.set(known, verified());
  for (const forged of [
    `header.pAyload.${'s'.repeat(342)}`,
    known.slice(1),
    known.slice(-64),
    `x${known}`,
    '',
  ]) {
    expect(cache.get(forged)).toBeUndefined();
  }
  expect(cache.get(known)).toBeDefined();
});

it('keeps no more than its limit, and what is used stays', () => {
  const cache = createTokenCache({ maxEntries: 10, maxCharacters: 1_000_000 });
  cache.set(token(0), verified());
  for (let index = 1; index < 200; index += 1) {
    cache.set(token(index), verified());
    expect(cache.get(token(0))).toBeDefined();
  }
  const kept = Array.from({ length: 200 }, (_, index) => cache.get(token(index))).filter(Boolean).length;
  expect(kept).toBeLessThanOrEqual(11);
  expect(kept).toBeGreaterThanOrEqual(5);
});

it('bounds the characters that it holds as well', () => {
  const cache = createTokenCache({ maxEntries: 1_000, maxCharacters: 1_000 });
  for (let index = 0; index < 100; index += 1) cache.set(token(index), verified());
  const kept = Array.from({ length: 100 }, (_, index) => cache.get(token(index))).filter(Boolean).length;
  expect(kept).toBeLessThanOrEqual(11);
});

it('forgets everything when it is cleared', () => {
  const cache = createTokenCache({ maxEntries: 4, maxCharacters: 10_000 });
  for (let index = 0; index < 4; index += 1) cache.set(token(index), verified());
  cache.clear();
  expect(Array.from({ length: 4 }, (_, index) => cache.get(token(index))).filter(Boolean)).toEqual([]);
});

it('forgets a token when it has to be looked at again, though it has not expired', () => {
  const cache = createTokenCache({ maxEntries: 10, maxCharacters: 10_000 });
  cache.set(token(1), verifiedToken({ expiresAtMs: NOW + 1_000, recheckAtMs: NOW + 10 }));
  expect(cache.get(token(1))).toBeDefined();
  vi.setSystemTime(NOW + 10);
  expect(cache.get(token(1))).toBeUndefined();
});

it('counts what a user of many groups takes', () => {
  const cache = createTokenCache({ maxEntries: 100, maxCharacters: 10_000 });
  const impersonation = Array.from({ length: 400 }, () => 'impersonate-group');
  for (const index of [1, 2, 3])
    cache.set(token(index), verifiedToken({ expiresAtMs: NOW + 1_000, impersonation }));
  expect([1, 2, 3].map((index) => cache.get(token(index)) !== undefined)).toEqual([false, true, true]);
});
