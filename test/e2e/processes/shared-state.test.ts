// What one gateway of an installation has used up is used up at the others: assertions and join tokens.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createJoinProof } from '../../../auth/index.ts';
import { publicJwk } from '../../../relay-agent/identity.ts';
import { assertionOf, dialAs } from '../../support/fake-agent.ts';
import { call } from '../../support/http-client.ts';
import { CLUSTER_SERVER_NAME } from '../../support/relay-world.ts';
import { startTwinWorld } from '../../support/twin-world.ts';
import type { TwinWorld } from '../../support/twin-world.ts';

let world: TwinWorld;
beforeAll(async () => {
  world = await startTwinWorld();
});
afterAll(() => world.close());

it('I6: an assertion that one gateway took is refused by the other', async () => {
  const assertion = await assertionOf(world);
  const first = await dialAs(world, assertion);
  expect(first).not.toHaveProperty('status');
  const replayed = await dialAs({ ...world, port: world.asker.port }, assertion);
  expect(replayed).toMatchObject({ status: 401, body: expect.stringContaining('was used before') });
  // A fresh one is good at either.
  const fresh = await dialAs({ ...world, port: world.asker.port }, await assertionOf(world));
  expect(fresh).not.toHaveProperty('status');
  for (const one of [first, fresh]) if ('terminate' in one) one.terminate();
});

it('I2: one join token redeemed at both gateways at once registers one key', async () => {
  const { store } = world.gateway;
  const cluster = await store.addCluster('twice');
  const joinToken = await store.issueJoinToken('twice', 60_000);
  const join = async (port: number): Promise<number> => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const proof = await createJoinProof({ privateKey, joinToken, audience: world.gatewayConfig.publicUrl });
    const answer = await call(
      { port, caPem: world.caPem },
      {
        token: 'none',
        serverName: '',
        method: 'POST',
        path: '/api/v1/join',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ joinToken, publicKey: publicJwk(privateKey), proof }),
      },
    );
    return answer.status;
  };
  const ports = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? world.port : world.asker.port));
  const statuses = await Promise.all(ports.map(join));
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(401)]);
  expect(await store.listKeys(cluster.id)).toHaveLength(1);
});

it('a TLS session that one gateway began is resumed by the other', async () => {
  const options = { host: '127.0.0.1', ca: world.caPem, servername: CLUSTER_SERVER_NAME };
  const first = connect({ ...options, port: world.port });
  const [session] = await once(first, 'session');
  first.destroy();
  const second = connect({ ...options, port: world.asker.port, session });
  await once(second, 'secureConnect');
  expect(second.isSessionReused()).toBe(true);
  second.destroy();
});

it('a key that was revoked at one gateway opens nothing at the other', async () => {
  const { store } = world.gateway;
  const cluster = await store.getClusterByName('edge-1');
  const [key] = await store.listKeys(cluster?.id ?? '');
  const assertion = await assertionOf(world);
  await store.revokeKey(cluster?.id ?? '', key?.thumbprint ?? '');
  expect(await dialAs({ ...world, port: world.asker.port }, assertion)).toMatchObject({ status: 401 });
});
