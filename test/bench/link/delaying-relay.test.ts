// The long way between two processes: nothing on it changes, nothing is early, nothing is lost.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { startDelayingRelay } from '../../../bench/link/index.ts';
import { boundPort } from '../../../observe/index.ts';

const resources: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of resources.splice(0).toReversed()) await close();
});

async function throughRelay(
  roundTripMs: number,
  serve: (socket: Socket) => void,
): Promise<{ readonly client: Socket; readonly server: Server }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.push(async () => new Promise((resolve) => server.close(resolve)));
  const relay = await startDelayingRelay(boundPort(server), roundTripMs);
  resources.push(() => relay.close());
  const client = connect({ port: relay.port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  resources.push(async () => client.destroy());
  await once(client, 'connect');
  return { client, server };
}

async function hashOf(socket: Socket): Promise<{ readonly bytes: number; readonly hash: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    hash.update(chunk);
  });
  await once(socket, 'end');
  return { bytes, hash: hash.digest('hex') };
}

const hashBytes = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('startDelayingRelay', () => {
  test('passes bytes unchanged in both directions at once, and half closes in both', async () => {
    const up = randomBytes(8 * 1024 * 1024 + 13);
    const down = randomBytes(6 * 1024 * 1024 + 7);
    const atServer = Promise.withResolvers<unknown>();
    const { client } = await throughRelay(20, (socket) => {
      atServer.resolve(hashOf(socket));
      socket.end(down);
    });
    const atClient = hashOf(client);
    client.end(up);
    expect(await atClient).toEqual({ bytes: down.byteLength, hash: hashBytes(down) });
    expect(await atServer.promise).toEqual({ bytes: up.byteLength, hash: hashBytes(up) });
  });

  test('keeps the other direction open after a half close', async () => {
    const { client } = await throughRelay(10, (socket) => {
      socket.resume();
      // Only when the client's side has ended.
      socket.once('end', () => socket.end('the answer'));
    });
    client.end('the question');
    const [answer] = await once(client, 'data');
    expect(String(answer)).toBe('the answer');
    await finished(client);
  });

  test.each([30, 101])('lets an answer come no earlier than a round trip of %i ms', async (roundTripMs) => {
    const { client } = await throughRelay(roundTripMs, (socket) => socket.pipe(socket));
    const connectedAt = performance.now();
    client.write('first');
    await once(client, 'data');
    // The connection's own round trip came before.
    expect(performance.now() - connectedAt).toBeGreaterThanOrEqual(2 * roundTripMs - 1);
    const askedAt = performance.now();
    client.write('second');
    await once(client, 'data');
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(roundTripMs);
  });

  test('tells the one end when the connection of the other has broken', async () => {
    const closed = Promise.withResolvers<void>();
    const { client } = await throughRelay(10, (socket) => {
      socket.write('hello');
      socket.resume();
      socket.once('close', () => closed.resolve());
    });
    await once(client, 'data');
    client.resetAndDestroy();
    await closed.promise;
  });

  test('breaks the connection when its target is not there', async () => {
    const { client, server } = await throughRelay(30, () => undefined);
    const other = connect({ port: client.remotePort ?? 0, host: '127.0.0.1' });
    other.on('error', () => undefined);
    await once(other, 'connect');
    server.close();
    // It is reset: `once` would take that for a failure of the test.
    await expect(once(other, 'close')).rejects.toThrow('ECONNRESET');
  });
});
