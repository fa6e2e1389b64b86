// The endpoints of version 1, as kubelogin's --legacy and the older libraries use them.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findApp, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { claimsOf, createEntraClient } from './support.ts';
import type { Answer, EntraClient } from './support.ts';

let entra: EntraStandIn;
let client: EntraClient;
beforeAll(async () => {
  entra = await startEntraStandIn();
  client = createEntraClient(entra);
});
afterAll(async () => {
  await client.close();
  await entra.close();
});

const post = (endpoint: string, form: Readonly<Record<string, string>>): Promise<Answer> =>
  client.post(`/${entra.tenantId}/oauth2/${endpoint}?api-version=1.0`, form);

it('an application names a resource, and gets numbers as texts', async () => {
  const { clientId: client_id, secret: client_secret = '' } = findApp(entra.directory, 'deployment pipeline');
  const form = { grant_type: 'client_credentials', client_id, client_secret };
  const resource = entra.directory.api.appIdUri;
  const { status, body } = await post('token', { ...form, resource });
  expect(status).toBe(200);
  expect(Object.keys(body).join(' ')).toBe(
    'token_type expires_in ext_expires_in expires_on not_before resource access_token',
  );
  expect(body).toMatchObject({ expires_in: '4500', resource, token_type: 'Bearer' });
  expect(claimsOf(body['access_token'])).toMatchObject({ azp: client_id, idtyp: 'app' });

  const spn = `spn:${entra.directory.api.clientId}`;
  expect((await post('token', { ...form, resource: spn })).status).toBe(200);
  expect((await post('token', form)).body).toMatchObject({ error_codes: [900144] });
  const wrong = { ...form, resource, client_secret: 'wrong' };
  expect(await post('token', wrong)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
});

it('a person signs in on another device', async () => {
  const { clientId: client_id } = findApp(entra.directory, 'cluster-connect command line');
  const resource = entra.directory.api.clientId;
  const { body: started } = await post('devicecode', { client_id, resource });
  expect(started).toMatchObject({
    verification_url: `${entra.authorityHost}/devicelogin`,
    expires_in: '900',
    interval: '5',
  });
  const poll = { client_id, resource, grant_type: 'device_code', code: String(started['device_code']) };
  expect((await post('token', poll)).body).toMatchObject({ error: 'authorization_pending' });
  entra.declineDeviceCode(String(started['user_code']));
  expect((await post('token', poll)).body).toMatchObject({ error: 'authorization_declined' });

  const { body: again } = await post('devicecode', { client_id, resource });
  entra.approveDeviceCode(String(again['user_code']), 'bob');
  const { body } = await post('token', { ...poll, code: String(again['device_code']) });
  expect(body).toMatchObject({ scope: 'user_impersonation', refresh_token: expect.any(String) });
  expect(claimsOf(body['access_token'])).toMatchObject({ name: 'Bob Baker' });
});

it('says which method it wants', async () => {
  const { status, body } = await client.get(`/${entra.tenantId}/oauth2/token`);
  expect({ status, numbers: body['error_codes'] }).toEqual({ status: 400, numbers: [900561] });
});
