// What Go prints was printed by Go; the suite against a real apiserver (test/cluster) compares the bytes again.
import { describe, expect, it } from 'vitest';
import { goQuote } from '../../http/go-quote.ts';
import { impersonationForbiddenBody } from '../../http/index.ts';
import type { ImpersonationCheck } from '../../http/index.ts';

describe('goQuote', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['tab\tnl\ncr\r', '"tab\\tnl\\ncr\\r"'],
    ['\u0007\b\f\v', '"\\a\\b\\f\\v"'],
    ['\u0000\u001f\u007f', '"\\x00\\x1f\\x7f"'],
    ['é世界🌍', '"é世界🌍"'],
    ['\u00a0\u200b\u2028\ufeff', '"\\u00a0\\u200b\\u2028\\ufeff"'],
    ['\u00ad\u0085', '"\\u00ad\\u0085"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['\ue000', '"\\ue000"'],
    ['a<b>&c', '"a<b>&c"'],
    ['\u0301', '"\u0301"'],
    ['€½²', '"€½²"'],
    ['\u3000', '"\\u3000"'],
    ['\u{10ffff}', '"\\U0010ffff"'],
    ['', '""'],
  ])('quotes %j as strconv.Quote does', (text, quoted) => {
    expect(goQuote(text)).toBe(quoted);
  });
});

const CORE = { group: '', subresource: '', namespace: '' } as const;
const IDENTITY = { group: 'authentication.k8s.io', subresource: '', namespace: '' } as const;

const CASES: readonly (readonly [string, ImpersonationCheck, string, string])[] = [
  [
    'a user',
    { ...CORE, resource: 'users', name: 'dave' },
    'users "dave" is forbidden: User "u" cannot impersonate resource "users" in API group "" at the cluster scope',
    '{"name":"dave","kind":"users"}',
  ],
  [
    'a ServiceAccount',
    { ...CORE, resource: 'serviceaccounts', namespace: 'ns', name: 'robot' },
    'serviceaccounts "robot" is forbidden: User "u" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "ns"',
    '{"name":"robot","kind":"serviceaccounts"}',
  ],
  [
    'an empty group',
    { ...CORE, resource: 'groups', name: '' },
    'groups is forbidden: User "u" cannot impersonate resource "groups" in API group "" at the cluster scope',
    '{"kind":"groups"}',
  ],
  [
    'an extra',
    { ...IDENTITY, resource: 'userextras', subresource: 'a<b', name: '<&>' },
    'userextras.authentication.k8s.io "<&>" is forbidden: User "u" cannot impersonate resource "userextras/a&lt;b" in API group "authentication.k8s.io" at the cluster scope',
    '{"name":"<&>","group":"authentication.k8s.io","kind":"userextras"}',
  ],
];

describe('the words of the apiserver', () => {
  it.each(CASES)('are about %s', (_, check, message, details) => {
    const body = impersonationForbiddenBody({ user: 'u', check, reason: '' }).toString('utf8');
    const parsed: unknown = JSON.parse(body);
    expect(parsed).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: 'Forbidden',
      details: JSON.parse(details),
      code: 403,
    });
    expect(body.endsWith('}\n')).toBe(true);
    expect(body).not.toMatch(/[<>&]/);
  });

  it('end with the authorizer’s reason, which is not sanitised', () => {
    const check = { ...CORE, resource: 'users', name: 'dave' } as const;
    const body = impersonationForbiddenBody({ user: 'u&', check, reason: 'RBAC: <gone>' });
    expect(JSON.parse(body.toString('utf8'))).toMatchObject({
      message: expect.stringContaining('User "u&amp;" cannot'),
    });
    expect(body.toString('utf8')).toContain(': RBAC: \\u003cgone\\u003e"');
  });
});
