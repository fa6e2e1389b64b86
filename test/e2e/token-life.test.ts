// A stream ends when its token does: nobody keeps watching, or a shell, on a token that has expired.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const WATCH = '/api/v1/pods?watch=true';

let world: RelayWorld;
const upstreamEnds: Promise<unknown>[] = [];

beforeAll(async () => {
  world = await startRelayWorld({
    answer: (request, response) => {
      if (request.url !== WATCH) return response.end('ok');
      upstreamEnds.push(once(response, 'close'));
      return response.writeHead(200).write('first');
    },
    onUpgrade: (_request, socket) => {
      upstreamEnds.push(once(socket, 'close'));
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
    },
  });
});

afterAll(() => world.close());

describe('a token that has expired', () => {
  it.each(['HTTP/1.1', 'HTTP/2'])(
    'J7: is refused with 401 over %s, and nothing goes upstream',
    async (version) => {
      const token = await world.token('alice', -1);
      const before = world.upstream.received().length;
      const session = openHttp2(world);
      const got = await (version === 'HTTP/2' ? callHttp2(session, { token }) : call(world, { token }));
      session.destroy();
      expect(got.status).toBe(401);
      expect(statusOf(got.body)).toMatchObject({ code: 401, reason: 'Unauthorized', hop: 'gateway' });
      expect(got.headers['www-authenticate']).toContain('Bearer');
      expect(world.upstream.received().length).toBe(before);
    },
  );
});

describe('U7: a token that expires under a stream', () => {
  it('ends watches over HTTP/1.1 and HTTP/2, and an upgrade, and the apiserver’s side of each', async () => {
    const [token, good] = await Promise.all([world.token('alice', 2), world.token('bob')]);
    const session = openHttp2(world);
    const watch = await open(world, { token, path: WATCH });
    const other = await open(world, { token: good, path: WATCH });
    const aborted = expectAborted(watch);
    const reset = callHttp2(session, { token, path: WATCH }).catch((error: unknown) => error);
    const { socket } = await upgrade(world, { token });
    socket.resume();
    const cut = once(socket, 'close');
    await once(other, 'data');
    await expect.poll(() => upstreamEnds.length).toBe(4);

    await Promise.all([aborted, cut]);
    expect(await reset).toBeInstanceOf(Error);
    await Promise.all(upstreamEnds.toSpliced(1, 1));
    expect(other.destroyed).toBe(false);
    expect(await metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 1]]);
    expect((await call(world, { token })).status).toBe(401);
    other.destroy();
    session.destroy();
  });
});

/** It ends without having been whole. */
async function expectAborted(response: IncomingMessage): Promise<void> {
  response.resume();
  await once(response, 'error');
  expect(response.complete).toBe(false);
}
