// D3: an HTTP/2 client that opens and resets as fast as it can, and how many streams one connection has.
import { constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, openHttp2 } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const WATCH = '/api/v1/pods?watch=true';
const MAX_STREAMS = 100;
// As many as there may be at once: more would wait in the client.
const BATCH = 100;

let world: RelayWorld;
let token: string;
const watches = new Set<ServerResponse>();

beforeAll(async () => {
  world = await startRelayWorld({
    answer: (request, response) => {
      if (request.url !== WATCH) return response.end('ok');
      watches.add(response);
      response.on('close', () => watches.delete(response));
      return response.writeHead(200).write('first');
    },
  });
  token = await world.token('alice');
});

afterAll(() => world.close());

/** Opens a stream and resets it before there can be an answer; false when the connection is over. */
function openAndReset(session: ClientHttp2Session): boolean {
  if (session.destroyed || session.closed) return false;
  const stream = session.request({ ':path': WATCH, authorization: `Bearer ${token}` });
  stream.on('error', () => undefined);
  stream.close(constants.NGHTTP2_CANCEL);
  return true;
}

describe('D3: rapid reset', () => {
  it('of 10,000 streams ends the connection, while others are served, and leaves nothing behind', async () => {
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    const ended = new Promise((resolve) => session.once('close', resolve));
    let opened = 0;
    while (opened < 10_000 && openAndReset(session)) {
      opened += 1;
      if (opened % BATCH === 0) expect(await call(world, { token })).toMatchObject({ status: 200 });
    }
    await ended;
    expect(opened).toBeLessThan(2000);
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
    await expect.poll(() => metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
    await expect.poll(() => watches.size).toBe(0);
  });

  it('of as many as an honest client resets is fine', async () => {
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    for (let count = 0; count < 50; count += 1) {
      const stream = session.request({ ':path': WATCH, authorization: `Bearer ${token}` });
      await once(stream, 'response');
      stream.close(constants.NGHTTP2_CANCEL);
      await once(stream, 'close');
    }
    expect(await callHttp2(session, { token })).toMatchObject({ status: 200, body: 'ok' });
    session.destroy();
  });
});

describe('D3: streams at once on one connection', () => {
  it('are as many as the limit says; the next one waits for the end of another', async () => {
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(MAX_STREAMS);
    const answered = Array.from({ length: MAX_STREAMS + 1 }, () => {
      const stream = session.request({ ':path': WATCH, authorization: `Bearer ${token}` });
      stream.on('error', () => undefined);
      // Every byte is read, so that the stream can end.
      stream.resume();
      return once(stream, 'response');
    });
    await Promise.all(answered.slice(0, MAX_STREAMS));
    expect(watches.size).toBe(MAX_STREAMS);
    const [oldest] = watches;
    oldest?.end();
    await answered[MAX_STREAMS];
    session.destroy();
    await expect.poll(() => watches.size).toBe(0);
  });
});

describe('a stream that its client closes', () => {
  it.each(['NGHTTP2_NO_ERROR', 'NGHTTP2_CANCEL'] as const)(
    'with %s is cancelled at the apiserver',
    async (code) => {
      const session = openHttp2(world);
      const stream = session.request({ ':path': WATCH, authorization: `Bearer ${token}` });
      await once(stream, 'response');
      const [upstream] = watches;
      if (upstream === undefined) throw new Error('the watch did not arrive');
      const cancelled = once(upstream, 'close');
      stream.close(constants[code]);
      await cancelled;
      expect(await metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
      session.destroy();
    },
  );
});
