import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodePeerHead } from '../../gateway/peers/peer-head.ts';
import { PEER_STREAMS, peerLimits } from '../../gateway/peers/peer-limits.ts';
import { makeRunDirectory } from '../../gateway/processes/run-directory.ts';
import { Session, StreamRefusedError, TunnelError } from '../../tunnel/index.ts';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { PEER_CLUSTER, peerHead, startPeerWorld } from '../support/peer-world.ts';
import type { PeerWorld } from '../support/peer-world.ts';
import { StreamLog } from '../support/session-pair.ts';
import { until } from '../support/until.ts';

/** A session with the holder, made without the asker's own code. */
async function sessionWith(world: PeerWorld): Promise<Session> {
  const transport = await world.dial(`Bearer ${world.secret}`);
  if ('status' in transport) throw new Error(`refused with ${transport.status}`);
  const ready = Promise.withResolvers<void>();
  const session = new Session(transport, { onReady: () => ready.resolve() }, { role: 'gateway' });
  await ready.promise;
  return session;
}

test('9.1 the one that dialled opens streams, and the other one answers them as an agent does', async () => {
  await using world = await startPeerWorld();
  const session = await sessionWith(world);
  const log = new StreamLog();
  log.stream = session.open(peerHead('a request'), log);
  await until(() => log.heads.length > 0);
  expect(log.heads).toEqual(['a request']);
  expect(() => world.tunnel.agent.open(Buffer.from('x'), log)).toThrow(TypeError);
  session.close('');
});

test.each([
  ['no secret', ''],
  ['another secret', 'Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ['a secret that is too short', 'Bearer A'],
  ['the secret without its scheme', undefined],
])('9.2 a peer with %s is answered 401 before a WebSocket exists', async (_what, authorization) => {
  await using world = await startPeerWorld();
  const answer = await world.dial(authorization ?? world.secret);
  expect(answer).toMatchObject({ status: 401 });
  expect(world.logText()).toContain('gateway.peer.refused');
  expect(world.logText()).not.toContain(world.secret);
});

test('9.2 no other path is a peer’s, and the directory of the sockets is its owner’s alone', async () => {
  await using world = await startPeerWorld();
  expect(await world.dial(`Bearer ${world.secret}`, '/tunnel')).toMatchObject({ status: 401 });
  const directory = makeRunDirectory(tmpdir());
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  await rm(directory, { recursive: true });
});

test.each([
  ['an empty name', Buffer.from('\0head')],
  ['a name that is cut short', Buffer.from('\x06edge')],
  ['no request head', peerHead('x').subarray(0, 1 + PEER_CLUSTER.length)],
  ['a name that no cluster has', Buffer.from('\x06EDGE-1head')],
  ['a name over 63 bytes', Buffer.from(`\x40${'a'.repeat(64)}head`)],
])('9.3 a head with %s is answered with BAD_HEAD', async (_what, head) => {
  expect(decodePeerHead(head)).toBeUndefined();
  await using world = await startPeerWorld();
  const session = await sessionWith(world);
  const log = new StreamLog();
  session.open(head, log);
  await until(() => log.resets.length > 0);
  expect(log.resets).toEqual(['BAD_HEAD']);
  expect(world.tunnel.gateway.counters.openedStreams).toBe(0);
  session.close('');
});

test('9.3 the request head reaches the agent unchanged, whatever bytes it has', async () => {
  const heads: Buffer[] = [];
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      heads.push(Buffer.from(head));
      stream.sendHead(Buffer.from('ok'));
      return { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };
    },
  });
  const head = Buffer.from(Array.from({ length: 60 * 1024 }, (_, at) => at % 256));
  const log = new StreamLog();
  log.stream = world.peers.pick(PEER_CLUSTER)?.open(head, log);
  await until(() => log.heads.length > 0);
  expect(heads[0]?.equals(head)).toBe(true);
});

test('9.4 a holder without a tunnel answers REFUSED, though it could ask another gateway', async () => {
  await using world = await startPeerWorld();
  world.registry.remove(world.entry);
  // It is told of no peer, and has no way to one: the endpoint knows its own tunnels alone.
  const log = world.open();
  await until(() => log.resets.length > 0);
  expect(log.resets).toEqual(['REFUSED']);
});

test('9.4 of several tunnels, one that is full is passed over', async () => {
  await using full = await startPeerWorld({ agentLimits: { MAX_STREAMS: 1 } });
  await using other = await startPeerWorld();
  full.registry.add({ ...other.entry, session: other.tunnel.gateway });
  full.registry.remove(full.entry);
  full.registry.add(full.entry);
  const logs = [full.open(), full.open(), full.open()];
  await until(() => logs.every(({ heads }) => heads.length > 0));
  expect(full.tunnel.gateway.openStreams).toBe(1);
  expect(other.tunnel.gateway.openStreams).toBe(2);
});

test('9.5 head, data and end pass both ways in order', async () => {
  await using world = await startPeerWorld();
  const log = world.open(new StreamLog(), 'the head');
  for (const part of ['one ', 'two ', 'three']) log.stream?.write(Buffer.from(part));
  log.stream?.end();
  await until(() => log.ends > 0);
  expect(log).toMatchObject({ heads: ['the head'], text: 'one two three', ends: 1, resets: [] });
  await until(() => world.endpoint.openStreams === 0 && world.tunnel.gateway.openStreams === 0);
});

test('9.6 a code that the asker sends reaches the agent, and one of the agent reaches the asker', async () => {
  const seen: string[] = [];
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      if (head.toString() === 'fail') stream.reset('UPSTREAM_LOST');
      else stream.sendHead(head);
      return { onData: () => undefined, onEnd: () => undefined, onReset: (code) => seen.push(code) };
    },
  });
  const log = world.open();
  await until(() => log.heads.length > 0);
  log.stream?.reset('EXPIRED');
  await until(() => seen.length > 0);
  expect(seen).toEqual(['EXPIRED']);
  const failed = world.open(new StreamLog(), 'fail');
  await until(() => failed.resets.length > 0);
  expect(failed.resets).toEqual(['UPSTREAM_LOST']);
});

test('9.6 when the asker is lost the agent is told CANCEL', async () => {
  const seen: string[] = [];
  await using world = await startPeerWorld({
    onStream: (stream, head) => {
      stream.sendHead(head);
      return { onData: () => undefined, onEnd: () => undefined, onReset: (code) => seen.push(code) };
    },
  });
  const log = world.open();
  await until(() => log.heads.length > 0);
  world.peers.close();
  await until(() => seen.length > 0);
  // It stopped in order: its streams were broken off as §8.4 has it.
  expect(seen).toEqual(['INTERNAL']);
  expect(log.resets).toEqual(['SESSION_LOST']);
  const transport = await world.dial(`Bearer ${world.secret}`);
  if ('status' in transport) throw new Error('refused');
  const session = new Session(transport, {}, { role: 'gateway' });
  await until(() => session.isAccepting);
  const cut = new StreamLog();
  session.open(peerHead('head'), cut);
  await until(() => cut.heads.length > 0);
  transport.terminate();
  await until(() => seen.length > 1);
  expect(seen[1]).toBe('CANCEL');
});

test.each([
  ['the tunnel is lost', (world: PeerWorld) => world.tunnel.agentEnd.terminate()],
  ['the holder stops', (world: PeerWorld) => world.tunnel.gateway.close('the gateway has stopped')],
  [
    'the holder replaces the tunnel',
    (world: PeerWorld) => world.tunnel.gateway.fail(new TunnelError('REPLACED', 'newer')),
  ],
])('9.6 when %s the asker is told TUNNEL_LOST', async (_what, lose) => {
  await using world = await startPeerWorld();
  const log = world.open();
  await until(() => log.heads.length > 0);
  lose(world);
  await until(() => log.resets.length > 0);
  expect(log.resets).toEqual(['TUNNEL_LOST']);
});

test('9.7 askers open no stream at a holder that drains, and open ones go on', async () => {
  await using world = await startPeerWorld();
  const log = world.open();
  await until(() => log.heads.length > 0);
  const way = world.peers.pick(PEER_CLUSTER);
  world.endpoint.drain();
  await until(() => world.peers.pick(PEER_CLUSTER) === undefined);
  expect(() => way?.open(Buffer.from('x'), new StreamLog())).toThrow(StreamRefusedError);
  log.stream?.write(Buffer.from('still here'));
  log.stream?.end();
  await until(() => log.ends > 0);
  expect(log.text).toBe('still here');
});

test('9.8 a session between gateways takes PEER_LIMITS streams, and the first windows of all of them fit', () => {
  const limits = peerLimits();
  expect(limits.MAX_STREAMS).toBe(PEER_STREAMS);
  expect(limits.MAX_SESSION_WINDOW_BYTES).toBe(PEER_STREAMS * limits.INITIAL_WINDOW_BYTES);
});
