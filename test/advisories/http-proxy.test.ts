// Why http-proxy stays out of the data path (docs/decisions/0001): three of its habits, shown with the real package over
// real sockets, and the same bytes against this gateway.
import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import httpProxy from 'http-proxy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundPort } from '../../observe/index.ts';
import { sendRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const USER = 'alice-as-the-proxy-says';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: upstream\r\nImpersonate-User: system:admin\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly connection: number;
}

/** http-proxy as one would set it up for this job: connections kept alive, the identity added. */
async function startHttpProxy() {
  const received: Received[] = [];
  const connections: unknown[] = [];
  const note = (request: IncomingMessage): void => {
    if (!connections.includes(request.socket)) connections.push(request.socket);
    const { method = '', url = '', headers } = request;
    received.push({ method, url, headers, connection: connections.indexOf(request.socket) });
  };
  const upstream = createServer((request, response) => {
    note(request);
    request.resume();
    response.end('ok');
  });
  upstream.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    note(request);
    socket.on('error', () => undefined);
    socket.end(SWITCH);
  });
  await listening(upstream);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const proxy = httpProxy.createProxyServer({
    target: `http://127.0.0.1:${boundPort(upstream)}`,
    agent,
    headers: { 'Impersonate-User': USER },
  });
  proxy.on('error', () => undefined);
  const front = createServer((request, response) => proxy.web(request, response));
  front.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    proxy.ws(request, socket, head),
  );
  await listening(front);
  return {
    received,
    port: boundPort(front),
    close: () => {
      agent.destroy();
      for (const server of [front, upstream]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function listening(server: ReturnType<typeof createServer>): Promise<unknown> {
  server.listen(0, '127.0.0.1');
  return once(server, 'listening');
}

/** What comes back for these bytes, up to the end of a head or of the connection. */
async function sendPlain(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.includes('\r\n\r\n')) resolve();
    });
    socket.write(bytes);
  });
  socket.destroy();
  return received;
}

const chunked = (head: string): string =>
  `${head}Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;

describe('http-proxy 1.18.1', () => {
  let proxy: Awaited<ReturnType<typeof startHttpProxy>>;
  beforeAll(async () => {
    proxy = await startHttpProxy();
  });
  afterAll(() => proxy.close());

  it.each(['DELETE', 'OPTIONS'])(
    'S1: passes the chunked body of a %s on without a frame, and the apiserver reads a second request in it',
    async (method) => {
      const before = proxy.received.length;
      const answer = await sendPlain(
        proxy.port,
        chunked(`${method} /api/v1/pods/a HTTP/1.1\r\nHost: proxy\r\n`),
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      await expect.poll(() => proxy.received.length - before).toBe(2);
      const [asked, smuggled] = proxy.received.slice(before);
      expect(asked).toMatchObject({ method, url: '/api/v1/pods/a', headers: { 'impersonate-user': USER } });
      // On the proxy's own connection, with the proxy's standing there, as whomever the attacker names.
      expect(smuggled).toMatchObject({
        method: 'GET',
        url: '/smuggled',
        headers: { 'impersonate-user': 'system:admin' },
      });
      expect(smuggled?.connection).toBe(asked?.connection);
    },
  );

  it('H1: forwards a client’s Connection header, which nominates the identity that the proxy adds', async () => {
    const before = proxy.received.length;
    await sendPlain(
      proxy.port,
      'GET /api HTTP/1.1\r\nHost: proxy\r\nConnection: keep-alive, Impersonate-User\r\n\r\n',
    );
    expect(proxy.received[before]?.headers).toMatchObject({
      connection: 'keep-alive, Impersonate-User',
      'impersonate-user': USER,
    });
  });

  it('destroys a SPDY upgrade, which is a POST, without a word', async () => {
    const before = proxy.received.length;
    const exec = 'POST /exec HTTP/1.1\r\nHost: proxy\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
    expect(await sendPlain(proxy.port, exec)).toBe('');
    expect(proxy.received.length).toBe(before);
  });
});

describe('this gateway, given the same bytes,', () => {
  let world: RelayWorld;
  let preamble: string;
  const send = (bytes: string): Promise<{ received: string }> =>
    sendRaw({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME }, bytes, (text) =>
      text.includes('\r\n\r\n'),
    );

  beforeAll(async () => {
    world = await startRelayWorld({ onUpgrade: (_request, socket) => socket.end(SWITCH) });
    preamble = `Host: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${await world.token('alice')}\r\n`;
  });
  afterAll(() => world.close());

  it.each(['DELETE', 'OPTIONS'])('S1: keeps the chunk of a %s in its frame: one request', async (method) => {
    const before = world.upstream.requests.length;
    const { received } = await send(chunked(`${method} /api/v1/pods/a HTTP/1.1\r\n${preamble}`));
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    // Another on the same connection to the apiserver: had anything been smuggled, it would come before it.
    await send(`GET /api/v1/after HTTP/1.1\r\n${preamble}\r\n`);
    const seen = world.upstream.requests.slice(before);
    expect(seen.map(({ url }) => url)).toEqual(['/api/v1/pods/a', '/api/v1/after']);
    expect(seen[0]?.body).toBe(SMUGGLED);
  });

  it('H1: refuses the Connection header', async () => {
    const before = world.upstream.received().length;
    const { received } = await send(
      `GET /api HTTP/1.1\r\n${preamble}Connection: keep-alive, Impersonate-User\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(world.upstream.received().length).toBe(before);
  });

  it('carries the SPDY upgrade', async () => {
    const { received } = await send(
      `POST /api/v1/namespaces/a/pods/b/exec HTTP/1.1\r\n${preamble}Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 101 /);
  });
});
