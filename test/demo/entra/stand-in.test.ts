import { request } from 'undici';
import { Agent } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEntraVerifier } from '../../../auth/index.ts';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';

let entra: EntraStandIn;
let dispatcher: Agent;

beforeAll(async () => {
  entra = await startEntraStandIn();
  dispatcher = new Agent({ connect: { ca: entra.caPem } });
});
afterAll(async () => {
  await dispatcher.close();
  await entra.close();
});

const get = async (path: string): Promise<{ status: number; text: string }> => {
  const { statusCode, body } = await request(`${entra.authorityHost}${path}`, { dispatcher });
  return { status: statusCode, text: await body.text() };
};
const post = async (path: string, form: string): Promise<{ status: number; text: string }> => {
  const { statusCode, body } = await request(`${entra.authorityHost}${path}`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  });
  return { status: statusCode, text: await body.text() };
};

it.each([
  ['', ''],
  ['/v2.0', '/v2.0'],
])('serves metadata%s that leads to its keys', async (path, infix) => {
  const { status, text } = await get(`/${entra.tenantId}${path}/.well-known/openid-configuration`);
  expect(status).toBe(200);
  const { jwks_uri: keysUrl, issuer } = JSON.parse(text);
  expect(issuer).toBe(`${entra.authorityHost}/${entra.tenantId}${path === '' ? '/' : '/v2.0'}`);
  expect(keysUrl).toBe(`${entra.authorityHost}/${entra.tenantId}/discovery${infix}/keys`);
  expect(JSON.parse((await get(new URL(keysUrl).pathname)).text).keys).toHaveLength(1);
});

it('its tokens pass the verifier over HTTPS, and fail without its CA', async () => {
  const settings = {
    authorityHost: entra.authorityHost,
    tenants: [entra.tenantId],
    audiences: entra.audiences,
    usernameClaim: 'upn',
    groupsOverage: 'fail',
    clockSkewSeconds: 30,
  } as const;
  const verifier = createEntraVerifier({ ...settings, authorityCa: entra.caPem });
  expect(await verifier.verify(entra.issueToken({ user: 'alice' }))).toHaveProperty(
    'user.name',
    'alice@contoso.example',
  );
  await verifier.close();
  const strict = createEntraVerifier(settings);
  await expect(strict.verify(entra.issueToken({ user: 'alice' }))).rejects.toHaveProperty(
    'code',
    'CC_ERR_AUTH_UNAVAILABLE',
  );
  await strict.close();
});

it('the page of a device code offers the people and signs one in', async () => {
  const { clientId } = entra.directory.apps[0] ?? { clientId: '' };
  const form = new URLSearchParams({ client_id: clientId, scope: entra.scope });
  const started = JSON.parse((await post(`/${entra.tenantId}/oauth2/v2.0/devicecode`, form.toString())).text);
  expect(started.verification_uri).toBe(`${entra.authorityHost}/devicelogin`);
  const page = await get('/devicelogin');
  expect(page.text).toContain(started.user_code);
  expect(page.text).toContain('bob@contoso.example');
  expect((await get(`/devicelogin?user_code=${started.user_code}&user=nobody`)).status).toBe(404);
  expect((await get(`/devicelogin?user_code=${started.user_code}&user=bob@contoso.example`)).status).toBe(
    200,
  );
  expect(entra.waitingDeviceCodes()).toEqual([]);
});

it('the page writes nothing of the query as markup', async () => {
  const { text } = await get('/devicelogin?user_code=%22%3E%3Cscript%3E');
  expect(text).not.toContain('<script>');
});

it('says which tenant it does not know, has nothing at other paths, and ends what is too large', async () => {
  const unknown = await get('/other-tenant/.well-known/openid-configuration');
  expect(unknown.status).toBe(400);
  expect(JSON.parse(unknown.text)).toMatchObject({ error: 'invalid_tenant', error_codes: [90002] });
  expect((await get(`/${entra.tenantId}/oauth2/v2.0/logout`)).status).toBe(404);
  await expect(post(`/${entra.tenantId}/oauth2/v2.0/token`, 'x'.repeat(128 * 1024))).rejects.toThrow();
  expect((await get(`/${entra.tenantId}/discovery/keys`)).status).toBe(200);
});

it('describes itself to instance discovery', async () => {
  const { text } = await get('/common/discovery/instance?api-version=1.1');
  expect(JSON.parse(text)).toMatchObject({ metadata: [{ aliases: [new URL(entra.authorityHost).host] }] });
});

it('says where it cannot listen', async () => {
  const port = Number(new URL(entra.authorityHost).port);
  await expect(startEntraStandIn({ port })).rejects.toHaveProperty('code', 'EADDRINUSE');
});
