import { expect, it } from 'vitest';
import { AuthError, bearerToken } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

it('returns the token of a well-formed header', () => {
  expect(bearerToken('Bearer abc.DEF-_~+/==')).toBe('abc.DEF-_~+/==');
});

it.each([
  ['nothing', '', 'CC_ERR_AUTH_MISSING'],
  ['the scheme alone', 'Bearer', 'CC_ERR_AUTH_HEADER'],
  ['an empty token', 'Bearer ', 'CC_ERR_AUTH_HEADER'],
  ['two spaces', 'Bearer  x', 'CC_ERR_AUTH_HEADER'],
  ['a tab for a space', 'Bearer\tx', 'CC_ERR_AUTH_HEADER'],
  ['a tab inside', 'Bearer x\ty', 'CC_ERR_AUTH_HEADER'],
  ['a space in front', ' Bearer x', 'CC_ERR_AUTH_HEADER'],
  ['a space behind', 'Bearer x ', 'CC_ERR_AUTH_HEADER'],
  ['Basic credentials', 'Basic dXNlcjpwYXNz', 'CC_ERR_AUTH_HEADER'],
  ['no scheme', 'x.y.z', 'CC_ERR_AUTH_HEADER'],
  ['a quoted token', 'Bearer "x"', 'CC_ERR_AUTH_HEADER'],
  ['a parameter', 'Bearer x;y', 'CC_ERR_AUTH_HEADER'],
  ['more than 24 KiB', `Bearer ${'a'.repeat(24 * 1024 + 1)}`, 'CC_ERR_AUTH_TOO_LARGE'],
])('H7: no fallback for a header with %s', async (_name, value, code) => {
  expect(await codeOf(() => bearerToken(value))).toBe(code);
});

it('H6: two tokens in one Authorization header are refused', async () => {
  expect(await codeOf(() => bearerToken('Bearer a, Bearer b'))).toBe('CC_ERR_AUTH_HEADER');
  expect(await codeOf(() => bearerToken('Bearer a,b'))).toBe('CC_ERR_AUTH_HEADER');
});

it('says what is wrong and never repeats the header', () => {
  try {
    bearerToken('Basic c2VjcmV0');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).not.toContain('c2VjcmV0');
    expect(error).toMatchObject({ retryable: false });
  }
});
