import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AuthError } from '../../auth/index.ts';
import { createRefusedTokens } from '../../auth/refused-tokens.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});
const error = new AuthError('CC_ERR_AUTH_SIGNATURE', 'wrong');

it('remembers a refusal for its time only', () => {
  const refused = createRefusedTokens(10, 1_000);
  expect(refused.get('a')).toBeUndefined();
  refused.add('a', error);
  expect(refused.get('a')).toBe(error);
  expect(refused.get('b')).toBeUndefined();
  vi.setSystemTime(Date.now() + 1_000);
  expect(refused.get('a')).toBeUndefined();
  expect(refused.get('a')).toBeUndefined();
});

it('the oldest refusal makes room for a new one', () => {
  const refused = createRefusedTokens(2, 1_000);
  for (const token of ['a', 'b', 'c']) refused.add(token, error);
  expect(refused.get('a')).toBeUndefined();
  expect(refused.get('b')).toBe(error);
  expect(refused.get('c')).toBe(error);
});
