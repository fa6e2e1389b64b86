// What http-proxy 1.18.1 does with three kinds of bytes, and what this gateway does with the same.
// docs/decisions/0001-no-http-proxy-in-the-data-path.md rests on this file.
import { createServer as createHttpServer, Agent } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import httpProxy from 'http-proxy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundPort } from '../../observe/index.ts';
import { sendRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
const CHUNKED_DELETE =
  'DELETE /api/v1/pods HTTP/1.1\r\nHost: HOST\r\nAUTHTransfer-Encoding: chunked\r\n\r\n' +
  `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
const NOMINATED =
  'GET /api/v1/pods HTTP/1.1\r\nHost: HOST\r\nAUTHConnection: close, Impersonate-User\r\n\r\n';
const SPDY =
  'POST /api/v1/namespaces/a/pods/b/exec?command=ls HTTP/1.1\r\nHost: HOST\r\nAUTHConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';

function bytes(request: string, host: string, authorization: string): string {
  return request.replace('HOST', host).replace('AUTH', authorization);
}

describe('http-proxy 1.18.1', () => {
  let upstream: Server;
  let front: Server;
  let received = '';
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    // Writes down what it gets, and answers each head that it sees: an apiserver that keeps connections alive.
    upstream = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1');
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const proxy = httpProxy.createProxyServer({
      target: `http://127.0.0.1:${boundPort(upstream)}`,
      agent: new Agent({ keepAlive: true }),
      headers: { 'Impersonate-User': 'alice' },
    });
    proxy.on('error', () => undefined);
    const server = createHttpServer((request, response) => proxy.web(request, response));
    server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
    front = server;
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    front.close();
    upstream.close();
    for (const socket of sockets) socket.destroy();
  });

  function send(
    request: string,
    until: (answer: string) => boolean,
  ): Promise<{ answer: string; closed: boolean }> {
    received = '';
    return new Promise((resolve) => {
      const socket = connect(boundPort(front), '127.0.0.1');
      let answer = '';
      const finish = (closed: boolean): void => {
        socket.destroy();
        resolve({ answer, closed });
      };
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1');
        if (until(answer)) finish(false);
      });
      socket.on('close', () => finish(true));
      socket.write(bytes(request, 'x', ''));
    });
  }

  it('S1: sends the body of a chunked DELETE unframed, so that its bytes are a second request', async () => {
    await send(CHUNKED_DELETE, (answer) => answer.includes('\r\n\r\nok'));
    const [first, second] = received.split('\r\n\r\n');
    expect(first).toMatch(/^DELETE \/api\/v1\/pods /);
    expect(first).toMatch(/content-length: 0/i);
    expect(first).not.toMatch(/transfer-encoding/i);
    // What follows a body of no bytes is, to the apiserver, the next request on a connection that it trusts.
    expect(second).toMatch(/^GET \/smuggled HTTP\/1\.1\r\n/);
  });

  it('H1: forwards a Connection header that names the identity which it adds itself', async () => {
    await send(NOMINATED, (answer) => answer.includes('\r\n\r\nok'));
    expect(received).toMatch(/impersonate-user: alice/i);
    expect(received).toMatch(/connection: close, Impersonate-User/i);
  });

  it('destroys an upgrade to SPDY/3.1, which kubectl exec of older clients needs', async () => {
    const { answer, closed } = await send(SPDY, () => false);
    expect({ answer, closed }).toEqual({ answer: '', closed: true });
    expect(received).toBe('');
  });
});

describe('this gateway, sent the same bytes', () => {
  let world: RelayWorld;
  let authorization: string;

  beforeAll(async () => {
    world = await startRelayWorld();
    authorization = `Authorization: Bearer ${await world.token('alice')}\r\n`;
  });
  afterAll(() => world.close());

  function send(request: string): Promise<{ received: string }> {
    const target = { port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME };
    return sendRaw(target, bytes(request, `127.0.0.1:${world.port}`, authorization), (text) =>
      text.includes('\r\n\r\n'),
    );
  }

  it('S1: frames the body of a chunked DELETE, which stays one request', async () => {
    const { received } = await send(CHUNKED_DELETE);
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(world.upstream.requests.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
      { method: 'DELETE', url: '/api/v1/pods', body: SMUGGLED },
    ]);
  });

  it('H1: refuses a Connection header that names an identity', async () => {
    const before = world.upstream.requests.length;
    expect((await send(NOMINATED)).received).toMatch(/^HTTP\/1\.1 400 /);
    expect(world.upstream.requests).toHaveLength(before);
  });

  it('carries an upgrade to SPDY/3.1 to the apiserver, and its answer back', async () => {
    const before = world.upstream.requests.length;
    expect((await send(SPDY)).received).toMatch(/^HTTP\/1\.1 404 /);
    expect(world.upstream.requests[before]).toMatchObject({ method: 'POST' });
    expect(world.upstream.requests[before]?.rawHeaders).toContain('SPDY/3.1');
  });
});
