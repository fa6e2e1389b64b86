import { expect, it } from 'vitest';
import { assertImpersonation, impersonationHeaders } from '../../auth/index.ts';
import type { UserInfo } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

const user = (changes: Partial<UserInfo>): UserInfo => ({
  name: 'alice',
  uid: '',
  groups: [],
  extra: {},
  ...changes,
});

it('writes one line for each group and each extra value', () => {
  const headers = impersonationHeaders(
    user({ uid: 'u-1', groups: ['a', 'b, c'], extra: { oid: ['1', '2'], 'example.com/role': ['x'] } }),
  );
  expect(headers).toEqual([
    'impersonate-user',
    'alice',
    'impersonate-uid',
    'u-1',
    'impersonate-group',
    'a',
    'impersonate-group',
    'b, c',
    'impersonate-extra-oid',
    '1',
    'impersonate-extra-oid',
    '2',
    'impersonate-extra-example.com%2frole',
    'x',
  ]);
});

it.each([
  ['a%b', 'a%25b'],
  ['a b', 'a%20b'],
  ['é', '%c3%a9'],
  ['a%2fb', 'a%252fb'],
  ['\u0001', '%01'],
])('escapes the extra key %j as client-go does, digits in lower case', (key, escaped) => {
  expect(impersonationHeaders(user({ extra: { [key]: ['v'] } }))[2]).toBe(`impersonate-extra-${escaped}`);
});

it.each([
  ['an empty name', { name: '' }],
  ['a blank name', { name: '  ' }],
  ['a reserved name', { name: 'system:admin' }],
  ['a reserved name in capitals', { name: 'System:Admin' }],
  ['a service account', { name: 'system:serviceaccount:kube-system:default' }],
  ['a reserved group', { groups: ['system:masters'] }],
  ['an empty group', { groups: [''] }],
  ['an empty extra value', { extra: { oid: [''] } }],
  ['an empty extra key', { extra: { '': ['x'] } }],
  ['an extra key in capitals', { extra: { Oid: ['x'] } }],
])('H4: %s is refused', async (_name, changes) => {
  expect(await codeOf(() => impersonationHeaders(user(changes)))).toBe('CC_ERR_AUTH_IDENTITY');
});

it.each([
  ['name', { name: 'a\r\nimpersonate-group: system:masters' }],
  ['uid', { uid: 'a\nb' }],
  ['group', { groups: ['a\u0000'] }],
  ['extra value', { extra: { upn: ['a\rb'] } }],
])('H5: a line break or NUL in the %s is refused', async (_name, changes) => {
  expect(await codeOf(() => impersonationHeaders(user(changes)))).toBe('CC_ERR_AUTH_IDENTITY');
});

it.each([
  ['no impersonate-user', ['impersonate-group', 'a']],
  ['nothing at all', []],
  ['an empty impersonate-user', ['impersonate-user', '']],
  ['a blank impersonate-user', ['impersonate-user', ' \t']],
  ['a name without a value', ['impersonate-user']],
  ['two of them', ['impersonate-user', 'a', 'impersonate-user', 'a']],
  ['two of them in two cases', ['impersonate-user', 'a', 'IMPERSONATE-USER', 'b']],
  ['the name as a value only', ['X-Name', 'impersonate-user']],
])('H4: a head with %s is never sent', async (_name, headers) => {
  expect(await codeOf(() => assertImpersonation(headers))).toBe('CC_ERR_AUTH_IDENTITY');
});

it('a head with exactly one user passes', async () => {
  expect(await codeOf(() => assertImpersonation(['accept', '*/*', 'impersonate-user', 'alice']))).toBe(
    'no error',
  );
});
