// The kube-apiserver cannot be reached, or breaks off: 503 with Retry-After only where nothing was sent (DESIGN §6).
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../gateway/index.ts';
import { boundPort } from '../../observe/index.ts';
import { call, upgrade } from '../support/http-client.ts';
import { freePort } from '../support/free-port.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const authority = createAuthority('the apiserver of a test');
let world: RelayWorld | undefined;
let server: Server | undefined;

afterEach(async () => {
  await world?.close();
  server?.close();
  server = undefined;
});

/** An apiserver that does this with each connection after its handshake; 0 for one that is not there. */
async function startWith(serve: ((socket: Socket) => void) | undefined, tls = true): Promise<RelayWorld> {
  let port = await freePort();
  if (serve !== undefined) {
    const identity = authority.issueServerCertificate({
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    });
    const connected = (socket: Socket): void => {
      socket.on('error', () => undefined);
      serve(socket);
    };
    server = tls
      ? createTlsServer({ cert: identity.certificatePem, key: identity.privateKeyPem }, connected)
      : createServer(connected);
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    port = boundPort(server);
  }
  const tokenFile = join(tmpdir(), `cluster-connect-test-token-${process.pid}`);
  await writeFile(tokenFile, 'agent-token');
  world = await startRelayWorld({
    upstreamConfig: { server: `https://127.0.0.1:${port}`, ca: authority.certificatePem, tokenFile },
  });
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
  it.each([
    ['after the head of the request', ''],
    ['within the head of its answer', 'HTTP/1.1 200 OK\r\nContent-'],
    ['after a 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['with something that is not HTTP', 'SSH-2.0-nothing\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  ])('%s is answered with 502 and no Retry-After: it may have been carried out', async (_name, bytes) => {
    const relay = await startWith((socket) => socket.once('data', () => socket.end(bytes)));
    const token = await relay.token('alice');
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
    const relay = await startWith((socket) => socket.once('data', () => socket.end(bytes)));
    await expect(call(relay, { token: await relay.token('alice') })).rejects.toThrow(
      /aborted|hang up|ECONNRESET/,
    );
  });

  it.each([
    ['at once', (socket: Socket) => socket.destroy()],
    [
      'in the middle of declining it',
      (socket: Socket) => {
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 1000\r\n\r\npartial', () =>
          socket.resetAndDestroy(),
        );
      },
    ],
    [
      'right after the 101',
      (socket: Socket) => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
          () => socket.resetAndDestroy(),
        );
      },
    ],
  ])('an upgrade off %s ends that upgrade and nothing else', async (_name, breakOff) => {
    const relay = await startWith((socket) => socket.once('data', () => breakOff(socket)));
    const token = await relay.token('alice');
    const outcome = await upgrade(relay, { token }).then(
      async ({ socket }) => {
        socket.resume();
        await new Promise((resolve) => socket.once('close', resolve));
        return 'closed';
      },
      (error: unknown) => String(error),
    );
    expect(outcome).toMatch(/closed|answered with (?:502|403)/);
    expect(relay.agent.isConnected).toBe(true);
    expect((await call(relay, { token })).status).toBe(502);
  });
});
