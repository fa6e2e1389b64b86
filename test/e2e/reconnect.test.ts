// The network between agent and gateway fails: running requests learn it, and the tunnels come back by themselves.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway } from '../../gateway/index.ts';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import type { CallAnswer } from '../support/http-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const SILENT = '/api/v1/silent';
const BEGUN = '/api/v1/begun';
const VERSIONS = ['HTTP/1.1', 'HTTP/2'] as const;

let world: RelayWorld;
let token: string;
const silent = new Set<ServerResponse>();
const begun = new Set<ServerResponse>();

beforeAll(async () => {
  world = await startRelayWorld({
    cuttable: true,
    reconnects: true,
    answer: (request, response) => {
      if (request.url === SILENT) silent.add(response);
      else if (request.url === BEGUN) {
        response.writeHead(200);
        response.write('first', () => begun.add(response));
      } else response.end('ok');
    },
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
    },
  });
  token = await world.token('alice');
});

afterAll(() => world.close());

describe('a tunnel that is cut under running requests', () => {
  let waiting: PromiseSettledResult<CallAnswer>[];
  let streaming: PromiseSettledResult<CallAnswer>[];

  beforeAll(async () => {
    const session = openHttp2(world);
    const both = (path: string): Promise<PromiseSettledResult<CallAnswer>[]> =>
      Promise.allSettled([call(world, { token, path }), callHttp2(session, { token, path })]);
    const requests = Promise.all([both(SILENT), both(BEGUN)]);
    const { socket } = await upgrade(world, { token });
    socket.resume();
    await vi.waitFor(() => expect([silent.size, begun.size]).toEqual([2, 2]));
    const upgradeEnded = once(socket, 'close');
    const upstreamEnded = Promise.all([...silent, ...begun].map((response) => once(response, 'close')));
    world.network?.cut();
    [waiting, streaming] = await requests;
    await Promise.all([upgradeEnded, upstreamEnded]);
    session.destroy();
  });

  it.each(VERSIONS)('answers what waits for its head over %s with a 502 that names the tunnel', (version) => {
    const result = waiting[VERSIONS.indexOf(version)];
    if (result?.status !== 'fulfilled') throw new Error('no answer');
    expect(result.value.status).toBe(502);
    expect(result.value.headers['retry-after']).toBeUndefined();
    expect(statusOf(result.value.body)).toMatchObject({ code: 502, hop: 'tunnel' });
  });

  it.each(VERSIONS)('aborts an answer over %s that has begun', (version) => {
    const result = streaming[VERSIONS.indexOf(version)];
    expect(result?.status).toBe('rejected');
  });

  it('comes up again by itself and serves', async () => {
    await expect.poll(() => world.agent.reconnects, { timeout: 8000 }).toBe(2);
    await expect.poll(() => world.gateway.connectedTunnels).toBe(2);
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
  });
});

describe('a gateway that is gone', () => {
  it('is found again when it is back', async () => {
    await world.gateway.close();
    await expect(open(world, { token })).rejects.toThrow(/ECONNREFUSED/);
    const second = await startGateway(world.gatewayConfig);
    try {
      await expect.poll(() => second.connectedTunnels, { timeout: 8000 }).toBe(2);
      expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
    } finally {
      await second.close();
    }
  });
});
