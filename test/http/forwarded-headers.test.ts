import { describe, expect, it } from 'vitest';
import {
  assertOneImpersonatedUser,
  checkRequestHead,
  decodeRequestHead,
  encodeRequestHead,
  filterRequestHeaders,
  isIdentityHeader,
} from '../../http/index.ts';
import type { ForwardedHeaders } from '../../http/index.ts';
import { codeOf } from './codes.ts';

function filter(headers: string[]): ForwardedHeaders {
  return filterRequestHeaders({
    method: 'GET',
    target: '/',
    headers,
    bodyLength: 0,
    upgrade: '',
    requestId: 'id-1',
  });
}

describe('the headers of a request at the agent', () => {
  it('are those that the edge made, without the token, with the request id as Audit-Id', () => {
    const rawHeaders = [
      'host',
      'a',
      'accept',
      'b',
      'authorization',
      'Bearer t',
      'warning',
      'x',
      'warning',
      'y',
      'sec-websocket-protocol',
      'p',
    ];
    const { headers } = checkRequestHead({
      httpVersion: '1.1',
      method: 'GET',
      rawHeaders,
      remoteAddress: '::ffff:1.2.3.4',
    });
    const head = decodeRequestHead(
      encodeRequestHead({
        method: 'GET',
        target: '/api',
        headers,
        bodyLength: 0,
        upgrade: '',
        requestId: 'id-1',
      }),
    );
    expect(filterRequestHeaders(head)).toEqual({
      authorization: 'Bearer t',
      headers: [
        'audit-id',
        'id-1',
        'accept',
        'b',
        'warning',
        'x',
        'warning',
        'y',
        'sec-websocket-protocol',
        'p',
        'x-forwarded-for',
        '::ffff:1.2.3.4',
      ],
    });
    expect(filter([]).authorization).toBe('');
  });

  it.each([
    'impersonate_user',
    'impersonate_group',
    'impersonate-extra-%78',
    'impersonate.extra-x',
    'x-remote-user',
    '%69mpersonate-user',
  ])('H3: %s of a stolen gateway is refused', (name) => {
    expect(codeOf(() => filter([name, 'system:admin']))).toBe('CC_ERR_HTTP_IDENTITY_HEADER');
  });

  it('are without those that ask to act as somebody else, which are kept apart as they came', () => {
    const asked = ['impersonate-group', 'a, b', 'impersonate-user', 'carol', 'impersonate-group', 'c'];
    const { headers, asked: read } = filter(['accept', 'x', ...asked, 'x-own', 'y']);
    expect(headers).toEqual(['audit-id', 'id-1', 'accept', 'x', 'x-own', 'y']);
    expect(read).toEqual({ headers: asked, user: 'carol', uid: '', groups: ['a, b', 'c'], extra: [] });
    expect(filter(['accept', 'x']).asked).toBeUndefined();
  });

  it.each([
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'upgrade',
    'expect',
    'origin',
    'te',
    'cookie',
    'proxy-authorization',
    'keep-alive',
    'audit-id',
    'x-real-ip',
    'forwarded',
    'trailer',
    'content_length',
    'x-forwarded-host',
  ])('S1, H2: %s is refused, since no edge lets it pass', (name) => {
    expect(codeOf(() => filter([name, 'x']))).toBe('CC_ERR_HTTP_BAD_HEADER');
  });

  it.each([
    [
      'H6: a second token',
      ['authorization', 'Bearer a', 'authorization', 'Bearer b'],
      'CC_ERR_HTTP_DUPLICATE_HEADER',
    ],
    [
      'a second client address',
      ['x-forwarded-for', '1.1.1.1', 'x-forwarded-for', '2.2.2.2'],
      'CC_ERR_HTTP_BAD_HEADER',
    ],
    ['a list of client addresses', ['x-forwarded-for', '1.1.1.1, 2.2.2.2'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['a client address that is none', ['x-forwarded-for', 'localhost'], 'CC_ERR_HTTP_BAD_HEADER'],
    [
      'L1: a bearer subprotocol',
      ['sec-websocket-protocol', 'base64url.bearer.authorization.k8s.io.dA, a'],
      'CC_ERR_HTTP_BAD_HEADER',
    ],
  ])('%s is refused', (_, headers, code) => {
    expect(codeOf(() => filter(headers))).toBe(code);
  });
});

describe('the last look before a request leaves', () => {
  it.each([
    ['one user', ['accept', 'a', 'Impersonate-User', 'u', 'impersonate-group', 'g']],
    ['one user in lower case', ['impersonate-user', 'u']],
  ])('H4: %s is fine', (_, headers) => {
    expect(codeOf(() => assertOneImpersonatedUser(headers))).toBe('passes');
  });

  it.each([
    ['no user', ['accept', 'a', 'impersonate-users', 'u']],
    ['an empty user', ['impersonate-user', '']],
    ['a blank user', ['impersonate-user', ' \t']],
    ['two users', ['impersonate-user', 'a', 'Impersonate-User', 'b']],
    ['an empty one after a good one', ['impersonate-user', 'a', 'IMPERSONATE-USER', '']],
    ['nothing at all', []],
  ])('H1, H4: %s is not', (_, headers) => {
    expect(codeOf(() => assertOneImpersonatedUser(headers))).toBe('CC_ERR_HTTP_NO_IMPERSONATION');
  });
});

describe('isIdentityHeader', () => {
  it.each(['impersonate-user', 'x-remote-user', '_impersonate-user', '%58-remote-user'])(
    'H3: knows %s',
    (name) => {
      expect(isIdentityHeader(name)).toBe(true);
    },
  );

  it.each(['accept', 'x-own', 'if-match', '-', 'zz-impersonate-user', ''])('H3: leaves %j alone', (name) => {
    expect(isIdentityHeader(name)).toBe(false);
  });
});
