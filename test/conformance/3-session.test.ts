// SPEC §3: HELLO.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { StreamRefusedError } from '../../tunnel/index.ts';
import { settle } from '../support/memory-transport.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import { frame, raw, TYPE, u32 } from '../support/raw-frames.ts';
import { openLogged, sessionPair } from '../support/session-pair.ts';
import { fakeTimers } from '../support/fake-timers.ts';

afterEach(() => vi.useRealTimers());

describe.each(['gateway', 'agent'] as const)('at the %s', (role) => {
  test('3.1 HELLO is the first frame and is sent once', async () => {
    const peer = await rawPeer(role);
    const names = peer.heard().map((one) => one.name);
    expect(names[0]).toBe('HELLO');
    expect(names.filter((name) => name === 'HELLO')).toHaveLength(1);
  });

  test('3.1 a second HELLO ends the session with PROTOCOL_ERROR', async () => {
    const peer = await rawPeer(role);
    await peer.say(raw.hello());
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test.each([
    ['OPEN', raw.open(1)],
    ['HEAD', raw.head(1)],
    ['DATA', raw.data(1, 'x')],
    ['END', raw.end(1)],
    ['RESET', raw.reset(1, 1)],
    ['CREDIT', raw.credit(1, 1)],
    ['PING', raw.ping()],
    ['PONG', raw.pong(Buffer.of(0, 0, 0, 0, 0, 0, 0, 1))],
    ['GOAWAY', raw.goAway(0)],
  ])('3.1 %s before HELLO ends the session with PROTOCOL_ERROR', async (_name, bytes) => {
    const peer = await rawPeer(role, { hello: false });
    await peer.say(bytes);
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('3.2 a peer without HELLO is given up after HELLO_TIMEOUT_MS', async () => {
    fakeTimers();
    const peer = await rawPeer(role, { hello: false, limits: { HELLO_TIMEOUT_MS: 5000 } });
    vi.advanceTimersByTime(4999);
    await settle();
    expect(peer.goAwayCode()).toBe(-1);
    vi.advanceTimersByTime(1);
    await settle();
    expectEnd(peer, 5, 'HELLO_TIMEOUT');
  });

  test('3.2 the waiting ends with the session', async () => {
    fakeTimers();
    const peer = await rawPeer(role, { hello: false });
    peer.session.close('never mind');
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('3.2 a HELLO in time ends the waiting', async () => {
    fakeTimers();
    const peer = await rawPeer(role, { limits: { HELLO_TIMEOUT_MS: 5000 } });
    vi.advanceTimersByTime(6000);
    await settle();
    expect(peer.log.ready).toBe(1);
    expect(peer.goAwayCode()).toBe(-1);
  });

  test.each([
    ['no streams', u32(0, 65_536, 0, 0)],
    ['more than 2^20 streams', u32(2 ** 20 + 1, 65_536, 0, 0)],
    ['no window', u32(1, 0, 0, 0)],
    ['a window below 1,024', u32(1, 1023, 0, 0)],
    ['a window over 2^31-1', u32(1, 2 ** 31, 0, 0)],
    ['a clock beyond what a number holds', u32(1, 65_536, 0x7fffffff, 0)],
  ])('3.3 a HELLO with %s ends the session with PROTOCOL_ERROR', async (_what, payload) => {
    const peer = await rawPeer(role, { hello: false });
    await peer.say(frame(TYPE.HELLO, 0, payload));
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test.each([
    ['smallest', u32(1, 1024, 0, 0)],
    ['largest', u32(2 ** 20, 2 ** 31 - 1, 0x001fffff, 0xffffffff)],
  ])('3.3 a HELLO with the %s numbers is taken', async (_what, payload) => {
    const peer = await rawPeer(role, { hello: false });
    await peer.say(frame(TYPE.HELLO, 0, payload));
    expect(peer.log.ready).toBe(1);
    expect(peer.goAwayCode()).toBe(-1);
  });
});

test('3.3 the gateway opens nothing before it has the agent’s HELLO', async () => {
  const peer = await rawPeer('gateway', { hello: false });
  expect(() => openLogged(peer.session)).toThrow(StreamRefusedError);
  expect(peer.session.isAccepting).toBe(false);
  await peer.say(raw.hello());
  openLogged(peer.session);
  await settle();
  expect(peer.heard('OPEN')).toHaveLength(1);
});

test('3.3 the gateway opens no more streams than the agent will have', async () => {
  const pair = sessionPair({ agentLimits: { MAX_STREAMS: 3 } });
  await settle();
  for (let count = 0; count < 3; count += 1) openLogged(pair.gateway);
  expect(() => openLogged(pair.gateway)).toThrow(StreamRefusedError);
  await settle();
  expect(pair.agent.counters.openStreams).toBe(3);
});

test('3.3 the gateway sends no more than the agent’s initial window before it has credit', async () => {
  const peer = await rawPeer('gateway', { hello: false });
  await peer.say(raw.hello(1, 3000));
  const log = openLogged(peer.session);
  log.stream?.write(Buffer.alloc(10_000));
  await settle();
  const bytes = peer.heard('DATA').reduce((sum, one) => sum + one.payload.byteLength, 0);
  expect(bytes).toBe(3000);
});
