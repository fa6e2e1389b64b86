// The authorize endpoint by hand: what a browser is sent back with, what it is never sent away with, and what a code is good for.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_DIRECTORY, findApp, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { DirectoryApp, EntraStandIn } from '../../../demo/entra/index.ts';
import { claimsOf, createEntraClient } from './support.ts';
import type { Answer, EntraClient } from './support.ts';

const REDIRECT = 'http://localhost:40123';
const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-43';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const WEB_REDIRECT = 'https://portal.contoso.example/signed-in';
const web: DirectoryApp = {
  displayName: 'portal',
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7d01',
  objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5d01',
  secret: 'secret-of-the-portal',
  redirectUris: [WEB_REDIRECT],
  groups: [],
  roles: [],
};
const { clientId } = findApp(DEFAULT_DIRECTORY, 'cluster-connect command line');

let entra: EntraStandIn;
let client: EntraClient;
beforeAll(async () => {
  entra = await startEntraStandIn({ directory: { apps: [...DEFAULT_DIRECTORY.apps, web] } });
  client = createEntraClient(entra);
});
afterAll(async () => {
  await client.close();
  await entra.close();
});

type Query = Readonly<Record<string, string>>;
const scope = (): string => `openid offline_access ${entra.scope}`;
const authorize = (changes: Query = {}): Promise<Answer> => {
  const query = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: scope(),
    state: 'a state & more',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    user: 'alice',
    ...changes,
  };
  return client.get(`/${entra.tenantId}/oauth2/v2.0/authorize?${new URLSearchParams(query).toString()}`);
};
const locationOf = ({ headers }: Answer): URL => new URL(String(headers['location']));
const redeem = (code: string, changes: Query = {}): Promise<Answer> =>
  client.post(`/${entra.tenantId}/oauth2/v2.0/token`, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...changes,
  });
const codeFor = async (changes: Query = {}): Promise<string> =>
  locationOf(await authorize(changes)).searchParams.get('code') ?? '';

describe('the browser', () => {
  it('is shown who may sign in, and nothing of the query as markup', async () => {
    const { status, text } = await client.get(
      `/${entra.tenantId}/oauth2/v2.0/authorize?${new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: scope(),
        state: '"><script>',
        login_hint: 'bob@contoso.example',
      }).toString()}`,
    );
    expect(status).toBe(200);
    expect(text).toContain('<option selected>bob@contoso.example</option>');
    expect(text).not.toContain('<script>');
  });

  it('goes back with a code and the state, to any port of its own machine', async () => {
    const answer = await authorize({ client_info: '1' });
    expect(answer.status).toBe(302);
    expect(locationOf(answer).origin).toBe(REDIRECT);
    const values = Object.fromEntries(locationOf(answer).searchParams);
    expect(values).toMatchObject({ state: 'a state & more', code: expect.any(String) });
    expect(JSON.parse(Buffer.from(values['client_info'] ?? '', 'base64url').toString())).toMatchObject({
      utid: entra.tenantId,
    });
  });

  it.each([
    ['in a fragment', 'fragment', (answer: Answer) => locationOf(answer).hash],
    ['in a form', 'form_post', (answer: Answer) => answer.text],
  ])('takes the code along %s where that is asked for', async (_, mode, where) => {
    expect(where(await authorize({ response_mode: mode }))).toMatch(/code/);
  });

  it.each<[string, string, Query]>([
    ['another response type', 'unsupported_response_type', { response_type: 'token' }],
    ['another API', 'invalid_resource', { scope: 'https://vault.azure.net/.default' }],
    ['no API', 'invalid_resource', { scope: 'openid' }],
    ['another challenge', 'invalid_request', { code_challenge_method: 'S512' }],
    ['a short challenge', 'invalid_request', { code_challenge: 'short' }],
    ['a person who cancels', 'access_denied', { cancel: '1' }],
  ])('goes back with an error for %s', async (_, error, changes) => {
    const values = Object.fromEntries(locationOf(await authorize(changes)).searchParams);
    expect(values).toMatchObject({ error, state: 'a state & more' });
    expect(values['error_description']).toMatch(/^AADSTS\d+: /);
    expect(values).not.toHaveProperty('code');
  });

  it.each<[string, number, Query]>([
    ['an unknown application', 700016, { client_id: 'nobody' }],
    ['an address that is not registered', 50011, { redirect_uri: 'https://attacker.example/' }],
    ['another path of its own machine', 50011, { redirect_uri: `${REDIRECT}/elsewhere` }],
    ['another name of its own machine', 50011, { redirect_uri: 'http://127.0.0.1:40123' }],
    ['its own machine over TLS', 50011, { redirect_uri: 'https://localhost:40123' }],
    ['a name before the host', 50011, { redirect_uri: 'http://localhost@attacker.example/' }],
    [
      'another port of what is registered with one',
      50011,
      { client_id: web.clientId, redirect_uri: `${WEB_REDIRECT}/x` },
    ],
    ['no address', 50011, { redirect_uri: '' }],
    ['another way back', 900144, { response_mode: 'web_message' }],
    ['a person who is not in the directory', 50034, { user: 'zed' }],
  ])('is told on the page, and sent nowhere, for %s', async (_, number, changes) => {
    const { status, headers, text } = await authorize(changes);
    expect(status).toBe(400);
    expect(headers).not.toHaveProperty('location');
    expect(text).toContain(`AADSTS${number}`);
  });
});

describe('a code', () => {
  it('is good for the tokens that were asked for, in the order of Entra', async () => {
    const { status, body } = await redeem(await codeFor({ nonce: 'n-1' }), { client_info: '1' });
    expect(status).toBe(200);
    expect(Object.keys(body).join(' ')).toBe(
      'token_type scope expires_in ext_expires_in access_token refresh_token id_token client_info',
    );
    expect(body['scope']).toBe(`${entra.directory.api.appIdUri}/user_impersonation ${entra.scope}`);
    expect(claimsOf(body['access_token'])).toMatchObject({ name: 'Alice Archer', azpacr: '0' });
    expect(claimsOf(body['id_token'])).toMatchObject({ aud: clientId, nonce: 'n-1' });
  });

  it('brings neither a refresh token nor an ID token that nobody asked for', async () => {
    const { body } = await redeem(await codeFor({ scope: entra.scope }));
    expect(Object.keys(body).join(' ')).toBe('token_type scope expires_in ext_expires_in access_token');
  });

  it('is good with the plain verifier of a client that said so', async () => {
    const plain = { code_challenge: VERIFIER, code_challenge_method: 'plain' };
    expect((await redeem(await codeFor(plain))).status).toBe(200);
  });

  it('is good once', async () => {
    const code = await codeFor();
    expect((await redeem(code)).status).toBe(200);
    expect((await redeem(code)).body).toMatchObject({ error: 'invalid_grant', error_codes: [54005] });
  });

  it.each<[string, number, Query]>([
    ['a wrong verifier', 501481, { code_verifier: `${VERIFIER}x` }],
    ['an empty verifier', 501481, { code_verifier: '' }],
    ['another address', 500112, { redirect_uri: 'http://localhost:40124' }],
    ['no address', 900144, { redirect_uri: '' }],
    [
      'the credentials of another application',
      70000,
      { client_id: web.clientId, client_secret: web.secret ?? '' },
    ],
  ])('is good for nothing with %s, and not afterwards either', async (_, number, changes) => {
    const code = await codeFor();
    expect((await redeem(code, changes)).body).toMatchObject({ error_codes: [number] });
    if (number !== 900144) expect((await redeem(code)).body).toMatchObject({ error_codes: [54005] });
  });

  it('is good for ten minutes', async () => {
    const code = await codeFor();
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 600_000);
    try {
      expect((await redeem(code)).body).toMatchObject({ error: 'invalid_grant', error_codes: [70008] });
    } finally {
      vi.useRealTimers();
    }
  });

  it('of an application with a secret is good with it alone', async () => {
    const mine = { client_id: web.clientId, redirect_uri: WEB_REDIRECT };
    expect((await redeem(await codeFor(mine), mine)).body).toMatchObject({ error_codes: [7000218] });
    const { body } = await redeem(await codeFor(mine), { ...mine, client_secret: web.secret ?? '' });
    expect(claimsOf(body['access_token'])).toMatchObject({ azp: web.clientId, azpacr: '1' });
  });
});
