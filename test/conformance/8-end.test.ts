// SPEC §8: how a session ends.
import { describe, expect, test } from 'vitest';
import { StreamRefusedError, TunnelError } from '../../tunnel/index.ts';
import { settle } from '../support/memory-transport.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import { raw, readFrames } from '../support/raw-frames.ts';
import { openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';

test('8.1 a gateway that drains lets open streams finish, tells its delay, and closes with 1000', async () => {
  const pair = sessionPair();
  await settle();
  const log = openLogged(pair.gateway);
  pair.gateway.drain(5000, 'upgrade');
  expect(() => openLogged(pair.gateway)).toThrow(StreamRefusedError);
  await settle();
  expect(pair.agentLog.goAways).toEqual([{ delayMs: 5000, reason: 'upgrade' }]);
  expect(pair.agent.isAccepting).toBe(false);
  log.stream?.write(Buffer.from('still open'));
  await settle();
  expect(log.text).toBe('still open');
  expect(pair.gatewayLog.closes).toEqual([]);
  log.stream?.end();
  await settle();
  expect([log.ends, log.resets]).toEqual([1, []]);
  expect(pair.gatewayEnd.closedWith?.code).toBe(1000);
  expect([pair.gatewayLog.closes, pair.agentLog.closes]).toEqual([[undefined], [undefined]]);
});

test('8.1 a gateway without streams that drains closes at once', async () => {
  const pair = sessionPair();
  await settle();
  pair.gateway.drain(0, '');
  pair.gateway.drain(0, '');
  await settle();
  expect([pair.gatewayLog.closes, pair.agentLog.closes]).toEqual([[undefined], [undefined]]);
  expect(pair.agentLog.goAways).toHaveLength(1);
});

test('8.1 an agent that drains is closed by the gateway when its last stream is', async () => {
  const pair = sessionPair();
  await settle();
  const log = openLogged(pair.gateway);
  await settle();
  pair.agent.drain(0, 'stopping');
  await settle();
  expect(pair.gatewayLog.goAways).toEqual([{ delayMs: 0, reason: 'stopping' }]);
  expect(() => openLogged(pair.gateway)).toThrow(StreamRefusedError);
  expect(pair.gatewayLog.closes).toEqual([]);
  log.stream?.end();
  await settle();
  expect(pair.gatewayEnd.closedWith?.code).toBe(1000);
  expect([pair.gatewayLog.closes, pair.agentLog.closes]).toEqual([[undefined], [undefined]]);
});

test('8.1 a stream under way when both ends drain is refused, and both close in order', async () => {
  const pair = sessionPair();
  await settle();
  pair.agent.drain(0, 'agent');
  const log = openLogged(pair.gateway);
  pair.gateway.drain(0, 'gateway');
  await settle();
  expect(log.resets).toEqual(['REFUSED']);
  expect([pair.gatewayLog.closes, pair.agentLog.closes]).toEqual([[undefined], [undefined]]);
});

test('8.1 the last stream hears of its own end before the session does', async () => {
  const peer = await rawPeer('gateway');
  const order: string[] = [];
  const log = new StreamLog();
  peer.log.closes.push = () => order.push('session');
  log.onReset = (code) => order.push(code);
  openLogged(peer.session, log);
  peer.session.drain(0, '');
  await peer.say(raw.reset(1, 3));
  expect(order).toEqual(['INTERNAL', 'session']);
});

describe.each(['gateway', 'agent'] as const)('at the %s', (role) => {
  test('8.1 a second GOAWAY ends the session with PROTOCOL_ERROR', async () => {
    const peer = await rawPeer(role);
    if (role === 'gateway') openLogged(peer.session);
    await peer.say(raw.goAway(0));
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(raw.goAway(0));
    expectEnd(peer, 1, 'PROTOCOL_ERROR');
  });

  test('8.2 GOAWAY with a code is the last frame, and the WebSocket is closed with 4000 + code', async () => {
    const peer = await rawPeer(role);
    peer.session.fail(new TunnelError('REPLACED', 'a newer tunnel'), 777);
    peer.session.fail(new TunnelError('INTERNAL', 'once is enough'));
    peer.session.drain(1, 'too late');
    await peer.say(raw.ping());
    const last = peer.messages.flatMap(readFrames).at(-1);
    expect(last?.name).toBe('GOAWAY');
    expect(last?.payload.readUInt32BE(4)).toBe(777);
    expect(last?.payload.subarray(8).toString()).toBe('a newer tunnel');
    expectEnd(peer, 11, 'REPLACED');
  });

  test.each([
    [1, 'PROTOCOL_ERROR'],
    [11, 'REPLACED'],
    [12, 'UNAUTHORIZED'],
    [14, 'INTERNAL'],
    [0xffffffff, 'INTERNAL'],
  ])('8.2 a GOAWAY with code %d is heard as %s, from the peer', async (code, name) => {
    const peer = await rawPeer(role);
    await peer.say(raw.goAway(code, 0, 'because'), raw.ping());
    expect(peer.log.closes).toHaveLength(1);
    expect(peer.log.closes[0]).toMatchObject({
      code: `CC_ERR_TUNNEL_${name}`,
      goAwayCode: name,
      fromPeer: true,
    });
    expect(peer.closes.map((one) => one.code)).toEqual([1000]);
    expect(peer.heard('PONG')).toEqual([]);
  });

  test('8.2 a reason that is too long is cut between characters', async () => {
    const peer = await rawPeer(role);
    peer.session.fail(new TunnelError('INTERNAL', `xx${'日'.repeat(200)}`), -5);
    await settle();
    const last = peer.messages.flatMap(readFrames).at(-1);
    expect(last?.payload.subarray(8).toString()).toBe(`xx${'日'.repeat(84)}`);
    expect(last?.payload.readUInt32BE(4)).toBe(0);
  });

  test('8.3 a WebSocket that closes without GOAWAY ends the session with TRANSPORT_LOST', async () => {
    const peer = await rawPeer(role);
    peer.hangUp(1000);
    await settle();
    expect(peer.log.closes).toHaveLength(1);
    expect(peer.log.closes[0]).toMatchObject({ code: 'CC_ERR_TUNNEL_TRANSPORT_LOST', fromPeer: false });
  });
});

test.each([
  [
    'GOAWAY with a code',
    (pair: ReturnType<typeof sessionPair>) => pair.agent.fail(new TunnelError('INTERNAL', 'x')),
  ],
  ['a lost transport', (pair: ReturnType<typeof sessionPair>) => pair.agentEnd.terminate()],
])('8.2 8.3 after %s every open stream is told SESSION_LOST once, at both ends', async (_what, kill) => {
  const { pair, logs, agentLogs } = await twentyStreams();
  kill(pair);
  await settle();
  for (const log of [...logs, ...agentLogs]) expect(log.resets).toEqual(['SESSION_LOST']);
  expectBothEnded(pair);
});

test('8.4 an agent that stops resets its open streams first', async () => {
  const { pair, logs, agentLogs } = await twentyStreams();
  pair.agent.close('done');
  await settle();
  for (const log of logs) expect(log.resets).toEqual(['INTERNAL']);
  for (const log of agentLogs) expect(log.resets).toEqual(['SESSION_LOST']);
  expectBothEnded(pair);
});

test('8.4 a gateway that stops resets its open streams first', async () => {
  const { pair, logs, agentLogs } = await twentyStreams();
  pair.gateway.close('done');
  await settle();
  for (const log of logs) expect(log.resets).toEqual(['SESSION_LOST']);
  for (const log of agentLogs) expect(log.resets).toEqual(['INTERNAL']);
  expectBothEnded(pair);
});

async function twentyStreams() {
  const agentLogs: StreamLog[] = [];
  const pair = sessionPair({
    onStream: () => {
      const log = new StreamLog();
      agentLogs.push(log);
      return log;
    },
  });
  await settle();
  const logs = Array.from({ length: 20 }, () => openLogged(pair.gateway));
  await settle();
  expect(agentLogs).toHaveLength(20);
  return { pair, logs, agentLogs };
}

function expectBothEnded(pair: ReturnType<typeof sessionPair>): void {
  expect([pair.gatewayLog.closes.length, pair.agentLog.closes.length]).toEqual([1, 1]);
  expect([pair.gateway.counters.windowBytes, pair.agent.counters.windowBytes]).toEqual([0, 0]);
}
