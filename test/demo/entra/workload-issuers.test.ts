// The issuers of workloads: that their tokens can be checked by whoever asks for their documents, and that nobody gets one
// without what a job or a run has.
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { createEntraClient } from './support.ts';
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

type Texts = Readonly<Record<string, string>>;
function job(query: Texts = {}, token = entra.pipelines.accessToken): Promise<Answer> {
  const { oidcRequestUri, serviceConnectionId } = entra.pipelines;
  const asked = new URLSearchParams({ 'api-version': '7.1', serviceConnectionId, ...query }).toString();
  return client.post(`${oidcRequestUri}?${asked}`, {}, { authorization: `Bearer ${token}` });
}
function run(authorization = `bearer ${entra.github.requestToken}`, query = '&audience=a'): Promise<Answer> {
  return client.get(`${entra.github.requestUrl}${query}`, { authorization });
}

it.each([
  ['a cluster', () => Promise.resolve(entra.issueFederatedToken({ subject: 'system:serviceaccount:a:b' }))],
  ['Azure Pipelines', async () => String((await job()).body['oidcToken'])],
  ['GitHub', async () => String((await run()).body['value'])],
])('a token of %s verifies with the keys that its issuer publishes', async (_, issue) => {
  const token = await issue();
  const { iss: issuer = '' } = decodeJwt(token);
  const { body } = await client.get(`${issuer}/.well-known/openid-configuration`);
  expect(body['issuer']).toBe(issuer);
  const { text } = await client.get(String(body['jwks_uri']));
  const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(text)), { issuer });
  expect(Object.keys(payload)).toEqual(expect.arrayContaining(['jti', 'sub', 'aud', 'iat', 'nbf', 'exp']));
});

describe('a job of Azure Pipelines', () => {
  it('is its service connection', async () => {
    const { body } = await job();
    expect(decodeJwt(String(body['oidcToken']))).toMatchObject({
      sub: 'sc://contoso/shop/clusters',
      aud: 'api://AzureADTokenExchange',
    });
  });

  it.each<[string, number, () => Promise<Answer>]>([
    ['another job’s token', 401, () => job({}, 'guessed')],
    ['no token', 401, () => client.post(`${entra.pipelines.oidcRequestUri}?api-version=7.1`, {})],
    ['another connection', 404, () => job({ serviceConnectionId: entra.tenantId })],
    [
      'no version',
      400,
      () =>
        client.post(
          entra.pipelines.oidcRequestUri,
          {},
          { authorization: `Bearer ${entra.pipelines.accessToken}` },
        ),
    ],
    ['another method', 405, () => client.get(entra.pipelines.oidcRequestUri)],
  ])('is nobody with %s', async (_, status, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('oidcToken');
  });
});

describe('a run of GitHub', () => {
  it('names the audience that was asked for, or GitHub’s own', async () => {
    expect(decodeJwt(String((await run()).body['value']))).toMatchObject({
      aud: 'a',
      sub: 'repo:contoso/shop:ref:refs/heads/main',
    });
    const own = await run(undefined, '');
    expect(decodeJwt(String(own.body['value'])).aud).toBe('https://github.com/contoso');
  });

  it.each([
    ['another run’s token', 'bearer guessed'],
    ['another scheme', 'basic guessed'],
    ['no token', ''],
  ])('is nobody with %s', async (_, authorization) => {
    expect(await run(authorization)).toMatchObject({ status: 401, body: { message: 'unauthorized' } });
  });
});
