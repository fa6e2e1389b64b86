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
    'Impersonate-User',
    'alice',
    'Impersonate-Uid',
    'u-1',
    'Impersonate-Group',
    'a',
    'Impersonate-Group',
    'b, c',
    'Impersonate-Extra-oid',
    '1',
    'Impersonate-Extra-oid',
    '2',
    'Impersonate-Extra-example.com%2Frole',
    'x',
  ]);
});

it.each([
  ['a%b', 'a%25b'],
  ['a b', 'a%20b'],
  ['é', '%C3%A9'],
  ['a%2fb', 'a%252fb'],
  ['\u0001', '%01'],
])('escapes the extra key %j as client-go does', (key, escaped) => {
  expect(impersonationHeaders(user({ extra: { [key]: ['v'] } }))[2]).toBe(`Impersonate-Extra-${escaped}`);
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
  ['name', { name: 'a\r\nImpersonate-Group: system:masters' }],
  ['uid', { uid: 'a\nb' }],
  ['group', { groups: ['a\u0000'] }],
  ['extra value', { extra: { upn: ['a\rb'] } }],
])('H5: a line break or NUL in the %s is refused', async (_name, changes) => {
  expect(await codeOf(() => impersonationHeaders(user(changes)))).toBe('CC_ERR_AUTH_IDENTITY');
});

it.each([
  ['no Impersonate-User', ['Impersonate-Group', 'a']],
  ['nothing at all', []],
  ['an empty Impersonate-User', ['Impersonate-User', '']],
  ['a blank Impersonate-User', ['Impersonate-User', ' \t']],
  ['a name without a value', ['Impersonate-User']],
  ['two of them', ['Impersonate-User', 'a', 'Impersonate-User', 'a']],
  ['two of them in two cases', ['Impersonate-User', 'a', 'IMPERSONATE-USER', 'b']],
  ['the name as a value only', ['X-Name', 'Impersonate-User']],
])('H4: a head with %s is never sent', async (_name, headers) => {
  expect(await codeOf(() => assertImpersonation(headers))).toBe('CC_ERR_AUTH_IDENTITY');
});

it('a head with exactly one user passes', async () => {
  expect(await codeOf(() => assertImpersonation(['accept', '*/*', 'impersonate-user', 'alice']))).toBe(
    'no error',
  );
});
