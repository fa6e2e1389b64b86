import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTenant } from '../../../demo/entra/index.ts';
import type { JsonAnswer } from '../../../demo/entra/answers.ts';
import type { DirectoryApp } from '../../../demo/entra/index.ts';
import { createTokenEndpoint } from '../../../demo/entra/token-endpoint.ts';
import type { TokenEndpoint } from '../../../demo/entra/token-endpoint.ts';

const ORIGIN = 'https://login.example.test';
const tenant = createTenant({ origin: ORIGIN });
const { api, apps, users } = tenant.directory;
const [cli, pipeline] = apps;
const [alice] = users;
if (cli === undefined || pipeline === undefined || alice === undefined)
  throw new TypeError('the directory is empty');
const SCOPE = `${api.appIdUri}/.default`;
const CREDENTIALS = {
  client_id: pipeline.clientId,
  client_secret: pipeline.secret ?? '',
  grant_type: 'client_credentials',
  scope: SCOPE,
};
let endpoint: TokenEndpoint;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  endpoint = createTokenEndpoint({ tenant, origin: ORIGIN, ttlSeconds: 3600, pollIntervalSeconds: 5 });
});
afterEach(() => {
  vi.useRealTimers();
});

const token = (form: Readonly<Record<string, string>>): JsonAnswer =>
  endpoint.token(new URLSearchParams(form));
const text = (answer: JsonAnswer, name: string): string => String(Object(answer.body)[name]);
const startDevice = (): { deviceCode: string; userCode: string } => {
  const answer = endpoint.deviceCode(
    new URLSearchParams({ client_id: cli.clientId, scope: `openid offline_access ${SCOPE}` }),
  );
  return { deviceCode: text(answer, 'device_code'), userCode: text(answer, 'user_code') };
};
const poll = (deviceCode: string, app: DirectoryApp = cli): JsonAnswer =>
  token({
    client_id: app.clientId,
    ...(app.secret !== undefined && { client_secret: app.secret }),
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: deviceCode,
  });

it('gives an application its token for its secret', () => {
  expect(token(CREDENTIALS)).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600 } });
});

it.each([
  ['a wrong secret', { client_secret: 'no' }, 'invalid_client', 401],
  ['an unknown application', { client_id: 'no' }, 'unauthorized_client', 400],
  ['a public client', { client_id: cli.clientId }, 'invalid_client', 401],
  ['a scope that is not .default', { scope: `${api.appIdUri}/user_impersonation` }, 'invalid_scope', 400],
  ['no scope', { scope: '' }, 'invalid_request', 400],
  ['another API', { scope: 'https://vault.azure.net/.default' }, 'invalid_resource', 400],
  ['another grant', { grant_type: 'password' }, 'unsupported_grant_type', 400],
  ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'no' }, 'invalid_grant', 400],
  ['an unknown device code', { grant_type: 'device_code', code: 'no' }, 'bad_verification_code', 400],
])("refuses %s in Entra's words", (_name, changes, error, status) => {
  const answer = token({ ...CREDENTIALS, ...changes });
  expect(answer).toMatchObject({ status, body: { error } });
  expect(text(answer, 'error_description')).toMatch(/^AADSTS\d+: /);
});

it('a device code waits until somebody approves it, and works once', () => {
  const { deviceCode, userCode } = startDevice();
  expect(endpoint.deviceCodes.waiting()).toEqual([userCode]);
  expect(poll(deviceCode)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
  endpoint.deviceCodes.approve(userCode.toLowerCase(), alice.objectId);
  expect(endpoint.deviceCodes.waiting()).toEqual([]);
  expect(poll(deviceCode, pipeline)).toMatchObject({ body: { error: 'bad_verification_code' } });
  expect(poll(deviceCode)).toMatchObject({
    status: 200,
    body: { scope: `${api.appIdUri}/${api.scope} ${SCOPE}` },
  });
  expect(poll(deviceCode)).toMatchObject({ body: { error: 'bad_verification_code' } });
  expect(() => endpoint.deviceCodes.approve(userCode, alice.objectId)).toThrow(RangeError);
});

it('a device code expires after 15 minutes', () => {
  const { deviceCode, userCode } = startDevice();
  vi.setSystemTime(Date.now() + 900_000);
  expect(() => endpoint.deviceCodes.approve(userCode, alice.objectId)).toThrow(RangeError);
  expect(poll(deviceCode)).toMatchObject({ body: { error: 'expired_token' } });
});

it('a refresh token belongs to its client and its API', () => {
  const { deviceCode, userCode } = startDevice();
  endpoint.deviceCodes.approve(userCode, alice.objectId);
  const refresh = text(poll(deviceCode), 'refresh_token');
  const form = { grant_type: 'refresh_token', refresh_token: refresh, client_id: cli.clientId };
  expect(token(form)).toMatchObject({ status: 200 });
  expect(token({ ...form, scope: 'https://vault.azure.net/.default' })).toMatchObject({
    body: { error: 'invalid_resource' },
  });
  const { client_id, client_secret } = CREDENTIALS;
  expect(token({ ...form, client_id, client_secret })).toMatchObject({ body: { error: 'invalid_grant' } });
  expect(token({ ...form, client_id })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
});

it('refuses a device code for an unknown application or API', () => {
  const ask = (form: Readonly<Record<string, string>>): JsonAnswer =>
    endpoint.deviceCode(new URLSearchParams(form));
  expect(ask({ scope: SCOPE })).toMatchObject({ body: { error: 'invalid_request' } });
  expect(ask({ client_id: alice.objectId, scope: SCOPE })).toMatchObject({
    body: { error: 'unauthorized_client' },
  });
  expect(ask({ client_id: cli.clientId })).toMatchObject({ body: { error: 'invalid_resource' } });
});

it('keeps a bounded number of sign-ins and of refresh tokens', () => {
  const first = startDevice();
  endpoint.deviceCodes.approve(first.userCode, alice.objectId);
  const refresh = text(poll(first.deviceCode), 'refresh_token');
  const form = { grant_type: 'refresh_token', refresh_token: refresh, client_id: cli.clientId };
  for (let index = 0; index < 1_001; index += 1) startDevice();
  expect(endpoint.deviceCodes.waiting()).toHaveLength(1_000);
  for (let index = 0; index < 99; index += 1) expect(token(form).status).toBe(200);
  expect(token(form).status).toBe(200);
  expect(token(form)).toMatchObject({ body: { error: 'invalid_grant' } });
});
