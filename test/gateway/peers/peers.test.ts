// The asker's view: which peer it takes, and what happens when one is lost and comes back.
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startPeerEndpoint } from '../../../gateway/peers/index.ts';
import { peerLimits } from '../../../gateway/peers/peer-limits.ts';
import { createClusterRegistry, pickInOrder } from '../../../gateway/registry/index.ts';
import { silentLogger } from '../../../observe/index.ts';
import { WindowBudget } from '../../../tunnel/index.ts';
import { HOLDER, PEER_CLUSTER, startPeerWorld } from '../../support/peer-world.ts';
import { StreamLog } from '../../support/session-pair.ts';
import { until } from '../../support/until.ts';

describe('an asker', () => {
  it('knows no way to a cluster that no peer holds, or holds no more', async () => {
    await using world = await startPeerWorld();
    expect(world.peers.pick('another')).toBeUndefined();
    world.directory.onTunnels(HOLDER, PEER_CLUSTER, 0);
    expect(world.peers.pick(PEER_CLUSTER)).toBeUndefined();
    world.directory.onTunnels(HOLDER, PEER_CLUSTER, 2);
    expect(world.peers.pick(PEER_CLUSTER)).toBeDefined();
    world.directory.onPeerGone(HOLDER);
    expect(world.peers.pick(PEER_CLUSTER)).toBeUndefined();
  });

  it('offers a request that a peer refused to it no more', async () => {
    await using world = await startPeerWorld();
    const way = world.peers.pick(PEER_CLUSTER);
    if (way === undefined) throw new Error('no way');
    // Hearing it again makes no other way of it.
    world.directory.onTunnels(HOLDER, PEER_CLUSTER, 5);
    expect(world.peers.pick(PEER_CLUSTER, new Set([way]))).toBeUndefined();
  });

  it('takes the peer with the fewest of its own streams', async () => {
    await using world = await startPeerWorld();
    await using other = await startPeerWorld();
    world.directory.onPeer({ id: 'other', socketPath: other.socketPath });
    // The other's secret is another, so this one refuses, and is never ready.
    world.directory.onTunnels('other', PEER_CLUSTER, 1);
    const logs = [world.open(), world.open()];
    await until(() => logs.every(({ heads }) => heads.length > 0));
    expect(world.tunnel.gateway.openStreams).toBe(2);
    await until(() => world.logText().includes('"status":401'));
  });

  it('prefers a tunnel of its own', async () => {
    await using world = await startPeerWorld();
    const own = createClusterRegistry(8);
    const picker = pickInOrder(own, world.peers);
    expect(picker.pick(PEER_CLUSTER)).toBe(world.peers.pick(PEER_CLUSTER));
    own.add(world.entry);
    expect(picker.pick(PEER_CLUSTER)).toBe(world.tunnel.gateway);
    expect(picker.pick(PEER_CLUSTER, new Set([world.tunnel.gateway]))).toBe(world.peers.pick(PEER_CLUSTER));
  });

  it('tells its streams when the peer is lost, and finds the peer again when it is back', async () => {
    await using world = await startPeerWorld();
    const log = world.open();
    await until(() => log.heads.length > 0);
    await world.endpoint.close();
    await until(() => log.resets.length > 0);
    // SPEC §8.4
    expect(log.resets).toEqual(['INTERNAL']);
    expect(world.peers.pick(PEER_CLUSTER)).toBeUndefined();
    const limits = peerLimits();
    const again = await startPeerEndpoint({
      ...world,
      limits,
      growthPool: new WindowBudget(limits.MAX_SESSION_WINDOW_BYTES),
      logger: silentLogger,
    });
    await until(() => world.peers.pick(PEER_CLUSTER) !== undefined);
    const after = world.open(new StreamLog(), 'again');
    await until(() => after.heads.length > 0);
    expect(after.heads).toEqual(['again']);
    world.peers.close();
    await again.close();
  });
});

it('a holder serves nothing but its peers', async () => {
  await using world = await startPeerWorld();
  const socket = connect(world.socketPath);
  socket.write('GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
});
