// The kube-apiserver cannot be reached, or breaks off: 503 with Retry-After only where nothing was sent (DESIGN §6).
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundPort } from '../../observe/index.ts';
import { call, upgrade } from '../support/http-client.ts';
import { freePort } from '../support/free-port.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { statusOf } from '../support/status-of.ts';
import { testAuthority, testIdentity } from '../support/test-authority.ts';

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const worlds: RelayWorld[] = [];
const servers: Server[] = [];
let directory: string | undefined;
// Below TLS: what a reset cuts.
let newest: Socket | undefined;

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.close()));
  for (const server of servers) server.close();
  if (directory !== undefined) await rm(directory, { recursive: true });
});

/** An apiserver that does this with each connection after its handshake; 0 for one that is not there. */
async function startWith(serve: ((socket: Socket) => void) | undefined, tls = true): Promise<RelayWorld> {
  let port = await freePort();
  if (serve !== undefined) {
    const identity = testIdentity();
    const connected = (socket: Socket): void => {
      socket.on('error', () => undefined);
      serve(socket);
    };
    const server = tls
      ? createTlsServer({ cert: identity.certificatePem, key: identity.privateKeyPem }, connected)
      : createServer(connected);
    server.on('connection', (socket: Socket) => {
      newest = socket;
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    port = boundPort(server);
  }
  directory ??= await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, 'agent-token');
  const world = await startRelayWorld({
    upstreamConfig: { server: `https://127.0.0.1:${port}`, ca: testAuthority().certificatePem, tokenFile },
  });
  worlds.push(world);
  return world;
}

describe('an apiserver that cannot be reached', () => {
  it('is answered with 503 and Retry-After: nothing was sent', async () => {
    const relay = await startWith(undefined);
    const token = await relay.token('alice');
    for (const options of [
      {},
      { method: 'POST', body: '{}' },
      { method: 'POST', body: Buffer.alloc(200_000) },
    ]) {
      const answer = await call(relay, { token, ...options });
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expect(statusOf(answer.body)).toMatchObject({ code: 503, hop: 'apiserver' });
    }
    await expect(upgrade(relay, { token })).rejects.toThrow('answered with 503');
  });

  it('is answered with 502 when it is somebody else: its certificate is not the apiserver’s', async () => {
    const relay = await startWith((socket) => socket.destroy(), false);
    const answer = await call(relay, { token: await relay.token('alice') });
    expect(answer.status).toBe(502);
    expect(answer.headers['retry-after']).toBeUndefined();
  });
});

describe('an apiserver that breaks off', () => {
  let relay: RelayWorld;
  let token: string;
  let serve: (socket: Socket) => void = () => undefined;

  beforeAll(async () => {
    relay = await startWith((socket) => socket.once('data', () => serve(socket)));
    token = await relay.token('alice');
  });

  it.each([
    ['after the head of the request', ''],
    ['within the head of its answer', 'HTTP/1.1 200 OK\r\nContent-'],
    ['after a 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['with something that is not HTTP', 'SSH-2.0-nothing\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  ])('%s is answered with 502 and no Retry-After: it may have been carried out', async (_name, bytes) => {
    serve = (socket) => socket.end(bytes);
    for (const method of ['GET', 'DELETE']) {
      const answer = await call(relay, { token, method });
      expect(answer.status).toBe(502);
      expect(answer.headers['retry-after']).toBeUndefined();
      expect(statusOf(answer.body)).toMatchObject({ code: 502, hop: 'apiserver' });
    }
  });

  it.each([
    ['short of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst'],
    ['before its last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n'],
    ['within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nfirst'],
    [
      'with a chunk that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\nzz\r\n',
    ],
  ])('%s is aborted for the client too', async (_name, bytes) => {
    serve = (socket) => socket.end(bytes);
    await expect(call(relay, { token })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['at once', (socket) => socket.destroy()],
    [
      'in the middle of declining it',
      (socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\npartial', reset),
    ],
    ['right after the 101', (socket) => socket.write(SWITCH, reset)],
    [
      'after its own end, while the client still writes',
      (socket) => {
        socket.end(`${SWITCH}the end`);
        setImmediate(() => socket.destroy());
      },
    ],
  ])('off an upgrade %s ends that upgrade and nothing else', async (_name, breakOff) => {
    serve = breakOff;
    const outcome = await upgrade(relay, { token }).then(
      async ({ socket }) => {
        socket.resume();
        socket.write('stdin');
        await new Promise((resolve) => socket.once('close', resolve));
        return 'closed';
      },
      (error: unknown) => String(error),
    );
    expect(outcome).toMatch(/closed|answered with (?:502|403)/);
    serve = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect(await call(relay, { token })).toMatchObject({ status: 200, body: 'ok' });
    expect(await metricsOf(relay.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
  });
});

/** Once what was written is under way. */
function reset(): void {
  setImmediate(() => newest?.resetAndDestroy());
}
