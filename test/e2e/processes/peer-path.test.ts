// A request that arrives at a gateway without the tunnel: through the one that has it, and nothing about it is different.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../../support/http-client.ts';
import { CLUSTER } from '../../support/relay-world.ts';
import { statusOf } from '../../support/status-of.ts';
import { startTwinWorld } from '../../support/twin-world.ts';
import type { TwinWorld } from '../../support/twin-world.ts';

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

let world: TwinWorld;
let token: string;
let answer: ((response: ServerResponse, body: string) => void) | undefined;
let onUpgrade: ((socket: Duplex) => void) | undefined;

beforeAll(async () => {
  world = await startTwinWorld({
    answer: (_request, response, body) =>
      answer === undefined ? response.end('ok') : answer(response, body),
    onUpgrade: (_request, socket) => onUpgrade?.(socket),
  });
  token = await world.token('alice');
});
beforeEach(() => {
  answer = undefined;
  onUpgrade = undefined;
});
afterAll(() => world.close());

describe('a request at the gateway that has no tunnel', () => {
  it('is answered, by way of the other one', async () => {
    const before = await world.peerStreams();
    expect(await call(world.asker, { token, path: '/api/v1/pods?limit=1' })).toMatchObject({
      status: 200,
      body: 'ok',
    });
    expect(await world.peerStreams()).toBe(before + 1);
    const last = world.upstream.requests.at(-1);
    expect(last?.url).toBe('/api/v1/pods?limit=1');
    // The agent verified the token itself: it is from there that the identity comes.
    expect(last?.rawHeaders.filter((name) => name.toLowerCase() === 'impersonate-user')).toHaveLength(1);
  });

  it('does not go that way where the tunnel is at hand', async () => {
    const before = await world.peerStreams();
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
    expect(await world.peerStreams()).toBe(before);
  });

  it.each([3 * 1024 * 1024, 40 * 1024, 1])('brings bodies of %d bytes both ways', async (bytes) => {
    const body = randomBytes(bytes);
    answer = (response, received) => response.end(Buffer.from(received, 'latin1').toString('hex'));
    const session = openHttp2(world.asker);
    const options = { token, method: 'POST', body };
    const [one, two] = await Promise.all([call(world.asker, options), callHttp2(session, options)]);
    session.destroy();
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect([digest(one.body), digest(two.body)]).toEqual(Array(2).fill(digest(body.toString('hex'))));
  });

  it('is a watch whose events come as they are written, and whose end at the client is heard at the apiserver', async () => {
    const written = Promise.withResolvers<ServerResponse>();
    const closed = Promise.withResolvers<void>();
    answer = (response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200).flushHeaders();
      written.resolve(response);
    };
    const response = await open(world.asker, { token, path: '/api/v1/pods?watch=true' });
    const upstream = await written.promise;
    for (const event of ['{"type":"ADDED"}\n', '{"type":"MODIFIED"}\n']) {
      upstream.write(event);
      const [chunk] = await once(response, 'data');
      expect(String(chunk)).toBe(event);
    }
    response.destroy();
    await closed.promise;
  });

  it('is an exec: bytes both ways, and each side ends by itself', async () => {
    const ended = Promise.withResolvers<void>();
    onUpgrade = (socket) => {
      socket.write(SWITCH);
      socket.on('data', (chunk: Buffer) => socket.write(chunk));
      socket.once('end', () => {
        ended.resolve();
        socket.end('the last words');
      });
    };
    const { socket } = await upgrade(world.asker, { token });
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    socket.end();
    await ended.promise;
    const [last] = await once(socket, 'data');
    expect(String(last)).toBe('the last words');
  });

  it('breaks off for the client when the apiserver breaks off', async () => {
    answer = (response) => {
      response.writeHead(200);
      response.write('{"items":[');
      setImmediate(() => response.destroy());
    };
    await expect(call(world.asker, { token })).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
  });

  it('is judged where it arrives: no token, no rule, no cluster', async () => {
    const before = await world.peerStreams();
    expect(await call(world.asker, { token: 'nonsense' })).toMatchObject({ status: 401 });
    expect(await call(world.asker, { token: await world.token('mallory') })).toMatchObject({ status: 404 });
    expect(await world.peerStreams()).toBe(before);
  });
});

describe('a cluster whose tunnels are gone', () => {
  it('is offline at both gateways, with the same 503', async () => {
    await world.agent.close();
    await expect.poll(async () => (await call(world.asker, { token })).status, { timeout: 5000 }).toBe(503);
    const answers = await Promise.all([call(world, { token }), call(world.asker, { token })]);
    for (const one of answers) {
      expect(one.headers['retry-after']).toBe('1');
      expect(statusOf(one.body).message).toContain(`the agent of cluster "${CLUSTER}" is not connected`);
    }
  });
});
