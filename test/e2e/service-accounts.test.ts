// Kubernetes' own ServiceAccount tokens: they reach the apiserver as they are, from those and to those that the rules name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, openHttp2, upgrade } from '../support/http-client.ts';
import { AGENT_TOKEN, CLUSTER, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { clusterKey, ISSUER, serviceAccountToken } from '../support/service-account-token.ts';
import type { ClusterKey } from '../support/service-account-token.ts';
import { statusOf } from '../support/status-of.ts';

let world: RelayWorld;
let key: ClusterKey;
beforeAll(async () => {
  key = clusterKey('edge');
  const rule = { clusters: [CLUSTER], issuers: [ISSUER], keys: key.document };
  world = await startRelayWorld({
    gateway: {
      serviceAccounts: [
        { ...rule, accounts: ['ci:deployer'], role: 'user' },
        { ...rule, accounts: ['ci:reader'], role: 'viewer' },
        { ...rule, clusters: ['another'], accounts: ['ci:elsewhere'], role: 'user' },
      ],
    },
    agent: { serviceAccountIssuers: [ISSUER] },
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.end();
    },
  });
});
afterAll(() => world.close());

const tokenOf = (account: string): string =>
  serviceAccountToken(key, { sub: `system:serviceaccount:ci:${account}` });

/** The head of the request that came last to the apiserver, in lower case. */
function lastHead(): [name: string, value: string][] {
  const { rawHeaders = [] } = world.upstream.requests.at(-1) ?? {};
  return rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ''] as [string, string]] : [],
  );
}

const identityOf = (head: readonly (readonly [string, string])[]): (readonly [string, string])[] =>
  head.filter(([name]) => name === 'authorization' || /^(?:impersonate|x-remote)-/.test(name));

describe('a ServiceAccount that a rule names', () => {
  it.each(['HTTP/1.1', 'HTTP/2', 'an upgrade'])(
    'goes with its own token and nothing else: %s',
    async (how) => {
      const token = tokenOf('deployer');
      if (how === 'an upgrade') (await upgrade(world, { token })).socket.destroy();
      else if (how === 'HTTP/1.1') expect((await call(world, { token, method: 'DELETE' })).status).toBe(200);
      else {
        const session = openHttp2(world);
        expect((await callHttp2(session, { token })).status).toBe(200);
        session.destroy();
      }
      expect(identityOf(lastHead())).toEqual([['authorization', `Bearer ${token}`]]);
    },
  );

  it('cannot act as somebody else', async () => {
    const before = world.upstream.requests.length;
    const headers = { 'Impersonate-User': 'system:admin' };
    const { status, body } = await call(world, { token: tokenOf('deployer'), headers });
    expect(status).toBe(403);
    expect(statusOf(body)).toMatchObject({ hop: 'agent', errorCode: 'CC_ERR_AUTH_IDENTITY' });
    expect(world.upstream.requests.length).toBe(before);
  });

  it('has the role of its rule', async () => {
    const token = tokenOf('reader');
    expect((await call(world, { token })).status).toBe(200);
    const refused = await call(world, { token, method: 'DELETE' });
    expect(statusOf(refused.body)).toMatchObject({ code: 403, errorCode: 'CC_ERR_GATEWAY_FORBIDDEN' });
  });
});

it.each([
  ['that no rule names', () => tokenOf('nobody'), 404, 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN'],
  ['of another cluster’s rule', () => tokenOf('elsewhere'), 404, 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN'],
  [
    'with a key that nobody vouches for',
    () => serviceAccountToken(clusterKey('edge')),
    401,
    'CC_ERR_AUTH_SIGNATURE',
  ],
  ['with a token that has expired', () => serviceAccountToken(key, { exp: 1 }), 401, 'CC_ERR_AUTH_EXPIRED'],
  [
    'of an issuer that no rule names',
    () => serviceAccountToken(key, { iss: 'x' }),
    401,
    'CC_ERR_AUTH_MALFORMED',
  ],
])('a ServiceAccount %s never gets into the tunnel', async (_what, make, status, errorCode) => {
  const before = world.upstream.received().length;
  const answer = await call(world, { token: make() });
  expect(answer.status).toBe(status);
  expect(statusOf(answer.body)).toMatchObject({ hop: 'gateway', errorCode });
  expect(world.upstream.received().length).toBe(before);
});

it('a user is impersonated as ever, with the agent’s token', async () => {
  expect((await call(world, { token: await world.token('alice') })).status).toBe(200);
  const identity = identityOf(lastHead());
  expect(identity).toContainEqual(['authorization', `Bearer ${AGENT_TOKEN}`]);
  expect(identity.filter(([name]) => name === 'impersonate-user')).toHaveLength(1);
});

it('an agent that was not told of the issuer lets none through, whatever its gateway thinks', async () => {
  const { gatewayConfig } = world;
  const strict = await startRelayWorld({ gateway: { serviceAccounts: gatewayConfig.serviceAccounts ?? [] } });
  const answer = await call(strict, { token: tokenOf('deployer') });
  expect(answer.status).toBe(401);
  expect(statusOf(answer.body)).toMatchObject({ hop: 'agent' });
  expect(strict.upstream.requests).toEqual([]);
  await strict.close();
});
