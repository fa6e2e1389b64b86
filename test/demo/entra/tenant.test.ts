import { expect, it } from 'vitest';
import { createSigningKey, createTenant } from '../../../demo/entra/index.ts';

const ORIGIN = 'https://login.example.test';
const tenant = createTenant({ origin: ORIGIN });
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

it.each([
  [
    'a v2 user token',
    { user: 'alice', version: 2 },
    'aio aud azp azpacr exp groups iat iss name nbf oid preferred_username rh scp sub tid upn uti ver',
  ],
  [
    'a v1 user token',
    { user: 'alice', version: 1 },
    'acr aio amr appid appidacr aud exp groups iat ipaddr iss name nbf oid rh scp sub tid unique_name upn uti ver',
  ],
  [
    'a v2 app-only token',
    { app: 'deployment pipeline', version: 2 },
    'aio aud azp azpacr exp groups iat idtyp iss nbf oid rh roles sub tid uti ver',
  ],
  [
    'a v1 app-only token',
    { app: 'deployment pipeline', version: 1 },
    'aio appid appidacr aud exp groups iat idp idtyp iss nbf oid rh roles sub tid uti ver',
  ],
] as const)("%s has the claims of Microsoft's reference", (_name, request, names) => {
  expect(Object.keys(claimsOf(tenant.issueToken(request))).sort()).toEqual(names.split(' '));
});

it('v1 tokens name the App ID URI, v2 tokens the client id', () => {
  const { clientId, appIdUri } = tenant.directory.api;
  expect(claimsOf(tenant.issueToken({ user: 'bob', version: 1 }))).toMatchObject({
    aud: appIdUri,
    ver: '1.0',
  });
  expect(claimsOf(tenant.issueToken({ user: 'bob', version: 2 }))).toMatchObject({
    aud: clientId,
    ver: '2.0',
  });
});

it('over 200 groups are pointed to and not named', () => {
  const [user] = tenant.directory.users;
  if (user === undefined) throw new TypeError('the directory has no user');
  const claims = claimsOf(
    tenant.issueToken({ user: { ...user, groups: Array.from({ length: 201 }, () => 'g') } }),
  );
  expect(claims).not.toHaveProperty('groups');
  expect(claims).toMatchObject({ _claim_names: { groups: 'src1' } });
});

it('a service principal in over 200 groups is pointed to in its own place', () => {
  const [, app] = tenant.directory.apps;
  if (app === undefined) throw new TypeError('the directory has no application');
  const claims = claimsOf(
    tenant.issueToken({ app: { ...app, groups: Array.from({ length: 201 }, () => 'g') } }),
  );
  expect(claims).not.toHaveProperty('groups');
  const endpoint = expect.stringMatching(`/servicePrincipals/${app.objectId}/getMemberObjects$`);
  expect(claims['_claim_sources']).toEqual({ src1: { endpoint } });
});

it.each([1, 2] as const)('a guest’s token of version %i says who vouches for the person', (version) => {
  const [user] = tenant.directory.users;
  if (user === undefined) throw new TypeError('the directory has no user');
  const guest = {
    ...user,
    userPrincipalName: 'alice_fabrikam.example#EXT#@contoso.example',
    guestOf: { tenantId: '0b6f5f0e-38f5-4a55-8a1c-2f4f8f0f7a11', mail: 'alice@fabrikam.example' },
  };
  expect(claimsOf(tenant.issueToken({ user: guest, version }))).toMatchObject({
    upn: guest.userPrincipalName,
    email: 'alice@fabrikam.example',
    idp: 'https://sts.windows.net/0b6f5f0e-38f5-4a55-8a1c-2f4f8f0f7a11/',
    [version === 1 ? 'unique_name' : 'preferred_username']: 'alice@fabrikam.example',
  });
});

it('after the registered claims come the others by name, as at Entra', () => {
  const [aud, iss, iat, nbf, exp, ...others] = Object.keys(claimsOf(tenant.issueToken({ user: 'alice' })));
  expect([aud, iss, iat, nbf, exp]).toEqual(['aud', 'iss', 'iat', 'nbf', 'exp']);
  expect(others).toEqual(others.toSorted());
});

it('a token of version 1 names its key twice', () => {
  const [header = ''] = tenant.issueToken({ user: 'alice', version: 1 }).split('.');
  const { kid, x5t } = JSON.parse(Buffer.from(header, 'base64url').toString());
  expect(x5t).toBe(kid);
});

it('a token for Graph is of version 1, with permissions in place of groups', () => {
  const [, app] = tenant.directory.apps;
  if (app === undefined) throw new TypeError('the directory has no application');
  const resource = { kind: 'graph', identifier: 'https://graph.microsoft.com' } as const;
  const permitted = { ...app, graphPermissions: ['Directory.Read.All'] };
  const claims = claimsOf(tenant.issueToken({ app: permitted, resource }));
  expect(claims).toMatchObject({ aud: resource.identifier, ver: '1.0', roles: ['Directory.Read.All'] });
  expect(claims).not.toHaveProperty('groups');
  expect(claimsOf(tenant.issueToken({ app, resource }))).not.toHaveProperty('roles');
  expect(claimsOf(tenant.issueToken({ user: 'alice', resource }))).toMatchObject({ scp: 'User.Read' });
});

it('signs what a test asks for: other claims, other header, another key, a token of the past', () => {
  const key = createSigningKey('other-key');
  const token = tenant.issueToken({
    user: 'alice',
    overrides: { oid: undefined, extra: 1 },
    header: { typ: 'pop' },
    signWith: key,
    ttlSeconds: -60,
  });
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  expect(header).toEqual({ typ: 'pop', alg: 'RS256', kid: 'other-key' });
  const claims = claimsOf(token);
  expect(claims).not.toHaveProperty('oid');
  expect(claims).toHaveProperty('extra', 1);
  expect(Number(claims['exp'])).toBeLessThan(Date.now() / 1000);
});

it('publishes each key with its issuer, and keeps old keys until they are withdrawn', () => {
  const rotating = createTenant({ origin: ORIGIN });
  const count = (): number =>
    JSON.parse(JSON.stringify(rotating.document(`/${rotating.tenantId}/discovery/v2.0/keys`))).keys.length;
  expect(rotating.document(`/${rotating.tenantId}/discovery/keys`)).toMatchObject({
    keys: [{ kty: 'RSA', use: 'sig', issuer: `${ORIGIN}/${rotating.tenantId}/` }],
  });
  rotating.rotateKeys();
  expect(count()).toBe(2);
  rotating.rotateKeys({ withdrawOld: true });
  expect(count()).toBe(1);
});

it.each([
  ['nobody', {}, TypeError],
  ['an unknown user', { user: 'zed' }, RangeError],
  ['an unknown application', { app: 'zed' }, RangeError],
] as const)('a token for %s is a mistake of the caller', (_name, request, kind) => {
  expect(() => tenant.issueToken(request)).toThrow(kind);
});

it('has no document at names that every object has', () => {
  expect(tenant.document('constructor')).toBeUndefined();
  expect(tenant.document('/other/.well-known/openid-configuration')).toBeUndefined();
});
