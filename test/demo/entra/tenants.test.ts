// Several tenants on one server: who is in which, whose keys sign what, and what Graph tells to whom.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_DIRECTORY, findApp, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { DirectoryApp, DirectoryUser, EntraStandIn, Tenant } from '../../../demo/entra/index.ts';
import { claimsOf, createEntraClient } from './support.ts';
import type { Answer, EntraClient } from './support.ts';

const OTHER_TENANT = '0b6f5f0e-38f5-4a55-8a1c-2f4f8f0f7a12';
const dave: DirectoryUser = {
  displayName: 'Dave Dale',
  userPrincipalName: 'dave@fabrikam.example',
  objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4f01',
  groups: ['6f1c0a52-93d4-4c6b-8a0e-2f5b7d9e1b01'],
};
const pipeline: DirectoryApp = {
  ...findApp(DEFAULT_DIRECTORY, 'deployment pipeline'),
  graphPermissions: ['GroupMember.Read.All', 'User.Read.All'],
};

let entra: EntraStandIn;
let client: EntraClient;
let other: Tenant;
beforeAll(async () => {
  entra = await startEntraStandIn({
    directory: { apps: [pipeline] },
    otherTenants: [{ tenantId: OTHER_TENANT, directory: { users: [dave], apps: [pipeline] } }],
  });
  client = createEntraClient(entra);
  const [, second] = entra.tenants;
  if (second === undefined) throw new TypeError('there is one tenant only');
  other = second;
});
afterAll(async () => {
  await client.close();
  await entra.close();
});

async function tokenOf(tenant: string, scope = entra.scope): Promise<string> {
  const { clientId: client_id, secret: client_secret = '' } = pipeline;
  const form = { grant_type: 'client_credentials', client_id, client_secret, scope };
  return String((await client.post(`/${tenant}/oauth2/v2.0/token`, form)).body['access_token']);
}
const groupsOf = ({ objectId }: DirectoryUser, token: string): Promise<Answer> =>
  client.get(`/v1.0/users/${objectId}/transitiveMemberOf/microsoft.graph.group?$select=id`, {
    authorization: `Bearer ${token}`,
  });

it.each([
  ['the main tenant', () => entra.tenantId, () => entra.tenantId],
  ['common', () => 'common', () => entra.tenantId],
  ['the other by its id', () => OTHER_TENANT, () => OTHER_TENANT],
  ['the other by its id in capitals', () => OTHER_TENANT.toUpperCase(), () => OTHER_TENANT],
  ['the other by its domain', () => 'fabrikam.example', () => OTHER_TENANT],
])('%s gives tokens of its own', async (_, asked, tenantId) => {
  expect(claimsOf(await tokenOf(asked()))).toMatchObject({
    tid: tenantId(),
    iss: `${entra.authorityHost}/${tenantId()}/v2.0`,
  });
});

it('each signs with a key of its own, and knows its own people', () => {
  const kidOf = (token: string): unknown =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
  expect(kidOf(other.issueToken({ user: 'dave' }))).not.toBe(kidOf(entra.issueToken({ user: 'alice' })));
  expect(() => other.issueToken({ user: 'alice' })).toThrow(RangeError);
});

it.each([['https://graph.microsoft.com/.default'], ['the double’s own address']])(
  'Graph tells each tenant about its own people, for %s',
  async (named) => {
    const scope = named.endsWith('/.default') ? named : `${entra.authorityHost}/.default`;
    const [alice] = DEFAULT_DIRECTORY.users;
    if (alice === undefined) throw new TypeError('the directory has no user');
    const mine = await tokenOf(entra.tenantId, scope);
    const theirs = await tokenOf(OTHER_TENANT, scope);
    expect(claimsOf(mine)).toMatchObject({ ver: '1.0', roles: pipeline.graphPermissions });
    expect((await groupsOf(alice, mine)).body['value']).toMatchObject([{ id: alice.groups[0] }]);
    expect((await groupsOf(dave, theirs)).body['value']).toMatchObject([{ id: dave.groups[0] }]);
    expect((await groupsOf(dave, mine)).status).toBe(404);
  },
);

it('Graph is no place for a token of the clusters’ API, nor for none', async () => {
  expect((await groupsOf(dave, await tokenOf(OTHER_TENANT))).status).toBe(401);
  expect((await groupsOf(dave, 'nobody-issued-this')).status).toBe(401);
});
