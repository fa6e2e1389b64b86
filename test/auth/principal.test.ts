import { expect, it } from 'vitest';
import { readEntraClaims } from '../../auth/entra-claims.ts';
import { checkPermission, principalKind, toVerifiedToken } from '../../auth/principal.ts';
import type { MappingSettings } from '../../auth/principal.ts';
import type { VerifiedToken } from '../../auth/index.ts';
import { codeOf } from './authority-double.ts';

const OID = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const CLIENT = '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b01';
const TENANT = '7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6';
const BASE = { ver: '2.0', iss: 'i', aud: 'a', tid: TENANT, oid: OID, iat: 1, nbf: 1, exp: 2, azp: CLIENT };
const USER = { ...BASE, sub: 'pairwise', scp: 'user_impersonation' };
const APP = { ...BASE, sub: OID, idtyp: 'app' };
const BY_OID: MappingSettings = { usernameClaim: 'oid' };
const BY_UPN: MappingSettings = { usernameClaim: 'upn' };

const map = (payload: Readonly<Record<string, unknown>>, settings = BY_OID): VerifiedToken => {
  const claims = readEntraClaims(payload);
  const { groups } = claims;
  checkPermission(claims, principalKind(claims), settings);
  const terms = { kind: principalKind(claims), groups, expiresAtMs: 5_000, recheckAtMs: 4_000 };
  return toVerifiedToken(claims, settings, terms);
};

it('a user is named by object id, and everything else goes into extra with lower-case keys', () => {
  expect(map({ ...USER, upn: 'alice@contoso.example', uti: 't', groups: [CLIENT] })).toMatchObject({
    kind: 'user',
    tenantId: TENANT,
    objectId: OID,
    applicationId: CLIENT,
    tokenId: 't',
    groups: [CLIENT],
    expiresAtMs: 5_000,
    recheckAtMs: 4_000,
    user: {
      name: OID,
      uid: '',
      groups: [CLIENT],
      extra: { oid: [OID], tid: [TENANT], upn: ['alice@contoso.example'], azp: [CLIENT] },
    },
  });
});

it.each([
  ['a member', 'alice@contoso.example'],
  ['a guest', 'eve_fabrikam.example#EXT#@contoso.onmicrosoft.com'],
  ['a name with letters of all the world', 'müller@日本.example'],
])('%s is named by user principal name where the setting says so', (_name, upn) => {
  expect(map({ ...USER, upn }, BY_UPN).user.name).toBe(upn);
});

it('a user without a user principal name is named by object id, as Arc does', () => {
  expect(map(USER, BY_UPN).user).toMatchObject({
    name: OID,
    extra: { oid: [OID], tid: [TENANT], azp: [CLIENT] },
  });
  expect(map(USER, BY_UPN).user.extra).not.toHaveProperty('upn');
});

it('an application is named by its object id whatever the setting', () => {
  expect(map({ ...APP, upn: 'pipeline@contoso.example' }, BY_UPN)).toMatchObject({
    kind: 'application',
    user: { name: OID },
  });
});

it('an application is known by its own subject where idtyp is not emitted', () => {
  expect(map({ ...BASE, sub: OID.toUpperCase() }).kind).toBe('application');
  expect(map({ ...USER, idtyp: 'user' }).kind).toBe('user');
});

it.each([
  ['an ID token: no scope, a pairwise subject', { ...BASE, sub: 'pairwise' }],
  ['an ID token with app roles', { ...BASE, sub: 'pairwise', roles: ['admin'] }],
  ['no client application', { ...USER, azp: undefined }],
  ['no client application, own subject', { ...BASE, sub: OID, azp: undefined }],
  ['idtyp app with a scope', { ...APP, scp: 'x' }],
  ['idtyp app without a client', { ...APP, azp: undefined }],
  ['idtyp user without a scope', { ...BASE, sub: 'pairwise', idtyp: 'user' }],
  ['idtyp user without a client', { ...USER, idtyp: 'user', azp: undefined }],
  ['idtyp of another kind', { ...USER, idtyp: 'device' }],
])('J9: %s is not an access token', async (_name, claims) => {
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  expect(await codeOf(() => map(present))).toBe('CC_ERR_AUTH_TOKEN_KIND');
});

it.each([
  ['system:masters'],
  ['system:admin@contoso.example'],
  ['SYSTEM:admin@contoso.example'],
  ['no-at-sign'],
  [OID],
  [' alice@contoso.example'],
  ['alice@contoso.example '],
])('H4: the user principal name %j is refused, whichever claim names the user', async (upn) => {
  expect(await codeOf(() => map({ ...USER, upn }, BY_UPN))).toBe('CC_ERR_AUTH_IDENTITY');
  expect(await codeOf(() => map({ ...USER, upn }, BY_OID))).toBe('CC_ERR_AUTH_IDENTITY');
});

it.each([
  ['a\r\nImpersonate-Group: system:masters@x'],
  ['a@x\r'],
  ['a\n@x'],
  ['a\u0000@x'],
  ['a\u007F@x'],
  ['a\u0085@x'],
  ['a\u2028@x'],
  ['a\u202E@x'],
  ['a\u200B@x'],
  ['a\uD800@x'],
  ['a\uFEFF@x'],
])('H5: the user principal name %j is refused', async (upn) => {
  expect(await codeOf(() => map({ ...USER, upn }, BY_UPN))).toBe('CC_ERR_AUTH_IDENTITY');
});

it('H5: a name beyond latin1 travels as its UTF-8 bytes', () => {
  const { impersonation } = map({ ...USER, upn: '日@x' }, BY_UPN);
  expect(impersonation[1]).toBe('\u00E6\u0097\u00A5@x');
  expect(Buffer.from(impersonation[1] ?? '', 'latin1').toString('utf8')).toBe('日@x');
});

it('what was verified cannot be changed by whoever holds it', () => {
  const verified = map(USER);
  expect(Object.isFrozen(verified)).toBe(true);
  expect(Object.isFrozen(verified.impersonation)).toBe(true);
});

const SCOPED: MappingSettings = {
  usernameClaim: 'oid',
  requiredScopes: ['read', 'write'],
  requiredRoles: ['Deploy'],
};

it.each([
  ['a user with one of the scopes', { ...USER, scp: 'openid write' }, 'no error'],
  ['a user with none of them', { ...USER, scp: 'writes' }, 'CC_ERR_AUTH_PERMISSION'],
  ['a user with a role in place of a scope', { ...USER, roles: ['Deploy'] }, 'CC_ERR_AUTH_PERMISSION'],
  ['an application with the role', { ...APP, roles: ['Other', 'Deploy'] }, 'no error'],
  ['an application without roles', APP, 'CC_ERR_AUTH_PERMISSION'],
  ['an application with a role of another name', { ...APP, roles: ['deploy'] }, 'CC_ERR_AUTH_PERMISSION'],
])('where scopes and roles are asked for: %s', async (_name, claims, code) => {
  expect(await codeOf(() => map(claims, SCOPED))).toBe(code);
});
