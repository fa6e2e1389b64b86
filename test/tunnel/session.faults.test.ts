// Sessions over a transport that delays, cuts, corrupts and stalls, and with owners of streams that throw.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TunnelError } from '../../tunnel/index.ts';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { FaultyTransport, seededRandom } from '../support/faulty-transport.ts';
import { settle } from '../support/memory-transport.ts';
import { rawPeer } from '../support/raw-peer.ts';
import { frame, raw } from '../support/raw-frames.ts';
import { answerWithEcho, openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';

function noise(seed: number, bytes: number): Buffer {
  const random = seededRandom(seed);
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));
}

test('over a transport that delays, every stream’s bytes come back whole and in order', async () => {
  const pair = sessionPair({
    wrapGateway: (end) => new FaultyTransport(end, { seed: 1, maxDelayTurns: 3 }),
    wrapAgent: (end) => new FaultyTransport(end, { seed: 2, maxDelayTurns: 3 }),
  });
  await settle(50);
  const sent = Array.from({ length: 20 }, (_, index) => noise(index, 1 + index * 7001));
  const logs = sent.map((bytes) => {
    const log = openLogged(pair.gateway);
    log.stream?.write(bytes);
    log.stream?.end();
    return log;
  });
  for (let round = 0; round < 200 && logs.some((log) => log.ends === 0); round += 1) await settle(50);
  expect(logs.map((log) => log.ends)).toEqual(sent.map(() => 1));
  logs.forEach((log, index) =>
    expect(Buffer.concat(log.chunks).equals(sent[index] ?? Buffer.alloc(0))).toBe(true),
  );
  expect([pair.gateway.counters.windowBytes, pair.agent.counters.windowBytes]).toEqual([0, 0]);
});

test('over a transport that stalls without draining, little waits in it, and all of it arrives when it drains', async () => {
  let faulty: FaultyTransport | undefined;
  const pair = sessionPair({ wrapGateway: (end) => (faulty = new FaultyTransport(end, {})) });
  await settle();
  const logs = Array.from({ length: 50 }, () => openLogged(pair.gateway));
  await settle();
  if (faulty === undefined) throw new Error('not wrapped');
  faulty.isStalled = true;
  const accepted = logs.map((log) => {
    let written = 0;
    while (log.stream?.write(noise(written, 9000)) === true) written += 1;
    log.stream?.end();
    return (written + 1) * 9000;
  });
  await settle(50);
  expect(faulty.bufferedBytes()).toBeLessThanOrEqual((128 + 64) * 1024);
  expect(logs.map((log) => log.bytes)).toEqual(logs.map(() => 0));
  faulty.isStalled = false;
  for (let round = 0; round < 200 && logs.some((log) => log.ends === 0); round += 1) await settle(20);
  expect(logs.map((log) => log.bytes)).toEqual(accepted);
});

describe.each(['gateway', 'agent'] as const)('when what the %s sends goes wrong', (side) => {
  const wrap = (faults: ConstructorParameters<typeof FaultyTransport>[1]): object => {
    const wrapper = (end: ConstructorParameters<typeof FaultyTransport>[0]): FaultyTransport =>
      new FaultyTransport(end, faults);
    return side === 'gateway' ? { wrapGateway: wrapper } : { wrapAgent: wrapper };
  };

  test.each([0, 20, 41, 100, 5000, 70_000, 140_000])(
    'cut at byte %d: every stream hears SESSION_LOST exactly once, both sessions end once, tables are empty',
    async (cutAtByte) => {
      const agentLogs: StreamLog[] = [];
      const pair = sessionPair({
        ...wrap({ cutAtByte }),
        onStream: (stream) => {
          const echo = answerWithEcho(stream, Buffer.from('head'));
          const log = new StreamLog();
          agentLogs.push(log);
          return { ...echo, onReset: (code) => log.onReset(code) };
        },
      });
      await settle();
      const logs: StreamLog[] = [];
      for (let count = 0; count < 10 && pair.gateway.isAccepting; count += 1)
        logs.push(openLogged(pair.gateway));
      for (let round = 0; round < 20; round += 1) {
        for (const log of logs) log.stream?.write(Buffer.alloc(1000, round));
        await settle();
      }
      for (const log of [...logs, ...agentLogs]) expect(log.resets).toEqual(['SESSION_LOST']);
      for (const { closes } of [pair.gatewayLog, pair.agentLog]) {
        expect(closes.map((error) => error?.goAwayCode)).toEqual(['TRANSPORT_LOST']);
      }
      for (const { counters } of [pair.gateway, pair.agent]) {
        expect([counters.openStreams, counters.windowBytes]).toEqual([0, 0]);
      }
    },
  );

  test('a corrupt byte anywhere never crashes; it ends the session with a code or changes payload only', async () => {
    let ended = 0;
    for (let corruptByte = 0; corruptByte < 120; corruptByte += 1) {
      const pair = sessionPair(wrap({ corruptByte, seed: corruptByte }));
      await settle(4);
      if (pair.gateway.isAccepting) {
        const log = openLogged(pair.gateway, undefined, 'abc');
        log.stream?.write(Buffer.from('0123456789'));
        log.stream?.end();
      }
      await settle(8);
      const closes = [...pair.gatewayLog.closes, ...pair.agentLog.closes];
      for (const error of closes) expect(error).toBeInstanceOf(TunnelError);
      if (closes.length > 0) {
        ended += 1;
        expect(closes).toHaveLength(2);
        expect(closes.map((error) => error?.goAwayCode)).not.toContain('INTERNAL');
        expect(closes[0]?.goAwayCode).toBe(closes[1]?.goAwayCode);
        expect([pair.gateway.counters.openStreams, pair.agent.counters.openStreams]).toEqual([0, 0]);
      }
      pair.gateway.close('next');
      pair.agent.close('next');
      expect([pair.gatewayLog.faults, pair.agentLog.faults]).toEqual([[], []]);
    }
    expect(ended).toBeGreaterThan(40);
  });
});

describe('an owner that throws ends its own stream with INTERNAL, and nobody else’s', () => {
  const boom = (): never => {
    throw new Error('an owner’s mistake');
  };

  test.each(['onHead', 'onData', 'onEnd'] as const)('at the gateway, in %s', async (method) => {
    const pair = sessionPair();
    await settle();
    const bad = openLogged(pair.gateway);
    const good = openLogged(pair.gateway);
    bad[method] = boom;
    for (const log of [bad, good]) {
      log.stream?.write(Buffer.from('hello'));
      log.stream?.end();
    }
    await settle();
    expect(bad.stream?.isClosed).toBe(true);
    expect([good.text, good.ends, good.resets]).toEqual(['hello', 1, []]);
    expect(pair.gatewayLog.faults).toHaveLength(1);
    expect([pair.gatewayLog.closes, pair.gateway.counters.openStreams]).toEqual([[], 0]);
  });

  test('at the gateway, in onReset and in onDrain, which nobody waits for', async () => {
    const pair = sessionPair({ onStream: (stream) => answerWithEcho(stream, Buffer.from('head')) });
    await settle();
    const [drains, resets, lost] = [
      openLogged(pair.gateway),
      openLogged(pair.gateway),
      openLogged(pair.gateway),
    ];
    drains.onDrain = boom;
    resets.onReset = boom;
    expect(drains.stream?.write(Buffer.alloc(200_000))).toBe(false);
    await settle(50);
    expect(drains.stream?.isClosed).toBe(true);
    pair.gateway.fail(new TunnelError('REPLACED', 'over'));
    expect(lost.resets).toEqual(['SESSION_LOST']);
    expect(pair.gatewayLog.faults).toHaveLength(2);
    expect(pair.gatewayLog.closes).toHaveLength(1);
    expect(pair.gateway.counters.openStreams).toBe(0);
  });

  test('at the agent, as it takes the stream', async () => {
    let count = 0;
    const pair = sessionPair({
      onStream: (stream, head) => {
        count += 1;
        return count === 1 ? boom() : answerWithEcho(stream, head);
      },
    });
    await settle();
    const [bad, good] = [openLogged(pair.gateway), openLogged(pair.gateway)];
    good.stream?.end();
    await settle();
    expect([bad.resets, good.ends]).toEqual([['INTERNAL'], 1]);
    expect([pair.agentLog.faults.length, pair.agentLog.closes.length]).toEqual([1, 0]);
  });

  test('even if what it throws is another session’s TunnelError', async () => {
    const pair = sessionPair();
    await settle();
    const bad = openLogged(pair.gateway);
    bad.onHead = () => {
      throw new TunnelError('FLOOD', 'of somebody else');
    };
    await settle();
    expect(bad.stream?.isClosed).toBe(true);
    expect(pair.gatewayLog.closes).toEqual([]);
  });
});

test.each([0, 65_536])(
  'a head of %d bytes is our own mistake: nothing is opened or sent, nothing is lost',
  async (size) => {
    const peer = await rawPeer('gateway');
    peer.heard();
    expect(() => peer.session.open(Buffer.alloc(size), new StreamLog())).toThrow(RangeError);
    await settle();
    expect(peer.heard()).toEqual([]);
    expect([peer.session.counters.openStreams, peer.session.counters.windowBytes]).toEqual([0, 0]);
  },
);

test('limits that cannot work are refused at once', () => {
  expect(() => sessionPair({ gatewayLimits: { INITIAL_WINDOW_BYTES: 1023 } })).toThrow(RangeError);
  expect(() => sessionPair({ agentLimits: { MAX_STREAM_WINDOW_BYTES: 2 ** 31 } })).toThrow(RangeError);
});

describe.each(['gateway', 'agent'] as const)('T8: a peer that says anything at all to the %s', (role) => {
  const ids = fc.integer({ min: 0, max: 6 });
  const numbers = fc.constantFrom(0, 1, 255, 256, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
  const anything = fc.oneof(
    fc.tuple(ids, fc.integer({ min: 0, max: 3000 })).map(([id, size]) => raw.data(id, Buffer.alloc(size))),
    ids.map((id) => raw.open(id)),
    ids.map((id) => raw.head(id)),
    ids.map((id) => raw.end(id)),
    fc.tuple(ids, numbers).map(([id, code]) => raw.reset(id, code)),
    fc.tuple(ids, numbers).map(([id, bytes]) => raw.credit(id, bytes)),
    fc.constantFrom(raw.hello(), raw.ping(), raw.pong('12345678'), raw.goAway(0), raw.goAway(3)),
    fc
      .tuple(fc.nat(12), ids, fc.uint8Array({ maxLength: 20 }))
      .map(([type, id, bytes]) => frame(type, id, bytes)),
  );

  test('ends the session with a code or not at all, and leaves its books in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 30 }), async (frames) => {
        const onStream = (stream: TunnelStream): StreamHandler => answerWithEcho(stream, Buffer.from('head'));
        const peer = await rawPeer(role, { handler: { onStream } });
        if (role === 'gateway') for (let count = 0; count < 3; count += 1) openLogged(peer.session);
        for (const one of frames) await peer.say(one);
        expect(peer.log.closes.length).toBe(peer.session.isOpen() ? 0 : 1);
        expect(peer.log.faults).toEqual([]);
        const [error] = peer.log.closes;
        if (error !== undefined) expect(error.fromPeer || error.goAwayCode !== 'INTERNAL').toBe(true);
        const { openStreams, windowBytes } = peer.session.counters;
        expect(windowBytes).toBeGreaterThanOrEqual(openStreams * 65_536);
        peer.session.close('next');
        expect(peer.session.counters.windowBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
