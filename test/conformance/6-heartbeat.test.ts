// SPEC §6: liveness. T6 of the security facts: a link that is half open is found out, by both ends.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../tunnel/index.ts';
import { settle } from '../support/memory-transport.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { raw } from '../support/raw-frames.ts';
import { fakeTimers } from '../support/fake-timers.ts';
import { openLogged } from '../support/session-pair.ts';

beforeEach(fakeTimers);
afterEach(() => vi.useRealTimers());

async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await settle();
}

async function answerAll(peer: RawPeer): Promise<void> {
  for (const ping of peer.heard('PING')) await peer.say(raw.pong(ping.payload));
}

describe.each(['gateway', 'agent'] as const)('at the %s', (role) => {
  test('6.1 a PING follows HELLO and then comes every HEARTBEAT_INTERVAL_MS', async () => {
    const peer = await rawPeer(role);
    expect(
      peer
        .heard()
        .map((one) => one.name)
        .slice(0, 2),
    ).toEqual(['HELLO', 'PING']);
    for (let interval = 0; interval < 3; interval += 1) {
      await pass(DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS - 1);
      expect(peer.heard('PING')).toHaveLength(0);
      await pass(1);
      const pings = peer.heard('PING');
      expect(pings).toHaveLength(1);
      for (const ping of pings) await peer.say(raw.pong(ping.payload));
    }
  });

  test('6.1 each PING is answered at once with its own bytes', async () => {
    const peer = await rawPeer(role);
    peer.heard();
    await peer.say(raw.ping('first 01'), raw.ping(Buffer.of(0, 255, 0, 255, 1, 2, 3, 4)));
    expect(peer.heard('PONG').map((one) => one.payload.toString('hex'))).toEqual([
      Buffer.from('first 01').toString('hex'),
      '00ff00ff01020304',
    ]);
  });

  test('6.2 T6: a peer that does not answer a PING for HEARTBEAT_TIMEOUT_MS is dead', async () => {
    const peer = await rawPeer(role);
    await pass(DEFAULT_LIMITS.HEARTBEAT_TIMEOUT_MS - 1);
    expect(peer.goAwayCode()).toBe(-1);
    await pass(1);
    expectEnd(peer, 6, 'HEARTBEAT_TIMEOUT');
  });

  test('6.2 T6: the time runs for each PING, so an answer to an older one saves nobody', async () => {
    const peer = await rawPeer(role);
    await pass(DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS);
    await pass(5000);
    // The second PING has now waited 5 s; only the first is answered.
    await peer.say(raw.pong(Buffer.of(0, 0, 0, 0, 0, 0, 0, 1)));
    await pass(DEFAULT_LIMITS.HEARTBEAT_TIMEOUT_MS - 5000 - 1);
    expect(peer.goAwayCode()).toBe(-1);
    await pass(1);
    expectEnd(peer, 6, 'HEARTBEAT_TIMEOUT');
  });

  test('6.2 a peer that answers lives on', async () => {
    const peer = await rawPeer(role);
    for (let interval = 0; interval < 20; interval += 1) {
      await answerAll(peer);
      await pass(DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS);
    }
    expect(peer.log.closes).toEqual([]);
  });

  test('6.2 T6: a silent peer is declared dead within 30 seconds of its last word', async () => {
    const peer = await rawPeer(role);
    await answerAll(peer);
    await pass(30_000);
    expectEnd(peer, 6, 'HEARTBEAT_TIMEOUT');
    expect(DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS + DEFAULT_LIMITS.HEARTBEAT_TIMEOUT_MS).toBeLessThanOrEqual(
      30_000,
    );
  });

  test.each([
    ['a number that was never sent', Buffer.of(0, 0, 0, 0, 0, 0, 0, 9)],
    ['a number in the wrong half', Buffer.of(0, 0, 0, 1, 0, 0, 0, 1)],
    ['zeroes', Buffer.alloc(8)],
  ])('6.3 a PONG with %s ends the session with PROTOCOL_ERROR', async (_what, payload) => {
    const peer = await rawPeer(role);
    await peer.say(raw.pong(payload));
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('6.3 a second PONG to the same PING ends the session with PROTOCOL_ERROR', async () => {
    const peer = await rawPeer(role);
    const pong = raw.pong(Buffer.of(0, 0, 0, 0, 0, 0, 0, 1));
    await peer.say(pong);
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(pong);
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('6.3 more than MAX_PINGS in a heartbeat interval end the session with FLOOD', async () => {
    const peer = await rawPeer(role, { limits: { MAX_PINGS: 5, HEARTBEAT_INTERVAL_MS: 1000 } });
    const five = Array.from({ length: 5 }, () => raw.ping());
    await peer.say(...five);
    await pass(1000);
    await peer.say(...five);
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(raw.ping());
    expectEnd(peer, 7, 'FLOOD');
  });

  test('6.2 no timer is left when the session is over', async () => {
    const peer = await rawPeer(role);
    if (role === 'gateway') openLogged(peer.session);
    await peer.say(raw.goAway(9));
    expect(peer.log.closes).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
