// What a session holds: bounded while readers stall, nothing once streams are gone.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test, vi } from 'vitest';
import { FIRST_SLAB_BYTES } from '../../tunnel/frame-encoder.ts';
import { DEFAULT_LIMITS } from '../../tunnel/index.ts';
import type { StreamHandler, TunnelStream } from '../../tunnel/index.ts';
import { settle } from '../support/memory-transport.ts';
import { rawPeer } from '../support/raw-peer.ts';
import { raw } from '../support/raw-frames.ts';
import { answerWithEcho, openLogged, sessionPair, StreamLog } from '../support/session-pair.ts';

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no garbage collector');
  for (let pass = 0; pass < 3; pass += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Writes `bytes` to a stream as its queue takes them. */
function pour(stream: TunnelStream, bytes: number): StreamHandler {
  let left = bytes;
  const go = (): void => {
    while (left > 0) {
      const size = Math.min(left, 16_384);
      left -= size;
      if (!stream.write(Buffer.alloc(size))) return;
    }
    stream.end();
  };
  go();
  return { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined, onDrain: go };
}

test('T5: a reader that stalls stalls nobody else, and memory stays under the windows', async () => {
  const agentStreams: TunnelStream[] = [];
  const pair = sessionPair({
    onStream: (stream) => {
      agentStreams.push(stream);
      stream.sendHead(Buffer.from('head'));
      return pour(stream, 1_000_000);
    },
  });
  await settle();
  const stalled = openLogged(pair.gateway, new StreamLog({ consumes: false }));
  const others = Array.from({ length: 100 }, () => openLogged(pair.gateway));
  for (let round = 0; round < 400 && others.some((log) => log.ends === 0); round += 1) {
    await settle(10);
    const unconsumed = stalled.stream?.window.bufferedBytes ?? 0;
    const queued = agentStreams.reduce((sum, stream) => sum + stream.queuedBytes, 0);
    expect(unconsumed).toBeLessThanOrEqual(stalled.stream?.window.sizeBytes ?? 0);
    expect(pair.gateway.counters.windowBytes).toBeLessThanOrEqual(
      pair.gateway.limits.MAX_SESSION_WINDOW_BYTES,
    );
    // A writer may overshoot by the one chunk that made `write` answer false.
    expect(queued).toBeLessThanOrEqual(agentStreams.length * (pair.agent.limits.STREAM_QUEUE_BYTES + 16_384));
    expect(pair.agentEnd.bufferedBytes()).toBeLessThanOrEqual(256 * 1024);
  }
  expect(others.map((log) => [log.bytes, log.ends])).toEqual(others.map(() => [1_000_000, 1]));
  // What is left is less than the smallest frame costs.
  expect(stalled.bytes).toBeGreaterThan(65_536 - 256);
  expect(stalled.bytes).toBeLessThanOrEqual(65_536);
  stalled.stream?.consume(stalled.bytes);
  await settle();
  expect(stalled.bytes).toBeGreaterThan(65_536);
});

describe.each(['gateway', 'agent'] as const)('T5: at the %s', (role) => {
  async function hostileSender(): Promise<{ peer: Awaited<ReturnType<typeof rawPeer>>; kept: Buffer[] }> {
    const kept: Buffer[] = [];
    const keep: StreamHandler = {
      onData: (chunk) => kept.push(chunk),
      onEnd: () => undefined,
      onReset: () => undefined,
    };
    const peer = await rawPeer(role, { handler: { onStream: () => keep } });
    if (role === 'gateway') {
      peer.session.open(Buffer.from('head'), keep);
      await peer.say(raw.head(1));
    } else await peer.say(raw.open(1));
    return { peer, kept };
  }

  test('a few bytes of large messages do not keep the messages in memory', async () => {
    const { peer, kept } = await hostileSender();
    const filler = raw.data(1_000_000, Buffer.alloc(60_000));
    for (let count = 0; count < 100; count += 1) await peer.say(raw.data(1, 'tiny'), filler);
    expect(kept).toHaveLength(100);
    const backing = new Set(kept.map((chunk) => chunk.buffer));
    const pinned = [...backing].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    expect(pinned).toBeLessThan(4 * 65_536);
  });

  test('a window full of tiny frames is no more frames than it has room for', async () => {
    const { peer, kept } = await hostileSender();
    for (let count = 0; count < 65_536 / 256; count += 1) await peer.say(raw.data(1, 'x'));
    expect(kept).toHaveLength(256);
    expect(peer.goAwayCode()).toBe(-1);
    await peer.say(raw.data(1, 'x'));
    expect(peer.goAwayCode()).toBe(3);
  });
});

test('T5: a writer of tiny chunks is told to pause before its queue costs more than a large one', async () => {
  const peer = await rawPeer('gateway', { hello: false });
  await peer.say(raw.hello(1, 1024));
  const log = openLogged(peer.session);
  let written = 1;
  while (log.stream?.write(Buffer.from('x')) === true) written += 1;
  expect(written).toBe((128 * 1024) / 256);
  await settle();
  expect(log.drains).toBe(0);
  await peer.say(raw.credit(1, 256 * 300));
  expect(log.drains).toBe(1);
});

test('T5: ten thousand abandoned streams leave tables empty and the heap as it was, at both ends', async () => {
  const pair = sessionPair({ onStream: (stream, head) => answerWithEcho(stream, head) });
  await settle();
  const abandon = async (streams: number): Promise<void> => {
    for (let count = 0; count < streams; count += 1) {
      const log = openLogged(pair.gateway, new StreamLog({ consumes: false }), 'x'.repeat(200));
      log.stream?.write(Buffer.alloc(500));
      // Some at once, some with the answer under way, some when everything has arrived.
      if (count % 3 === 0) log.stream?.reset('CANCEL');
      else if (count % 3 === 1) setImmediate(() => log.stream?.reset('CANCEL'));
      else {
        await settle(3);
        log.stream?.reset('CANCEL');
      }
    }
    await settle();
  };
  await abandon(2000);
  const before = heapAfterCollection();
  await abandon(10_000);
  const after = heapAfterCollection();
  for (const { counters } of [pair.gateway, pair.agent]) {
    expect([counters.openStreams, counters.windowBytes, counters.openedStreams]).toEqual([0, 0, 12_000]);
  }
  expect([pair.gatewayLog.closes, pair.agentLog.closes]).toEqual([[], []]);
  // 10,000 leaked streams would be several megabytes.
  expect(after - before).toBeLessThan(1_500_000);
});

test('D3: a flood of OPEN and RESET leaves nothing behind at the agent', async () => {
  const peer = await rawPeer('agent', {
    handler: { onStream: (stream, head) => answerWithEcho(stream, head) },
  });
  for (let round = 0; round < 100; round += 1) {
    const frames = Array.from({ length: 100 }, (_, index) => round * 100 + index + 1).flatMap((id) => [
      raw.open(id),
      raw.data(id, 'x'),
      raw.reset(id, 1),
    ]);
    await peer.say(...frames);
  }
  const { openStreams, openedStreams, windowBytes } = peer.session.counters;
  expect([openStreams, openedStreams, windowBytes]).toEqual([0, 10_000, 0]);
  expect(peer.log.closes).toEqual([]);
});

test('a session that was busy keeps no memory for sending once it only has its heartbeats', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const pair = sessionPair({ onStream: answerWithEcho });
    await settle();
    const slabs: number[] = [];
    const send = pair.gatewayEnd.send.bind(pair.gatewayEnd);
    pair.gatewayEnd.send = (message) => {
      slabs.push(message.buffer.byteLength);
      send(message);
    };
    const stream = openLogged(pair.gateway).stream;
    for (let chunk = 0; chunk < 20; chunk += 1) {
      stream?.write(Buffer.alloc(16_384));
      await settle();
    }
    expect(slabs.at(-1)).toBe(256 * 1024);
    // The busy interval, the first quiet one, and a heartbeat after that.
    for (let interval = 0; interval < 3; interval += 1) {
      vi.advanceTimersByTime(DEFAULT_LIMITS.HEARTBEAT_INTERVAL_MS);
      await settle();
    }
    expect(slabs.at(-1)).toBe(FIRST_SLAB_BYTES);
  } finally {
    vi.useRealTimers();
  }
});
