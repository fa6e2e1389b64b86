// D5: what one user may run at once, over every protocol, and that it takes nothing from others.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { openRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const WATCH = '/api/v1/pods?watch=true';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

let world: RelayWorld;
let alice: string;
let bob: string;
const watches: ServerResponse[] = [];

beforeAll(async () => {
  world = await startRelayWorld({
    gatewayLimits: { MAX_STREAMS_PER_USER: 4 },
    answer: (request, response) => {
      if (request.url !== WATCH) return response.end('ok');
      watches.push(response);
      return response.writeHead(200).write('first');
    },
    onUpgrade: (_request, socket) => {
      socket.write(SWITCH);
      socket.once('data', () => socket.end());
    },
  });
  [alice, bob] = await Promise.all([world.token('alice'), world.token('bob')]);
});

afterAll(() => world.close());

const ask = (token: string) => call(world, { token });
const isFreeAgain = () => expect.poll(async () => (await ask(alice)).status).toBe(200);

describe('D5: a user who runs as much as one may', () => {
  it('gets 429 and Retry-After, whatever the protocol and the token, while others are served', async () => {
    const session = openHttp2(world);
    const first = await open(world, { token: alice, path: WATCH });
    const second = session.request({ ':path': WATCH, authorization: `Bearer ${alice}` });
    second.on('error', () => undefined);
    await once(second, 'response');
    const { socket } = await upgrade(world, { token: alice });
    const third = await open(world, { token: await world.token('alice'), path: WATCH });
    for (const token of [alice, await world.token('alice')]) {
      const refused = await ask(token);
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expect(statusOf(refused.body)).toMatchObject({ reason: 'TooManyRequests', hop: 'gateway' });
    }
    expect(await callHttp2(session, { token: alice })).toMatchObject({ status: 429 });
    await expect(upgrade(world, { token: alice })).rejects.toThrow('answered with 429');
    expect(await ask(bob)).toMatchObject({ status: 200 });

    // Each way to go gives the place back: one at a time, taken again at once.
    const again: IncomingMessage[] = [];
    for (const leave of [
      () => first.destroy(),
      () => second.close(),
      () => socket.end(),
      () => third.destroy(),
    ]) {
      leave();
      await isFreeAgain();
      again.push(await open(world, { token: alice, path: WATCH }));
      expect((await ask(alice)).status).toBe(429);
    }
    for (const response of again) response.destroy();
    await expect.poll(() => metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
    session.destroy();
  });

  it('counts an upgrade until both of its directions have ended', async () => {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => upgrade(world, { token: alice })));
    for (const { socket } of sockets) {
      socket.allowHalfOpen = true;
      socket.resume();
      socket.write('bye');
    }
    // The apiserver has ended its direction of each; the client has not.
    await Promise.all(sockets.map(({ socket }) => once(socket, 'end')));
    expect((await ask(alice)).status).toBe(429);
    for (const { socket } of sockets) socket.end();
    await isFreeAgain();
  });

  it('counts pipelined requests, and forgets them with their connection', async () => {
    const raw = { port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME };
    const socket = await openRaw(raw);
    const before = watches.length;
    const head = `GET ${WATCH} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${alice}\r\n\r\n`;
    socket.write(head.repeat(4));
    await expect.poll(() => watches.length - before).toBe(4);
    expect((await ask(alice)).status).toBe(429);
    const ends = watches.slice(before).map((response) => once(response, 'close'));
    socket.destroy();
    await Promise.all(ends);
    await isFreeAgain();
  });
});
