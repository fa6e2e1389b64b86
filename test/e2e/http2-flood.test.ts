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
const MAX_STREAMS = 20;

let world: RelayWorld;
let token: string;
const watches = new Set<ServerResponse>();

beforeAll(async () => {
  world = await startRelayWorld({
    gatewayLimits: { MAX_H2_STREAMS: MAX_STREAMS },
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
    const ended = once(session, 'close');
    let opened = 0;
    while (opened < 10_000 && openAndReset(session)) {
      opened += 1;
      if (opened % 500 === 0) expect(await call(world, { token })).toMatchObject({ status: 200 });
    }
    await ended;
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
    await expect.poll(() => metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
    await expect.poll(() => watches.size).toBe(0);
  });

  it('of as many as an honest client resets is fine', async () => {
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    for (let count = 0; count < 200; count += 1) openAndReset(session);
    expect(await callHttp2(session, { token })).toMatchObject({ status: 200, body: 'ok' });
    session.destroy();
  });
});

describe('D3: streams at once on one connection', () => {
  it('are as many as the limit says; the next one waits for the end of another', async () => {
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(MAX_STREAMS);
    const streams = Array.from({ length: MAX_STREAMS + 1 }, () => {
      const stream = session.request({ ':path': WATCH, authorization: `Bearer ${token}` });
      stream.on('error', () => undefined);
      return { stream, answered: once(stream, 'response') };
    });
    await Promise.all(streams.slice(0, MAX_STREAMS).map(({ answered }) => answered));
    expect(watches.size).toBe(MAX_STREAMS);
    streams[0]?.stream.close(constants.NGHTTP2_CANCEL);
    await streams[MAX_STREAMS]?.answered;
    session.destroy();
    await expect.poll(() => watches.size).toBe(0);
  });
});
