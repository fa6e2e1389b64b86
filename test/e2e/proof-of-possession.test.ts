// J13, J14: a proof-of-possession token on the whole way, and what a thief of one can do with it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, openHttp2, upgrade } from '../support/http-client.ts';
import { createPopKey, signPop } from '../support/pop-token.ts';
import type { PopKey } from '../support/pop-token.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';
import { startTwinWorld } from '../support/twin-world.ts';
import type { TwinWorld } from '../support/twin-world.ts';

const FOREIGN_CLUSTER = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';

let world: TwinWorld;
let key: PopKey;
let clusterId = '';
beforeAll(async () => {
  world = await startTwinWorld({
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.end();
    },
  });
  key = createPopKey();
  const [cluster] = await world.gateway.store.listClusters();
  clusterId = cluster?.id ?? '';
});
afterAll(() => world.close());

function pop(user: 'alice' | 'mallory' = 'alice', url = clusterId, nonce?: string): string {
  const overrides = { cnf: { kid: key.thumbprint, xms_ksl: 'sw' } };
  const accessToken = world.entra.issueToken({ user, overrides });
  return signPop(key, { accessToken, url, ...(nonce !== undefined && { claims: { nonce } }) });
}

async function refusalOf(answer: ReturnType<typeof call>): Promise<object> {
  const { status, body } = await answer;
  const { hop, errorCode } = statusOf(body);
  return { status, hop, errorCode };
}

const REPLAYED = { status: 401, hop: 'gateway', errorCode: 'CC_ERR_AUTH_REPLAYED' };

it('what one kubectl sends passes: many requests, connections and protocols with one token', async () => {
  const token = pop();
  const session = openHttp2(world);
  expect(await call(world, { token })).toMatchObject({ status: 200 });
  expect(await callHttp2(session, { token })).toMatchObject({ status: 200 });
  expect(await call(world.asker, { token })).toMatchObject({ status: 200 });
  const { socket } = await upgrade(world, { token });
  socket.destroy();
  session.destroy();
  const { rawHeaders } = world.upstream.requests[0] ?? { rawHeaders: [] };
  expect(rawHeaders.join('\n').toLowerCase()).toContain('impersonate-user');
});

it('passes for somebody in 200 groups, whose token is the largest that there is', async () => {
  const [group = ''] = world.entra.directory.groups.map(({ objectId }) => objectId);
  const groups = Array.from(
    { length: 199 },
    (_, index) => group.slice(0, -3) + String(index).padStart(3, '0'),
  );
  const user = {
    displayName: 'Gina',
    userPrincipalName: 'gina@contoso.example',
    objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e66',
    groups: [group, ...groups],
  };
  const accessToken = world.entra.issueToken({ user, overrides: { cnf: { kid: key.thumbprint } } });
  const token = signPop(key, { accessToken, url: clusterId });
  expect(token.length).toBeGreaterThan(15 * 1024);
  expect((await call(world, { token })).status).toBe(200);
});

describe('a token that was stolen', () => {
  it('is worth nothing from another address, at any process of the gateway', async () => {
    const token = pop();
    expect((await call(world, { token })).status).toBe(200);
    expect(await refusalOf(call(world, { token, localAddress: '127.0.0.2' }))).toEqual(REPLAYED);
    expect(await refusalOf(call(world.asker, { token, localAddress: '127.0.0.2' }))).toEqual(REPLAYED);
    expect((await call(world, { token })).status).toBe(200);
  });

  it('is worth nothing at another cluster', async () => {
    const refused = { status: 401, hop: 'gateway', errorCode: 'CC_ERR_AUTH_POP_CLUSTER' };
    expect(await refusalOf(call(world, { token: pop('alice', FOREIGN_CLUSTER) }))).toEqual(refused);
  });

  it('is no access token without its proof', async () => {
    const bare = world.entra.issueToken({ user: 'alice', overrides: { cnf: { kid: key.thumbprint } } });
    const refused = { status: 401, hop: 'gateway', errorCode: 'CC_ERR_AUTH_TOKEN_KIND' };
    expect(await refusalOf(call(world, { token: bare }))).toEqual(refused);
  });
});

it('another token with a nonce that was used is a replay', async () => {
  expect((await call(world, { token: pop('alice', clusterId, 'the-one-nonce') })).status).toBe(200);
  expect(await refusalOf(call(world, { token: pop('alice', clusterId, 'the-one-nonce') }))).toEqual(REPLAYED);
});

it('who may not reach a cluster learns nothing of it from a proof', async () => {
  const answers = [];
  for (const [url, serverName] of [
    [clusterId, undefined],
    [FOREIGN_CLUSTER, undefined],
    [clusterId, 'nobodys.cluster-connect.internal'],
  ] as const) {
    const { status, body } = await call(world, {
      token: pop('mallory', url),
      ...(serverName !== undefined && { serverName }),
    });
    answers.push([status, statusOf(body).errorCode]);
  }
  const refused = [404, 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN'];
  expect(answers).toEqual([refused, refused, refused]);
});

it.each([
  ['pop', 401, 200],
  ['bearer', 200, 401],
] as const)('a cluster that accepts only %s says so to the other kind', async (accept, plain, proven) => {
  const choosy = await startRelayWorld({ agentEntra: { accept } });
  const [cluster] = await choosy.gateway.store.listClusters();
  const accessToken = choosy.entra.issueToken({ user: 'alice', overrides: { cnf: { kid: key.thumbprint } } });
  const token = signPop(key, { accessToken, url: cluster?.id ?? '' });
  const answers = [await call(choosy, { token: await choosy.token('alice') }), await call(choosy, { token })];
  expect(answers.map(({ status }) => status)).toEqual([plain, proven]);
  const refused = answers.find(({ status }) => status === 401);
  expect(statusOf(refused?.body ?? '')).toMatchObject({ hop: 'agent', errorCode: 'CC_ERR_AUTH_TOKEN_KIND' });
  await choosy.close();
});
