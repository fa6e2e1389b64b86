import { expect, it } from 'vitest';
import { readEntraClaims } from '../../auth/entra-claims.ts';
import { codeOf } from './authority-double.ts';

const TENANT = '7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6';
const USER = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const GROUP = '6f1c0a52-93d4-4c6b-8a0e-2f5b7d9e1a01';
const CLAIMS = {
  ver: '2.0',
  iss: 'https://login.example.test/x/v2.0',
  aud: 'api',
  tid: TENANT,
  oid: USER,
  sub: 'pairwise',
  iat: 100,
  nbf: 100,
  exp: 200,
};
const read = (changes: Readonly<Record<string, unknown>>) => {
  const claims = Object.entries({ ...CLAIMS, ...changes }).filter(([, value]) => value !== undefined);
  return readEntraClaims(Object.fromEntries(claims));
};

it('reads the claims of a v2 token', () => {
  const claims = read({
    azp: USER.toUpperCase(),
    upn: 'a@b',
    uti: 'u',
    scp: 's',
    groups: [GROUP, GROUP.toUpperCase()],
  });
  expect(claims).toEqual({
    version: '2.0',
    issuer: CLAIMS.iss,
    audience: 'api',
    tenantId: TENANT,
    objectId: USER,
    subject: 'pairwise',
    applicationId: USER,
    userPrincipalName: 'a@b',
    tokenId: 'u',
    scopes: ['s'],
    roles: [],
    principalType: '',
    issuedAt: 100,
    notBefore: 100,
    expiresAt: 200,
    groups: [GROUP],
    groupsOverage: false,
    boundKey: '',
  });
});

it('takes the client of a v1 token from appid, and never from azp', () => {
  expect(read({ ver: '1.0', appid: USER, azp: GROUP }).applicationId).toBe(USER);
  expect(read({ ver: '1.0', azp: GROUP }).applicationId).toBe('');
});

const STRINGS = ['iss', 'aud', 'tid', 'oid', 'sub', 'ver', 'azp', 'upn', 'uti', 'scp', 'idtyp'];
const WRONG_STRINGS: readonly unknown[] = [['x'], {}, 7, true, null, '', '   ', '\t', 'x'.repeat(1025)];

it.each(STRINGS.flatMap((name) => WRONG_STRINGS.map((value): [string, unknown] => [name, value])))(
  'J6: %s as %j is refused',
  async (name, value) => {
    expect(await codeOf(() => read({ [name]: value }))).toBe('CC_ERR_AUTH_CLAIMS');
  },
);

const TIMES: readonly unknown[] = ['200', 200.5, -1, 1e300, 253_402_300_800, null, [200], undefined];
it.each(['iat', 'nbf', 'exp'].flatMap((name) => TIMES.map((value): [string, unknown] => [name, value])))(
  'J6: %s as %j is refused',
  async (name, value) => {
    expect(await codeOf(() => read({ [name]: value }))).toBe('CC_ERR_AUTH_CLAIMS');
  },
);

it.each([
  ['groups', 'text'],
  ['groups', [7]],
  ['groups', { 0: GROUP }],
  ['groups', Array.from({ length: 201 }, () => GROUP)],
  ['roles', 'text'],
  ['roles', [null]],
  ['_claim_names', 'groups'],
  ['_claim_names', ['groups']],
  ['tid', 'common'],
  ['tid', `${TENANT}/`],
  ['azp', 'not-a-guid'],
  ['ver', '3.0'],
])('J6: %s as %j is refused', async (name, value) => {
  expect(await codeOf(() => read({ [name]: value }))).toBe('CC_ERR_AUTH_CLAIMS');
});

it.each([['oid'], ['tid'], ['iss'], ['aud'], ['sub'], ['ver'], ['exp'], ['nbf'], ['iat']])(
  'a token without %s is refused',
  async (name) => {
    expect(await codeOf(() => read({ [name]: undefined }))).toBe('CC_ERR_AUTH_CLAIMS');
  },
);

it.each([[''], [' '], [['x']], ['system:masters'], ['system:serviceaccount:kube-system:default'], ['*']])(
  'H4: the object id %j is refused',
  async (oid) => {
    expect(await codeOf(() => read({ oid }))).toBe('CC_ERR_AUTH_CLAIMS');
  },
);

it.each([[['system:masters']], [[GROUP, 'system:masters']], [['']], [['developers']]])(
  'H4: the groups %j are refused',
  async (groups) => {
    expect(await codeOf(() => read({ groups }))).toBe('CC_ERR_AUTH_IDENTITY');
  },
);

it.each([['nonce'], ['at_hash'], ['c_hash']])('J9: a token with %s is of another kind', async (name) => {
  expect(await codeOf(() => read({ [name]: 'x' }))).toBe('CC_ERR_AUTH_TOKEN_KIND');
});

it.each([
  [
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'http://169.254.169.254/' } } },
    true,
  ],
  [{ hasgroups: true }, true],
  [{ hasgroups: 'true' }, true],
  [{ hasgroups: false }, false],
  [{ hasgroups: 'false' }, false],
  [{ _claim_names: { other: 'src1' } }, false],
])('J11: the overage of %j is %s', (changes, overage) => {
  expect(read(changes).groupsOverage).toBe(overage);
});

it('does not read claims from a prototype', async () => {
  const { oid, ...others } = CLAIMS;
  const payload: Record<string, unknown> = Object.assign(Object.create({ oid }), others);
  expect(payload['oid']).toBe(USER);
  expect(await codeOf(() => readEntraClaims(payload))).toBe('CC_ERR_AUTH_CLAIMS');
});

it('takes scopes apart, and reads app roles', () => {
  const { scopes, roles } = read({ scp: 'one  two', roles: ['A', 'B'] });
  expect({ scopes, roles }).toEqual({ scopes: ['one', 'two'], roles: ['A', 'B'] });
});

it('knows the key that a token is bound to by its thumbprint', () => {
  expect(read({ cnf: { kid: 'k'.repeat(43), xms_ksl: 'sw' } }).boundKey).toBe('k'.repeat(43));
});

it.each([['a text'], [{}], [{ kid: 'short' }], [{ kid: 7 }], [{ jwk: {} }], [null], [[]]])(
  'a token that is bound in another way (%j) is refused',
  async (cnf) => {
    expect(await codeOf(() => read({ cnf }))).toBe('CC_ERR_AUTH_CLAIMS');
  },
);

it.each([
  ['scp', Array.from({ length: 201 }, (_, index) => index).join(' ')],
  ['roles', Array(201).fill('r')],
])('more permissions in %s than a token holds are refused', async (name, value) => {
  expect(await codeOf(() => read({ [name]: value }))).toBe('CC_ERR_AUTH_CLAIMS');
});
