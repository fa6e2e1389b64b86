// Tokens that are bound to a key, as MSAL and kubelogin ask for them, in every grant.
import { createHash, generateKeyPairSync } from 'node:crypto';
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

const { n, e } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
/** RFC 7638. */
const KID = createHash('sha256').update(`{"e":"${e}","kty":"RSA","n":"${n}"}`).digest('base64url');
const reqCnf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const POP = { token_type: 'pop', req_cnf: reqCnf({ kid: KID, xms_ksl: 'sw' }) };

type Form = Readonly<Record<string, string>>;
const token = (form: Form): Promise<Answer> => client.post(`/${entra.tenantId}/oauth2/v2.0/token`, form);
const credentials = (): Form => {
  const { clientId, secret = '' } = findApp(entra.directory, 'deployment pipeline');
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: secret, scope: entra.scope };
};

it('an application’s says which key, and the answer says what it is', async () => {
  const { status, body } = await token({ ...credentials(), ...POP });
  expect(status).toBe(200);
  expect(Object.keys(body).join(' ')).toBe('token_type expires_in ext_expires_in access_token');
  expect(body['token_type']).toBe('pop');
  expect(claimsOf(body['access_token'])['cnf']).toEqual({ kid: KID, xms_ksl: 'sw' });
});

it('a person’s does so by device code and by refresh token, each for its own request', async () => {
  const { clientId } = findApp(entra.directory, 'cluster-connect command line');
  const scope = `openid offline_access ${entra.scope}`;
  const { body: started } = await client.post(`/${entra.tenantId}/oauth2/v2.0/devicecode`, {
    client_id: clientId,
    scope,
  });
  entra.approveDeviceCode(String(started['user_code']), 'alice');
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const device_code = String(started['device_code']);
  const { body: first } = await token({ client_id: clientId, grant_type, device_code, ...POP });
  expect(first['token_type']).toBe('pop');
  expect(claimsOf(first['access_token'])).toMatchObject({ name: 'Alice Archer', cnf: { kid: KID } });

  const renewal = {
    client_id: clientId,
    grant_type: 'refresh_token',
    refresh_token: String(first['refresh_token']),
  };
  expect(claimsOf((await token({ ...renewal, ...POP })).body['access_token'])).toHaveProperty('cnf');
  const { body: plain } = await token(renewal);
  expect(plain['token_type']).toBe('Bearer');
  expect(claimsOf(plain['access_token'])).not.toHaveProperty('cnf');
});

it.each<[string, number, Form]>([
  ['without a key', 900144, { token_type: 'pop' }],
  ['with a key that is no JSON', 90023, { token_type: 'pop', req_cnf: 'AAAA' }],
  ['with a list', 90023, { token_type: 'pop', req_cnf: reqCnf([KID]) }],
  ['without a thumbprint', 90023, { token_type: 'pop', req_cnf: reqCnf({ xms_ksl: 'sw' }) }],
  ['with a short thumbprint', 90023, { token_type: 'pop', req_cnf: reqCnf({ kid: KID.slice(1) }) }],
  ['with a huge key', 90023, { token_type: 'pop', req_cnf: 'A'.repeat(5_000) }],
  ['of another type', 90023, { token_type: 'ssh-cert' }],
])('is refused %s', async (_, number, changes) => {
  const { status, body } = await token({ ...credentials(), ...changes });
  expect({ status, numbers: body['error_codes'] }).toEqual({ status: 400, numbers: [number] });
});
