import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsBearerSubprotocol, takeBearerSubprotocol } from '../../http/subprotocol.ts';
import { codeOf } from './codes.ts';

const PREFIX = 'base64url.bearer.authorization.k8s.io.';

describe('the bearer subprotocol', () => {
  it('is taken out of its list', () => {
    expect(takeBearerSubprotocol(`a, ${PREFIX}dG9r,b`)).toEqual({ token: 'tok', rest: 'a, b' });
    expect(takeBearerSubprotocol('a,b')).toEqual({ token: '', rest: 'a, b' });
  });

  it('gives back any visible token', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{1,80}$/), (token) => {
        const value = `v4.channel.k8s.io, ${PREFIX}${Buffer.from(token).toString('base64url')}`;
        expect(holdsBearerSubprotocol(value)).toBe(true);
        expect(takeBearerSubprotocol(value)).toEqual({ token, rest: 'v4.channel.k8s.io' });
      }),
    );
  });

  it.each([
    ['an empty token', PREFIX, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    ['padding', `${PREFIX}dA==`, 'CC_ERR_HTTP_BAD_HEADER'],
    ['one character', `${PREFIX}d`, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    ['spare bits', `${PREFIX}dB`, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    ['base64 that is not url', `${PREFIX}+++`, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    [
      'a line break inside',
      `${PREFIX}${Buffer.from('a\r\nb').toString('base64url')}`,
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ],
    ['a space inside', `${PREFIX}${Buffer.from('a b').toString('base64url')}`, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    [
      'a byte over 0x7f inside',
      `${PREFIX}${Buffer.from('é').toString('base64url')}`,
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ],
    [
      'a prefix in other letters',
      `Base64URL.bearer.authorization.k8s.io.dG9r`,
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ],
    ['a prefix further in', `x${PREFIX}dG9r`, 'CC_ERR_HTTP_BAD_CREDENTIALS'],
    [
      'a token over the limit',
      `${PREFIX}${Buffer.from('t'.repeat(24_577)).toString('base64url')}`,
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ],
    ['another one', `${PREFIX}dA, ${PREFIX}dA`, 'CC_ERR_HTTP_TWO_CREDENTIALS'],
    ['an empty item', `a,,${PREFIX}dA`, 'CC_ERR_HTTP_BAD_HEADER'],
    ['an item that is no token', `a b, ${PREFIX}dA`, 'CC_ERR_HTTP_BAD_HEADER'],
    ['17 items', `${'a,'.repeat(16)}${PREFIX}dA`, 'CC_ERR_HTTP_BAD_HEADER'],
  ])('H7: is refused with %s', (_, value, code) => {
    expect(holdsBearerSubprotocol(value)).toBe(true);
    expect(codeOf(() => takeBearerSubprotocol(value))).toBe(code);
  });

  it('L1: its token is not in the error', () => {
    expect(() => takeBearerSubprotocol(`${PREFIX}c2VjcmV0X`)).toThrow(
      /^the bearer subprotocol is not base64url of a token$/,
    );
  });
});
