// The identity of a machine: with the real @azure/msal-node as App Service gives it, and, where MSAL looks only once in its
// process, with plain requests as a virtual machine's metadata service gives it, and as both refuse.
import { ManagedIdentityApplication } from '@azure/msal-node';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { claimsOf } from './support.ts';

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn();
});
afterAll(() => entra.close());
afterEach(() => vi.unstubAllEnvs());

describe('MSAL with the variables of App Service', () => {
  const acquire = async (resource: string, clientId?: string) => {
    const named =
      clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } };
    const application = new ManagedIdentityApplication({
      ...named,
      system: { disableInternalRetries: true },
    });
    return claimsOf((await application.acquireToken({ resource })).accessToken);
  };

  it('is the identity that it names, or the only one there', async () => {
    const { endpoint, header, clientId } = entra.managedIdentity;
    const { appIdUri } = entra.directory.api;
    vi.stubEnv('IDENTITY_ENDPOINT', endpoint);
    vi.stubEnv('IDENTITY_HEADER', header);
    expect(await acquire(appIdUri, clientId)).toMatchObject({ azp: clientId, azpacr: '2', idtyp: 'app' });
    expect(await acquire(appIdUri)).toMatchObject({ azp: clientId });
    await expect(acquire('https://vault.azure.net')).rejects.toThrow('AADSTS500011');
    await expect(acquire(appIdUri, entra.pipelines.clientId)).rejects.toThrow('Identity not found');
  });
});

type Headers = Readonly<Record<string, string>>;
async function ask(path: string, query: Readonly<Record<string, string>>, headers: Headers, method = 'GET') {
  const url = new URL(path, entra.managedIdentity.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const answer = await request(url, { method, headers });
  const body: unknown = await answer.body.json();
  const members: Record<string, unknown> = typeof body === 'object' ? { ...body } : {};
  return { status: answer.statusCode, body: members };
}

describe('the metadata service of a virtual machine', () => {
  const METADATA = { metadata: 'true' };
  const query = () => ({ 'api-version': '2018-02-01', resource: entra.directory.api.clientId });
  const token = (changes: Headers = {}, headers: Headers = METADATA, method = 'GET') =>
    ask('/metadata/identity/oauth2/token', { ...query(), ...changes }, headers, method);

  it('answers with the members that Microsoft documents, all of them texts', async () => {
    const { status, body } = await token();
    expect(status).toBe(200);
    expect(Object.keys(body).join(' ')).toBe(
      'access_token client_id expires_in expires_on ext_expires_in not_before resource token_type',
    );
    expect(Object.values(body).every((value) => typeof value === 'string')).toBe(true);
    expect(claimsOf(body['access_token'])).toMatchObject({
      azp: entra.managedIdentity.clientId,
      idtyp: 'app',
    });
    expect(body['expires_in']).toBe('86400');
  });

  it('names an identity by its object id as well', async () => {
    const { objectId = '' } =
      entra.directory.apps.find(({ managedIdentity }) => managedIdentity === true) ?? {};
    expect(await token({ object_id: objectId })).toMatchObject({ status: 200 });
  });

  it.each([
    ['without its header', {}, {}, 'Required metadata header not specified'],
    [
      'through a proxy',
      {},
      { ...METADATA, 'x-forwarded-for': '203.0.113.9' },
      'X-Forwarded-For is not allowed',
    ],
    [
      'in an old version',
      { 'api-version': '2017-01-01' },
      METADATA,
      'The api-version is missing or not supported',
    ],
    ['for nobody', { client_id: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b02' }, METADATA, 'Identity not found'],
    ['by a resource id', { msi_res_id: '/subscriptions/1' }, METADATA, 'Identity not found'],
  ])('refuses to be asked %s', async (_, changes, headers, text) => {
    const { status, body } = await token(changes, headers);
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'invalid_request', error_description: text },
    });
  });

  it('is read and not written, and has nothing beside', async () => {
    expect((await token({}, METADATA, 'POST')).status).toBe(405);
    expect((await ask('/metadata/instance', {}, METADATA)).status).toBe(404);
  });
});

it('App Service refuses whoever does not have its header', async () => {
  const { endpoint } = entra.managedIdentity;
  const query = { 'api-version': '2019-08-01', resource: entra.directory.api.appIdUri };
  const refused = { status: 401, body: { statusCode: 401, message: 'Unauthorized' } };
  expect(await ask(endpoint, query, {})).toEqual(refused);
  expect(await ask(endpoint, query, { 'x-identity-header': 'guessed' })).toEqual(refused);
});
