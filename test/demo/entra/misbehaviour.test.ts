// The double on request: silent, broken, huge, hostile; and that it is well again afterwards.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_DIRECTORY, findApp, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { createEntraClient } from './support.ts';
import type { Answer, EntraClient } from './support.ts';

let entra: EntraStandIn;
let client: EntraClient;
beforeAll(async () => {
  const app = {
    ...findApp(DEFAULT_DIRECTORY, 'deployment pipeline'),
    graphPermissions: ['Directory.Read.All'],
  };
  entra = await startEntraStandIn({ directory: { apps: [app] } });
  client = createEntraClient(entra);
});
afterAll(async () => {
  await client.close();
  await entra.close();
});
afterEach(() => entra.misbehave(undefined));

const keys = (): Promise<Answer> => client.get(`/${entra.tenantId}/discovery/v2.0/keys`);
const metadata = (): Promise<Answer> =>
  client.get(`/${entra.tenantId}/v2.0/.well-known/openid-configuration`);
const token = (scope = entra.scope): Promise<Answer> => {
  const { clientId: client_id, secret: client_secret = '' } = entra.directory.apps[0] ?? { clientId: '' };
  const form = { grant_type: 'client_credentials', client_id, client_secret, scope };
  return client.post(`/${entra.tenantId}/oauth2/v2.0/token`, form);
};
async function graph(): Promise<Answer> {
  const { body } = await token('https://graph.microsoft.com/.default');
  const { objectId = '' } = entra.directory.users[0] ?? {};
  const authorization = `Bearer ${String(body['access_token'])}`;
  return client.get(`/v1.0/users/${objectId}/transitiveMemberOf/microsoft.graph.group`, { authorization });
}
/** Whether there is no answer while others are answered. */
async function isSilent(ask: () => Promise<Answer>): Promise<boolean> {
  let answered = false;
  const asked = ask().then(
    () => void (answered = true),
    () => undefined,
  );
  await client.get('/common/discovery/instance');
  await client.get('/common/discovery/instance');
  void asked;
  return !answered;
}

describe('the keys', () => {
  it('break', async () => {
    entra.misbehave({ keys: 'error-500' });
    expect(await keys()).toMatchObject({ status: 500, body: { error: 'server_error' } });
    expect((await metadata()).status).toBe(200);
    entra.misbehave(undefined);
    expect((await keys()).status).toBe(200);
  });

  it('are ten megabytes, or a thousand with the right one among them, or none', async () => {
    const right = await keys();
    entra.misbehave({ keys: 'huge' });
    expect((await keys()).text.length).toBeGreaterThan(10 * 1024 * 1024);
    entra.misbehave({ keys: 'many' });
    const { body } = await keys();
    expect(body['keys']).toHaveLength(1_001);
    expect(body['keys']).toEqual(expect.arrayContaining(JSON.parse(right.text).keys));
    entra.misbehave({ keys: 'empty' });
    expect((await keys()).body).toEqual({ keys: [] });
  });

  it('are elsewhere, where who follows finds the right ones, and is seen', async () => {
    const right = await keys();
    entra.misbehave({ keys: 'redirect' });
    const { status, headers } = await keys();
    expect(status).toBe(302);
    const elsewhere = new URL(String(headers['location']));
    expect(elsewhere.pathname).toBe(`/elsewhere/${entra.tenantId}/discovery/v2.0/keys`);
    expect((await client.get(elsewhere.pathname)).body).toEqual(right.body);
    expect(entra.requestedPaths()).toContain(elsewhere.pathname);
  });
});

describe('the metadata', () => {
  it('leads elsewhere in all that it names, and would change every object', async () => {
    entra.misbehave({ metadata: 'hostile' });
    const { text } = await metadata();
    expect(JSON.parse(text)).toMatchObject({ jwks_uri: 'https://keys.attacker.example/jwks_uri' });
    expect(text).toContain('"__proto__":{');
  });

  it('is empty, or has a thousand members more', async () => {
    entra.misbehave({ metadata: 'empty' });
    expect((await metadata()).body).toEqual({});
    entra.misbehave({ metadata: 'many' });
    expect(Object.keys((await metadata()).body).length).toBeGreaterThan(1_000);
  });
});

describe('the token endpoint and Graph', () => {
  it('break, each by itself', async () => {
    entra.misbehave({ token: 'error-500' });
    expect((await token()).status).toBe(500);
    entra.misbehave({ graph: 'error-500' });
    expect((await token()).status).toBe(200);
    expect((await graph()).status).toBe(500);
  });

  it('are throttled, and say for how long', async () => {
    entra.misbehave({ graph: 'throttle' });
    const { status, headers } = await graph();
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    entra.misbehave(undefined);
    expect((await graph()).status).toBe(200);
  });
});

it.each([
  ['keys', keys],
  ['metadata', metadata],
  ['token', token],
] as const)('%s stay silent while the rest answers', async (area, ask) => {
  entra.misbehave({ [area]: 'hang' });
  expect(await isSilent(ask)).toBe(true);
});
