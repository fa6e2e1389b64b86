// The network between agent and gateway fails: running requests learn it, and the tunnels come back by themselves.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../gateway/index.ts';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

let world: RelayWorld;
let token: string;
let answer: ((response: ServerResponse) => void) | undefined;

beforeAll(async () => {
  world = await startRelayWorld({
    cuttable: true,
    reconnects: true,
    answer: (_request, response) => (answer === undefined ? response.end('ok') : answer(response)),
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
    },
  });
  token = await world.token('alice');
});

afterAll(() => world.close());

/** Cuts, and waits until all tunnels are back. */
async function cutAndRecover(): Promise<void> {
  const before = world.agent.reconnects;
  world.network?.cut();
  await expect.poll(() => world.agent.reconnects - before, { timeout: 8000 }).toBe(2);
  await expect.poll(() => world.agent.isConnected && world.gateway.connectedTunnels).toBe(2);
}

describe('a tunnel that is cut', () => {
  it.each(['HTTP/1.1', 'HTTP/2'])(
    'answers what waits for its head over %s with a 502 that names the tunnel',
    async (version) => {
      const asked = Promise.withResolvers<ServerResponse>();
      answer = (response) => asked.resolve(response);
      const session = openHttp2(world);
      const waiting = version === 'HTTP/2' ? callHttp2(session, { token }) : call(world, { token });
      const upstream = await asked.promise;
      const cancelled = once(upstream, 'close');
      await Promise.all([cutAndRecover(), cancelled]);
      const got = await waiting;
      expect(got.status).toBe(502);
      expect(got.headers['retry-after']).toBeUndefined();
      expect(statusOf(got.body)).toMatchObject({ code: 502, hop: 'tunnel' });
      session.destroy();
    },
  );

  it.each(['HTTP/1.1', 'HTTP/2'])('aborts an answer over %s that has begun', async (version) => {
    const begun = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(200);
      response.write('first', () => begun.resolve());
    };
    const session = openHttp2(world);
    const path = '/api/v1/pods?watch=true';
    const broken =
      version === 'HTTP/2'
        ? expect(callHttp2(session, { token, path })).rejects.toThrow(/reset with|closed with/)
        : expect(call(world, { token, path })).rejects.toThrow(/aborted/);
    await begun.promise;
    await Promise.all([cutAndRecover(), broken]);
    session.destroy();
  });

  it('ends an upgraded connection', async () => {
    const { socket } = await upgrade(world, { token });
    socket.resume();
    await Promise.all([once(socket, 'close'), cutAndRecover()]);
  });

  it('serves again afterwards', async () => {
    answer = undefined;
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
  });
});

describe('a gateway that is gone', () => {
  it('is found again when it is back', async () => {
    answer = undefined;
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
