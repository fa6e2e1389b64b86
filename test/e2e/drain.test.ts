// Going away in order: what runs ends well, what is new goes elsewhere.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { startGateway } from '../../gateway/index.ts';
import type { RunningGateway } from '../../gateway/index.ts';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { openRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld, RelayWorldOptions } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const WATCH = '/api/v1/pods?watch=true';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

let world: RelayWorld;
let second: RunningGateway | undefined;

afterEach(async () => {
  await second?.close();
  second = undefined;
  await world.close();
});

/** A world in which a watch writes `first` and then waits for the test. */
async function startWatching(options: RelayWorldOptions = {}) {
  const watches: ServerResponse[] = [];
  world = await startRelayWorld({
    reconnects: true,
    gatewayLimits: { DRAIN_PACING_MS: 10 },
    answer: (request, response) => {
      if (request.url !== WATCH) return response.end('ok');
      watches.push(response);
      return response.writeHead(200).write('first ');
    },
    onUpgrade: (_request, socket) => {
      socket.write(SWITCH);
      socket.pipe(socket);
    },
    ...options,
  });
  const token = await world.token('alice');
  const response = await open(world, { token, path: WATCH });
  const [first] = await once(response, 'data');
  let received = String(first);
  response.on('data', (chunk) => {
    received += String(chunk);
  });
  const [upstream] = watches;
  if (upstream === undefined) throw new Error('the watch did not arrive');
  const endAll = (text: string): void => {
    for (const watch of watches) watch.end(text);
  };
  return { token, response, upstream, endAll, received: () => received };
}

describe('a gateway that drains', () => {
  it('finishes a watch, refuses new connections, and its agent goes to the next gateway', async () => {
    const { token, response, upstream, received } = await startWatching();
    const { socket } = await upgrade(world, { token });
    const draining = world.gateway.drain();
    expect((await fetch(`${world.gateway.privateUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${world.gateway.privateUrl}/healthz`)).status).toBe(200);
    await expect(call(world, { token })).rejects.toThrow(/ECONNREFUSED/);
    await expect.poll(() => world.agent.isConnected).toBe(false);
    upstream.write('second ');
    await once(response, 'data');
    socket.write('still here');
    expect(String((await once(socket, 'data'))[0])).toBe('still here');
    socket.end();
    await once(socket, 'close');
    upstream.end('last');
    await once(response, 'end');
    expect([received(), response.complete]).toEqual(['first second last', true]);
    await draining;
    second = await startGateway(world.gatewayConfig);
    await expect.poll(() => world.agent.isConnected, { timeout: 8000 }).toBe(true);
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
  });

  it('cuts what has not ended within the drain timeout', async () => {
    const { response } = await startWatching({ gateway: { drainTimeoutMs: 60 } });
    const cut = once(response, 'error');
    await world.gateway.drain();
    await cut;
    expect(response.complete).toBe(false);
  });

  it('answers what still comes on a busy connection with 503, and closes it', async () => {
    const { token, endAll } = await startWatching();
    const socket = await openRaw({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME });
    const idle = await openRaw({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME });
    const head = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    idle.write(head('/api/v1/pods'));
    await once(idle, 'data');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.write(head(WATCH));
    await expect.poll(() => received).toContain('first');
    const [idleClosed, closed] = [once(idle, 'close'), once(socket, 'close')];
    const draining = world.gateway.drain();
    await idleClosed;
    socket.write(head('/api/v1/pods'));
    await expect.poll(refusals).toContain('status="503"} 1');
    endAll('last');
    await Promise.all([closed, draining]);
    const second = received.slice(received.lastIndexOf('HTTP/1.1 '));
    expect(second).toMatch(/^HTTP\/1\.1 503 /);
    expect(second).toMatch(/\r\nConnection: close\r\n/i);
    expect(second).toMatch(/\r\nRetry-After: \d+\r\n/i);
  });

  it('tells HTTP/2 clients to go elsewhere, after their answers', async () => {
    const { token, upstream } = await startWatching();
    const session = openHttp2(world);
    expect(await callHttp2(session, { token })).toMatchObject({ status: 200 });
    const goAway = once(session, 'goaway');
    const draining = world.gateway.drain();
    expect((await goAway)[0]).toBe(0);
    upstream.end();
    await draining;
    session.destroy();
  });
});

describe('an agent that drains', () => {
  it('finishes what runs; what is new is told to come again', async () => {
    const { token, response, upstream, received } = await startWatching({ reconnects: false });
    const draining = world.agent.drain();
    await expect.poll(async () => (await call(world, { token })).status).toBe(503);
    const refused = await call(world, { token });
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(statusOf(refused.body)).toMatchObject({ code: 503, hop: 'gateway' });
    upstream.end('last');
    await once(response, 'end');
    expect([received(), response.complete]).toEqual(['first last', true]);
    await draining;
    expect(world.gateway.connectedTunnels).toBe(0);
  });
});

async function refusals(): Promise<string> {
  const metrics = await (await fetch(`${world.gateway.privateUrl}/metrics`)).text();
  return metrics
    .split('\n')
    .filter((line) => line.startsWith('cluster_connect_gateway_refusals_total'))
    .join('\n');
}
