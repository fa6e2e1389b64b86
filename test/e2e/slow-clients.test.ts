// D1: clients that send or read too slowly cost a connection for a while, and nobody else anything.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2 } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { openRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const ENDLESS = '/api/v1/endless';

let world: RelayWorld;
let token: string;
const endless = Promise.withResolvers<ServerResponse>();

beforeAll(async () => {
  world = await startRelayWorld({
    agent: { tunnels: 1 },
    gatewayLimits: { HEADERS_TIMEOUT_MS: 500, BODY_IDLE_TIMEOUT_MS: 500, TLS_HANDSHAKE_TIMEOUT_MS: 300 },
    answer: (request, response) => {
      if (request.url !== ENDLESS) return response.end('ok');
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      endless.resolve(response);
      return more();
    },
  });
  token = await world.token('alice');
});

afterAll(() => world.close());

function openSocket(): Promise<TLSSocket> {
  return openRaw({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME });
}

/** Everything until the gateway closes, while one byte of `bytes` leaves every few milliseconds. */
async function dribble(socket: TLSSocket, bytes: string): Promise<string> {
  let received = '';
  let at = 0;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  const timer = setInterval(() => {
    if (socket.writable) socket.write(bytes.charAt(at % bytes.length));
    at += 1;
  }, 5);
  await once(socket, 'close');
  clearInterval(timer);
  return received;
}

describe('D1: a head that comes byte by byte', () => {
  it('is answered with 408, and its connection closed', async () => {
    const socket = await openSocket();
    socket.write(`GET /api/v1/pods HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nX-Slow: `);
    const received = await dribble(socket, 'slow');
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(statusOf(received)).toMatchObject({ code: 408, hop: 'gateway' });
  });

  it('that never comes ends the connection too', async () => {
    const socket = await openSocket();
    socket.resume();
    await once(socket, 'close');
  });
});

describe('D1: a TLS handshake that never comes', () => {
  it('ends the connection', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'close');
  });
});

// Each of these waits for a limit: they wait together.
describe.concurrent('D1: a body that stops coming', () => {
  it.each([
    ['of a known length', 'Content-Length: 100\r\n\r\nhalf'],
    ['of a known large length', 'Content-Length: 1000000\r\n\r\nhalf'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('%s is answered with 408, and its connection closed', async (_name, rest) => {
    const socket = await openSocket();
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.write(
      `POST /api/v1/pods HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${token}\r\n${rest}`,
    );
    await once(socket, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    expect(statusOf(received)).toMatchObject({ code: 408, hop: 'gateway' });
  });

  it('is answered with 408 over HTTP/2', async () => {
    const session = openHttp2(world);
    const request = session.request({
      ':method': 'POST',
      ':path': '/api/v1/pods',
      authorization: `Bearer ${token}`,
    });
    request.on('error', () => undefined);
    request.write('half');
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({ ':status': 408 });
    session.destroy();
  });

  it('but moves, however slowly, is carried whole', async () => {
    const text = 'x'.repeat(150);
    const session = openHttp2(world);
    const request = session.request({
      ':method': 'POST',
      ':path': '/api/v1/pods',
      authorization: `Bearer ${token}`,
    });
    let sent = 0;
    const timer = setInterval(() => {
      request.write(text.charAt(sent));
      sent += 1;
      if (sent < text.length) return;
      clearInterval(timer);
      request.end();
    }, 5);
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({ ':status': 200 });
    expect(world.upstream.requests.at(-1)?.body).toBe(text);
    session.destroy();
  });
});

describe('D1: an answer that nobody reads', () => {
  it('holds up no other client, on the same tunnel and on the same connection', async () => {
    const session = openHttp2(world);
    // One stream that is not read fills a client's own window for the whole connection, unless that is larger.
    await once(session, 'remoteSettings');
    session.setLocalWindowSize(1024 * 1024);
    const unread = session.request({ ':path': ENDLESS, authorization: `Bearer ${token}` });
    unread.on('error', () => undefined);
    await once(unread, 'response');
    const stalled = await open(world, { token, path: ENDLESS });
    for (let count = 0; count < 20; count += 1) {
      expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
      expect(await callHttp2(session, { token })).toMatchObject({ status: 200, body: 'ok' });
    }
    const upstream = await endless.promise;
    const closed = once(upstream, 'close');
    stalled.destroy();
    unread.close();
    await closed;
    session.destroy();
  });
});

describe.concurrent('D1: a refused connection whose client does not close', () => {
  it.each([
    ['no HTTP at all', 'nonsense\r\n\r\n'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ['an upgrade', 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ])('(%s) is closed by the gateway', async (_name, bytes) => {
    const socket = await openSocket();
    socket.allowHalfOpen = true;
    socket.resume();
    socket.write(bytes);
    await once(socket, 'end');
    // Only a reset shows that the other side is gone for good.
    const timer = setInterval(() => socket.write('x'), 20);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(timer);
  });
});

describe('afterwards', () => {
  it('nothing is left running', async () => {
    await expect.poll(() => metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
  });
});
