// SPEC §5: credit, at both ends, from a peer that counts bytes.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { StreamRefusedError } from '../../tunnel/index.ts';
import { fakeTimers } from '../support/fake-timers.ts';
import { settle } from '../support/memory-transport.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import type { RawPeer, RawPeerOptions } from '../support/raw-peer.ts';
import { raw } from '../support/raw-frames.ts';
import { openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';

afterEach(() => vi.useRealTimers());

interface OpenStream {
  readonly peer: RawPeer;
  readonly log: StreamLog;
  readonly stream: TunnelStream;
}

/** A session of either role with stream 1 open, both heads sent. */
async function openStream(
  role: 'gateway' | 'agent',
  options: RawPeerOptions & { consumes?: boolean; window?: number } = {},
): Promise<OpenStream> {
  const log = new StreamLog({ consumes: options.consumes ?? true });
  const onStream = (stream: TunnelStream): StreamHandler => {
    log.stream = stream;
    stream.sendHead(Buffer.from('head'));
    return log;
  };
  const peer = await rawPeer(role, { hello: false, limits: options.limits ?? {}, handler: { onStream } });
  await peer.say(raw.hello(10, options.window ?? 65_536));
  if (role === 'gateway') {
    openLogged(peer.session, log);
    await peer.say(raw.head(1));
  } else await peer.say(raw.open(1));
  peer.heard();
  if (log.stream === undefined) throw new Error('no stream');
  return { peer, log, stream: log.stream };
}

function dataBytes(peer: RawPeer): number {
  return peer.heard('DATA').reduce((sum, one) => sum + one.payload.byteLength, 0);
}

function credits(peer: RawPeer): number[] {
  return peer.heard('CREDIT').map((one) => one.payload.readUInt32BE(0));
}

describe.each(['gateway', 'agent'] as const)('at the %s', (role) => {
  test('5.1 DATA uses up as much credit as it has bytes', async () => {
    const { peer, stream } = await openStream(role, { window: 1024 });
    stream.write(Buffer.alloc(700));
    stream.write(Buffer.alloc(700));
    await settle();
    expect(dataBytes(peer)).toBe(1024);
    await peer.say(raw.credit(1, 300));
    expect(dataBytes(peer)).toBe(300);
  });

  test('5.1 a small DATA frame uses up 256 bytes of credit', async () => {
    const { peer, stream } = await openStream(role, { window: 1024 });
    for (let count = 0; count < 10; count += 1) stream.write(Buffer.from('x'));
    await settle();
    expect(dataBytes(peer)).toBe(4);
    await peer.say(raw.credit(1, 255));
    expect(dataBytes(peer)).toBe(0);
    await peer.say(raw.credit(1, 1));
    expect(dataBytes(peer)).toBe(1);
  });

  test('5.1 END needs no credit', async () => {
    const { peer, stream } = await openStream(role, { window: 1024 });
    stream.write(Buffer.alloc(1024));
    stream.end();
    await settle();
    expect(peer.heard().map((one) => one.name)).toEqual(['DATA', 'END']);
  });

  test('5.2 DATA within the window is taken to the last byte', async () => {
    const { peer, log } = await openStream(role, { limits: { INITIAL_WINDOW_BYTES: 1024 }, consumes: false });
    await peer.say(raw.data(1, Buffer.alloc(1000)));
    expect(log.bytes).toBe(1000);
    expect(peer.goAwayCode()).toBe(-1);
  });

  test.each([
    ['in one frame', [1025]],
    ['by one byte', [1000, 25]],
    ['with five small frames', [1, 1, 1, 1, 1]],
  ])(
    '5.2 DATA beyond the credit given, %s, ends the session with FLOW_CONTROL_ERROR',
    async (_what, sizes) => {
      const { peer } = await openStream(role, { limits: { INITIAL_WINDOW_BYTES: 1024 }, consumes: false });
      await peer.say(...sizes.map((size) => raw.data(1, Buffer.alloc(size))));
      expectEnd(peer, 3, 'FLOW_CONTROL_ERROR');
    },
  );

  test('5.3 credit is given for what was consumed, once it is half a window', async () => {
    const { peer, stream } = await openStream(role, {
      limits: { INITIAL_WINDOW_BYTES: 2000, GROWTH_ROUND_TRIPS: 0 },
      consumes: false,
    });
    await peer.say(raw.data(1, Buffer.alloc(1500)));
    expect(credits(peer)).toEqual([]);
    stream.consume(999);
    await settle();
    expect(credits(peer)).toEqual([]);
    stream.consume(1);
    await settle();
    expect(credits(peer)).toEqual([1000]);
    expect(() => stream.consume(501)).toThrow(RangeError);
    expect(() => stream.consume(-1)).toThrow(RangeError);
  });

  test('5.3 what small frames were charged is given back with them', async () => {
    const { peer, stream } = await openStream(role, {
      limits: { INITIAL_WINDOW_BYTES: 1024, GROWTH_ROUND_TRIPS: 0 },
      consumes: false,
    });
    await peer.say(raw.data(1, 'a'), raw.data(1, 'b'), raw.data(1, 'c'), raw.data(1, 'd'));
    stream.consume(4);
    await settle();
    expect(credits(peer)).toEqual([1024]);
  });

  test('5.3 no credit is given after the peer’s END, and consuming goes on without harm', async () => {
    const { peer, stream } = await openStream(role, {
      limits: { INITIAL_WINDOW_BYTES: 1024 },
      consumes: false,
    });
    await peer.say(raw.data(1, Buffer.alloc(1000)), raw.end(1));
    stream.consume(1000);
    await settle();
    expect(peer.heard()).toEqual([]);
    stream.end();
    await settle();
    expect(stream.isClosed).toBe(true);
    stream.consume(1000);
  });

  test('5.4 T3: a CREDIT that lifts credit above 2^31-1 ends the session with FLOW_CONTROL_ERROR', async () => {
    const { peer } = await openStream(role, { window: 65_536 });
    await peer.say(raw.credit(1, 2 ** 31 - 1 - 65_536));
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(raw.credit(1, 1));
    expectEnd(peer, 3, 'FLOW_CONTROL_ERROR');
  });

  test('5.4 T3: a CREDIT over 2^31-1 ends the session with FLOW_CONTROL_ERROR', async () => {
    const { peer } = await openStream(role);
    await peer.say(raw.credit(1, 2 ** 31));
    expectEnd(peer, 3, 'FLOW_CONTROL_ERROR');
  });
});

/** A gateway whose smallest round trip is 10 ms, and whose reader takes `halfWindowMs` for half a window. */
async function growth(halfWindowMs: number, limits: RawPeerOptions['limits'] = {}): Promise<OpenStream> {
  fakeTimers();
  const open = await openStream('gateway', {
    limits: { INITIAL_WINDOW_BYTES: 2048, MAX_STREAM_WINDOW_BYTES: 8192, GROWTH_ROUND_TRIPS: 2, ...limits },
    consumes: false,
  });
  vi.advanceTimersByTime(10);
  await open.peer.say(raw.pong(Buffer.of(0, 0, 0, 0, 0, 0, 0, 1)));
  expect(open.peer.session.roundTripMs).toBe(10);
  for (let round = 0; round < 4; round += 1) {
    const half = open.stream.window.sizeBytes / 2;
    await open.peer.say(raw.data(1, Buffer.alloc(half)));
    vi.advanceTimersByTime(halfWindowMs);
    open.stream.consume(half);
    await settle();
  }
  return open;
}

test('5.5 a window that is used up within two round trips doubles, up to MAX_STREAM_WINDOW_BYTES', async () => {
  const { peer, stream } = await growth(9);
  // The first half window came before the round trip's own 10 ms had passed.
  expect(credits(peer)).toEqual([1024 + 2048, 2048 + 4096, 4096, 4096]);
  expect(stream.window.sizeBytes).toBe(8192);
});

test('5.5 a window that lasts longer than two round trips stays as it is', async () => {
  const { peer, stream } = await growth(20);
  expect(credits(peer)).toEqual([1024, 1024, 1024, 1024]);
  expect(stream.window.sizeBytes).toBe(2048);
});

test('5.6 the gateway opens no stream whose first window does not fit into the sum', async () => {
  const limits = { INITIAL_WINDOW_BYTES: 65_536, MAX_SESSION_WINDOW_BYTES: 3 * 65_536 };
  const pair = sessionPair({ gatewayLimits: limits });
  await settle();
  const logs = [openLogged(pair.gateway), openLogged(pair.gateway), openLogged(pair.gateway)];
  expect(pair.gateway.counters.windowBytes).toBe(3 * 65_536);
  expect(() => openLogged(pair.gateway)).toThrow(StreamRefusedError);
  logs[0]?.stream?.reset('CANCEL');
  openLogged(pair.gateway);
  expect(pair.gateway.counters.windowBytes).toBe(3 * 65_536);
});

test('5.6 a window does not grow where the sum would pass half of its bound, so that new streams still fit', async () => {
  const { peer, stream } = await growth(1, { MAX_SESSION_WINDOW_BYTES: 8192 });
  expect(stream.window.sizeBytes).toBe(4096);
  openLogged(peer.session);
  openLogged(peer.session);
  expect(peer.session.counters.windowBytes).toBe(8192);
});

test('5.6 a stream that closes gives back all that its window has grown to', async () => {
  const { peer } = await growth(1);
  expect(peer.session.counters.windowBytes).toBe(8192);
  await peer.say(raw.reset(1, 1));
  expect(peer.session.counters.windowBytes).toBe(0);
});
