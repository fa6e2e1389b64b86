// SPEC §4: the life of a stream, seen from a peer that breaks its rules.
import { afterEach, expect, test, vi } from 'vitest';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { fakeTimers } from '../support/fake-timers.ts';
import { settle } from '../support/memory-transport.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import type { RawPeer, RawPeerOptions } from '../support/raw-peer.ts';
import { raw } from '../support/raw-frames.ts';
import { openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';

afterEach(() => vi.useRealTimers());

interface Agent {
  readonly peer: RawPeer;
  readonly streams: TunnelStream[];
  readonly logs: StreamLog[];
}

async function agent(options: RawPeerOptions = {}): Promise<Agent> {
  const streams: TunnelStream[] = [];
  const logs: StreamLog[] = [];
  const onStream = (stream: TunnelStream): StreamHandler => {
    const log = new StreamLog();
    log.stream = stream;
    streams.push(stream);
    logs.push(log);
    return log;
  };
  const peer = await rawPeer('agent', { ...options, handler: { onStream } });
  peer.heard();
  return { peer, streams, logs };
}

function resetsOf(peer: RawPeer): string[] {
  return peer.heard('RESET').map((one) => `${one.streamId}:${one.payload.readUInt32BE(0)}`);
}

test('4.1 T9: an OPEN that arrives at the gateway ends the session with PROTOCOL_ERROR', async () => {
  const peer = await rawPeer('gateway');
  await peer.say(raw.open(1));
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('4.1 an agent’s own code cannot open a stream', async () => {
  const { peer } = await agent();
  expect(() => openLogged(peer.session)).toThrow(TypeError);
});

test('4.2 stream ids begin at 1 and grow', async () => {
  const peer = await rawPeer('gateway');
  for (let count = 0; count < 4; count += 1) openLogged(peer.session);
  await settle();
  expect(peer.heard('OPEN').map((one) => one.streamId)).toEqual([1, 2, 3, 4]);
});

test.each([
  ['again', [5, 5]],
  ['backwards', [5, 4]],
  ['over 2^31-1', [2 ** 31]],
])('4.2 T1: an id that comes %s ends the session with STREAM_ID_ERROR', async (_what, ids) => {
  const { peer } = await agent();
  await peer.say(...ids.map((id) => raw.open(id)));
  expectEnd(peer, 4, 'STREAM_ID_ERROR');
});

test('4.2 T1: the id of a stream that has closed does not come back', async () => {
  const { peer } = await agent();
  await peer.say(raw.open(1), raw.reset(1, 1), raw.open(1));
  expectEnd(peer, 4, 'STREAM_ID_ERROR');
});

test('4.2 ids may leave gaps', async () => {
  const { peer, streams } = await agent();
  await peer.say(raw.open(7), raw.open(1000), raw.open(2 ** 31 - 1));
  expect(streams.map((stream) => stream.id)).toEqual([7, 1000, 2 ** 31 - 1]);
});

test('4.2 when ids run out the gateway sends GOAWAY and opens no more', async () => {
  const peer = await rawPeer('gateway');
  Reflect.set(peer.session, 'lastStreamId', 2 ** 31 - 2);
  const log = openLogged(peer.session);
  await settle();
  expect(log.stream?.id).toBe(2 ** 31 - 1);
  expect(peer.goAwayCode()).toBe(0);
  expect(() => openLogged(peer.session)).toThrow(/takes no new stream/);
});

test('4.3 an OPEN beyond max streams is answered with RESET REFUSED', async () => {
  const { peer, streams } = await agent({ limits: { MAX_STREAMS: 2 } });
  await peer.say(raw.open(1), raw.open(2), raw.open(3));
  expect(resetsOf(peer)).toEqual(['3:2']);
  await peer.say(raw.reset(1, 1), raw.open(4));
  expect(streams.map((stream) => stream.id)).toEqual([1, 2, 4]);
});

test('4.3 an OPEN for which the sum of windows has no room is answered with RESET REFUSED', async () => {
  const limits = { INITIAL_WINDOW_BYTES: 65_536, MAX_SESSION_WINDOW_BYTES: 2 * 65_536 };
  const { peer, streams } = await agent({ limits });
  await peer.say(raw.open(1), raw.open(2), raw.open(3));
  expect(resetsOf(peer)).toEqual(['3:2']);
  expect(streams).toHaveLength(2);
});

test('4.3 an OPEN after the agent’s GOAWAY is answered with RESET REFUSED, and open streams go on', async () => {
  const { peer, streams, logs } = await agent();
  await peer.say(raw.open(1));
  peer.session.drain(0, 'stopping');
  await peer.say(raw.open(2), raw.data(1, 'still here'));
  expect(resetsOf(peer)).toEqual(['2:2']);
  expect(streams).toHaveLength(1);
  expect(logs[0]?.text).toBe('still here');
});

test('4.3 an agent that has no use for a stream refuses it', async () => {
  const peer = await rawPeer('agent');
  await peer.say(raw.open(1));
  expect(resetsOf(peer)).toEqual(['1:2']);
  expect(peer.session.counters.openStreams).toBe(0);
});

test.each([
  ['a second HEAD', [raw.head(1), raw.head(1)]],
  ['DATA before HEAD', [raw.data(1, 'x')]],
  ['END before HEAD', [raw.end(1)]],
  ['HEAD after END', [raw.head(1), raw.end(1), raw.head(1)]],
])('4.4 %s from the agent ends the session with PROTOCOL_ERROR', async (_what, frames) => {
  const peer = await rawPeer('gateway');
  openLogged(peer.session);
  await peer.say(...frames);
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('4.4 HEAD from the gateway ends the session with PROTOCOL_ERROR', async () => {
  const { peer } = await agent();
  await peer.say(raw.open(1), raw.head(1));
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('4.4 an agent’s own code cannot send a second head, or data or an end before the first', async () => {
  const { peer, streams } = await agent();
  await peer.say(raw.open(1));
  const [stream] = streams;
  expect(() => stream?.write(Buffer.from('x'))).toThrow(TypeError);
  expect(() => stream?.end()).toThrow(TypeError);
  stream?.sendHead(Buffer.from('head'));
  expect(() => stream?.sendHead(Buffer.from('head'))).toThrow(TypeError);
  await settle();
  expect(peer.heard().map((one) => one.name)).toEqual(['HEAD']);
});

test('4.5 DATA after END ends the session with PROTOCOL_ERROR', async () => {
  const { peer } = await agent();
  await peer.say(raw.open(1), raw.end(1), raw.data(1, 'x'));
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('4.5 a second END ends the session with PROTOCOL_ERROR', async () => {
  const { peer } = await agent();
  await peer.say(raw.open(1), raw.end(1), raw.end(1));
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('4.5 after its END an end still receives, and is closed by the peer’s END', async () => {
  const pair = sessionPair();
  await settle();
  const log = openLogged(pair.gateway);
  log.stream?.write(Buffer.from('ping'));
  log.stream?.end();
  expect(() => log.stream?.write(Buffer.from('more'))).toThrow(TypeError);
  await settle();
  expect([log.heads, log.text, log.ends, log.resets]).toEqual([['head'], 'ping', 1, []]);
  expect(log.stream?.isClosed).toBe(true);
  expect([pair.gateway.counters.openStreams, pair.agent.counters.openStreams]).toEqual([0, 0]);
});

test('4.6 RESET closes a stream both ways and drops what was queued for it', async () => {
  const peer = await rawPeer('gateway', { hello: false });
  await peer.say(raw.hello(10, 1024));
  const log = openLogged(peer.session);
  log.stream?.write(Buffer.alloc(5000));
  await settle();
  expect(log.stream?.queuedBytes).toBe(5000 - 1024);
  await peer.say(raw.reset(1, 4));
  expect(log.resets).toEqual(['UPSTREAM_LOST']);
  expect(log.stream?.queuedBytes).toBe(0);
  peer.heard();
  await peer.say(raw.credit(1, 5000));
  expect(peer.heard()).toEqual([]);
  expect(log.stream?.write(Buffer.from('x'))).toBe(true);
});

test('4.6 whoever resets hears nothing more of the stream', async () => {
  const pair = sessionPair();
  await settle();
  const log = openLogged(pair.gateway);
  log.stream?.write(Buffer.from('echo me'));
  log.stream?.reset('CANCEL');
  log.stream?.reset('CANCEL');
  await settle();
  expect([log.heads, log.text, log.ends, log.resets]).toEqual([[], '', 0, []]);
  expect(pair.agent.counters.openStreams).toBe(0);
});

test.each([
  [1, 'CANCEL'],
  [2, 'REFUSED'],
  [3, 'INTERNAL'],
  [4, 'UPSTREAM_LOST'],
  [5, 'STALLED'],
  [6, 'STREAM_CLOSED'],
  [7, 'EXPIRED'],
  [8, 'BAD_HEAD'],
  [9, 'INTERNAL'],
  [10, 'TUNNEL_LOST'],
  [11, 'INTERNAL'],
  [0xffffffff, 'INTERNAL'],
])('4.6 RESET with code %d is heard as %s', async (code, name) => {
  const peer = await rawPeer('gateway');
  const log = openLogged(peer.session);
  await peer.say(raw.reset(1, code));
  expect(log.resets).toEqual([name]);
});

test('4.7 T2: frames of a stream that has just closed are dropped without a word', async () => {
  const { peer, logs } = await agent();
  await peer.say(raw.open(1), raw.reset(1, 1));
  await peer.say(raw.data(1, 'late'), raw.end(1), raw.credit(1, 9), raw.reset(1, 1));
  expect(logs[0]?.text).toBe('');
  expect(peer.heard()).toEqual([]);
  expect(peer.goAwayCode()).toBe(-1);
});

test('4.7 T2: DATA of a stream that never was is answered with RESET STREAM_CLOSED', async () => {
  const { peer } = await agent();
  await peer.say(raw.data(9, 'x'), raw.end(9), raw.credit(9, 1), raw.reset(9, 1));
  expect(resetsOf(peer)).toEqual(['9:6']);
});

test('4.7 T2: DATA of a stream older than the last RECENT_STREAMS is answered with RESET STREAM_CLOSED', async () => {
  const { peer } = await agent({ limits: { RECENT_STREAMS: 4 } });
  await peer.say(raw.open(1), raw.reset(1, 1), raw.open(4));
  await peer.say(raw.data(1, 'x'));
  expect(resetsOf(peer)).toEqual([]);
  await peer.say(raw.open(5), raw.data(1, 'x'));
  expect(resetsOf(peer)).toEqual(['1:6']);
});

test.each(['gateway', 'agent'] as const)(
  '4.7 T2: more than MAX_STRAY_FRAMES in an interval end the session at the %s',
  async (role) => {
    fakeTimers();
    const peer = await rawPeer(role, { limits: { MAX_STRAY_FRAMES: 3, HEARTBEAT_INTERVAL_MS: 1000 } });
    await peer.say(raw.end(90), raw.credit(91, 1), raw.reset(92, 1));
    vi.advanceTimersByTime(1000);
    await peer.say(raw.end(90), raw.credit(91, 1), raw.reset(92, 1));
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(raw.end(93));
    expectEnd(peer, 4, 'STREAM_ID_ERROR');
  },
);

test('4.8 T4: a stream whose data waits for credit too long is RESET with STALLED, and only that one', async () => {
  fakeTimers();
  const limits = {
    STALLED_STREAM_TIMEOUT_MS: 5000,
    HEARTBEAT_INTERVAL_MS: 1000,
    HEARTBEAT_TIMEOUT_MS: 60_000,
  };
  const peer = await rawPeer('gateway', { hello: false, limits });
  vi.advanceTimersByTime(10);
  await peer.say(raw.hello(10, 1024));
  const [stalled, quiet, moving, teased] = [1, 2, 3, 4].map(() => openLogged(peer.session));
  if (stalled === undefined || quiet === undefined || moving === undefined || teased === undefined)
    throw new Error();
  teased.stream?.write(Buffer.alloc(2000));
  stalled.stream?.write(Buffer.alloc(2000));
  moving.stream?.write(Buffer.alloc(2000));
  await settle();
  vi.advanceTimersByTime(3000);
  await peer.say(raw.credit(3, 300), raw.credit(4, 1));
  vi.advanceTimersByTime(3000);
  await settle();
  expect(resetsOf(peer)).toEqual(['1:5', '4:5']);
  expect([stalled.resets, quiet.resets, moving.resets]).toEqual([['STALLED'], [], []]);
  vi.advanceTimersByTime(3000);
  await settle();
  expect(moving.resets).toEqual(['STALLED']);
  expect(quiet.resets).toEqual([]);
});
