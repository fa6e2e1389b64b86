import { describe, expect, it } from 'vitest';
import { check, code, h1 } from './received.ts';

describe('an upgrade', () => {
  const ws = [
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
    'Sec-WebSocket-Key',
    'k',
    'Sec-WebSocket-Version',
    '13',
  ];
  const bearer = (token: string): string =>
    `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;

  it('is found, and its Sec-WebSocket headers pass', () => {
    const checked = check(h1([...ws, 'Sec-WebSocket-Protocol', 'v5.channel.k8s.io']));
    expect(checked.upgrade).toBe('websocket');
    expect(checked.headers).toEqual([
      'sec-websocket-key',
      'k',
      'sec-websocket-version',
      '13',
      'sec-websocket-protocol',
      'v5.channel.k8s.io',
    ]);
  });

  it('is none without an Upgrade header, whatever a load balancer puts into Connection', () => {
    expect(check(h1(['Connection', 'upgrade'])).upgrade).toBe('');
  });

  it('U3: is refused with an empty Upgrade header', () => {
    expect(code(h1(['Connection', 'upgrade', 'Upgrade', '']))).toBe('CC_ERR_HTTP_BAD_UPGRADE');
  });

  it('U4: is refused with a body', () => {
    expect(code(h1([...ws, 'Content-Length', '5']))).toBe('CC_ERR_HTTP_BAD_UPGRADE');
    expect(code(h1([...ws, 'Transfer-Encoding', 'chunked']))).toBe('CC_ERR_HTTP_BAD_UPGRADE');
    expect(code(h1([...ws, 'Content-Length', '0']))).toBe('passes');
  });

  it('takes the token out of the bearer subprotocol, so that it never reaches the apiserver as one', () => {
    const checked = check(h1([...ws, 'Sec-WebSocket-Protocol', `${bearer('a.b-c')}, v4.channel.k8s.io`]));
    expect(checked.authorization).toBe('Bearer a.b-c');
    expect(checked.headers).toEqual([
      'sec-websocket-key',
      'k',
      'sec-websocket-version',
      '13',
      'sec-websocket-protocol',
      'v4.channel.k8s.io',
      'authorization',
      'Bearer a.b-c',
    ]);
  });

  it('takes it from a line of its own', () => {
    const lines = ['Sec-WebSocket-Protocol', bearer('t'), 'Sec-WebSocket-Protocol', 'v5.channel.k8s.io'];
    expect(check(h1([...ws, ...lines])).headers.slice(4)).toEqual([
      'sec-websocket-protocol',
      'v5.channel.k8s.io',
      'authorization',
      'Bearer t',
    ]);
  });

  it.each<[string, string[], string]>([
    [
      'a header beside it',
      ['Authorization', 'Bearer x', 'Sec-WebSocket-Protocol', `${bearer('t')}, a`],
      'CC_ERR_HTTP_TWO_CREDENTIALS',
    ],
    [
      'an empty header beside it',
      ['Authorization', '', 'Sec-WebSocket-Protocol', `${bearer('t')}, a`],
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ],
    [
      'a second one',
      ['Sec-WebSocket-Protocol', `${bearer('t')}, a, ${bearer('u')}`],
      'CC_ERR_HTTP_TWO_CREDENTIALS',
    ],
    [
      'a second line',
      ['Sec-WebSocket-Protocol', bearer('t'), 'Sec-WebSocket-Protocol', `${bearer('u')}, a`],
      'CC_ERR_HTTP_TWO_CREDENTIALS',
    ],
    ['no other protocol', ['Sec-WebSocket-Protocol', bearer('t')], 'CC_ERR_HTTP_BAD_HEADER'],
  ])('H7: the bearer subprotocol is refused with %s', (_, rawHeaders, expected) => {
    expect(code(h1([...ws, ...rawHeaders]))).toBe(expected);
  });

  it('H7: the bearer subprotocol is refused outside a WebSocket request', () => {
    const protocols = ['Sec-WebSocket-Protocol', `${bearer('t')}, a`];
    expect(code(h1(protocols))).toBe('CC_ERR_HTTP_BAD_HEADER');
    expect(code(h1(['Connection', 'Upgrade', 'Upgrade', 'SPDY/3.1', ...protocols]))).toBe(
      'CC_ERR_HTTP_BAD_HEADER',
    );
  });
});
