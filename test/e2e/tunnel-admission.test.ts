// Who may open a tunnel: the holder of a registered key, for its own cluster, with a fresh proof. Nobody else.
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJoinProof, keyThumbprint } from '../../auth/index.ts';
import { startGateway } from '../../gateway/index.ts';
import { loadOrCreateKey, loadRegistration, publicJwk } from '../../relay-agent/identity.ts';
import { assertionOf, dialAs, startFakeAgent } from '../support/fake-agent.ts';
import type { FakeAgent } from '../support/fake-agent.ts';
import { call } from '../support/http-client.ts';
import { sendRaw } from '../support/raw-client.ts';
import { CLUSTER, CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

let world: RelayWorld;

beforeAll(async () => {
  world = await startRelayWorld({
    reconnects: true,
    agent: { tunnels: 1 },
    gatewayLimits: { MAX_TUNNELS_PER_CLUSTER: 3, KEY_RECHECK_MS: 50 },
  });
});

afterAll(() => world.close());

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

async function join(joinToken: string, privateKey: KeyObject): Promise<number> {
  const proof = await createJoinProof({ privateKey, joinToken, audience: world.gatewayConfig.publicUrl });
  const answer = await call(world, {
    token: 'none',
    serverName: '',
    method: 'POST',
    path: '/api/v1/join',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ joinToken, publicKey: publicJwk(privateKey), proof }),
  });
  return answer.status;
}

describe('a join token', () => {
  it('I2: redeemed fifty times at once registers one key', async () => {
    const { store } = world.gateway;
    const cluster = await store.addCluster('fifty');
    const joinToken = await store.issueJoinToken('fifty', 60_000);
    const statuses = await Promise.all(Array.from({ length: 50 }, () => join(joinToken, newKey())));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    // Beyond the limit of failures of one address the rest hears 429.
    for (const status of statuses) expect([200, 401, 429]).toContain(status);
    expect(await store.listKeys(cluster.id)).toHaveLength(1);
  });
});

describe('a dial', () => {
  interface Dial {
    readonly name: string;
    readonly assertion: () => Promise<string>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status: number;
  }
  const good = () => assertionOf(world);
  const DIALS: Dial[] = [
    { name: 'without a proof', assertion: async () => '', status: 401 },
    { name: 'J1: with a made-up proof', assertion: async () => 'a.b.c', status: 401 },
    {
      name: 'I1: with a key that is not registered',
      assertion: () => assertionOf(world, { privateKey: newKey() }),
      status: 401,
    },
    {
      name: 'I3: with a good key that claims another cluster',
      assertion: async () => {
        const other = await world.gateway.store.getClusterByName('other');
        return assertionOf(world, { clusterId: other?.id ?? '' });
      },
      status: 401,
    },
    {
      name: 'J9: with a proof for another gateway',
      assertion: () => assertionOf(world, { audience: 'https://another.example' }),
      status: 401,
    },
    {
      name: 'J7: with a proof of five minutes ago',
      assertion: () => assertionOf(world, { nowMs: Date.now() - 300_000 }),
      status: 401,
    },
    {
      name: 'J9: with a user’s token',
      assertion: () => world.token('alice'),
      status: 401,
    },
    {
      name: 'R5: from a page of a browser',
      assertion: good,
      headers: { origin: 'https://evil.example' },
      status: 403,
    },
    { name: 'R3: at another host', assertion: good, headers: { host: 'evil.example' }, status: 421 },
    {
      name: 'H7: with Basic credentials',
      assertion: good,
      headers: { authorization: 'Basic YTpi' },
      status: 401,
    },
  ];

  beforeAll(async () => {
    await world.gateway.store.addCluster('other');
  });

  it.each(DIALS)('$name is refused with $status', async ({ assertion, headers, status }) => {
    const answer = await dialAs(world, await assertion(), headers);
    if (!('status' in answer)) throw new Error('the tunnel was opened');
    expect(answer.status).toBe(status);
    expect(statusOf(answer.body)).toMatchObject({ code: status, hop: 'gateway' });
  });

  it('I2: with a proof that was used before is refused', async () => {
    const assertion = await assertionOf(world);
    const first = await dialAs(world, assertion);
    if ('status' in first) throw new Error('the first was refused');
    const second = await dialAs(world, assertion);
    expect(second).toMatchObject({ status: 401, body: expect.stringContaining('used before') });
    first.terminate();
  });

  it.each([
    [
      'R3: on the server name of a cluster',
      CLUSTER_SERVER_NAME,
      'Sec-WebSocket-Protocol: cluster-connect.v1',
      400,
    ],
    ['without the subprotocol', '', '', 400],
    ['with another subprotocol', '', 'Sec-WebSocket-Protocol: cluster-connect.v2', 400],
  ])('%s is refused', async (_name, serverName, protocol, status) => {
    const lines = [
      'GET /tunnel HTTP/1.1',
      `Host: 127.0.0.1:${world.port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      `Authorization: Bearer ${await assertionOf(world)}`,
      ...(protocol === '' ? [] : [protocol]),
    ];
    const raw = { port: world.port, caPem: world.caPem, serverName };
    const { received, closed } = await sendRaw(raw, `${lines.join('\r\n')}\r\n\r\n`);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received).not.toContain(' 101 ');
    expect(closed).toBe(true);
  });

  it('that is a plain request is told what to do', async () => {
    const answer = await call(world, { token: await assertionOf(world), serverName: '', path: '/tunnel' });
    expect(answer.status).toBe(426);
  });
});

describe('a tunnel', () => {
  it('I4: one too many replaces the oldest of the same cluster, and says so', async () => {
    const agents: FakeAgent[] = [];
    const { gateway } = world;
    await expect.poll(() => gateway.connectedTunnels).toBe(1);
    for (let count = 2; count <= 3; count += 1) {
      agents.push(await startFakeAgent(world, () => ignore));
      await expect.poll(() => gateway.connectedTunnels).toBe(count);
    }
    // The oldest is the world's own agent's, which comes again: then it is the turn of the next oldest.
    agents.push(await startFakeAgent(world, () => ignore));
    const replaced = await agents[0]?.closed;
    expect(replaced).toMatchObject({ code: 'CC_ERR_TUNNEL_REPLACED', fromPeer: true });
    expect(gateway.connectedTunnels).toBe(3);
    for (const { session } of agents) session.close('the test is over');
    await expect.poll(() => gateway.connectedTunnels).toBe(1);
  });

  it('I5: ends when its key is revoked, and the key opens no other', async () => {
    const { store } = world.gateway;
    const key = await loadOrCreateKey(world.agentConfig.stateDir);
    const registration = await loadRegistration(world.agentConfig.stateDir);
    const agent = await startFakeAgent(world, () => ignore);
    await store.revokeKey(registration?.clusterId ?? '', await keyThumbprint(key));
    expect(await agent.closed).toMatchObject({ code: 'CC_ERR_TUNNEL_UNAUTHORIZED', fromPeer: true });
    await expect.poll(() => world.gateway.connectedTunnels).toBe(0);
    expect(await dialAs(world, await assertionOf(world))).toMatchObject({ status: 401 });
    expect((await call(world, { token: await world.token('alice') })).status).toBe(503);
    // Not after a restart of the gateway either.
    await world.gateway.close();
    const second = await startGateway(world.gatewayConfig);
    expect(await dialAs(world, await assertionOf(world))).toMatchObject({ status: 401 });
    expect((await second.store.getClusterByName(CLUSTER))?.id).toBe(registration?.clusterId);
    await second.close();
  });
});

const ignore = { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };
