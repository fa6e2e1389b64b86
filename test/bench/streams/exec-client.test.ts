// Exec sessions against the stand-in, and against a server of ws that is wrong.
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { ExecClient } from '../../../bench/stream-load/index.ts';
import { TEST_TLS } from '../load/stand-in.ts';
import { startTestStreams, targetOf } from './stand-in.ts';

const standIn = await startTestStreams();
let client: ExecClient | undefined;
let server: Server | undefined;

afterEach(() => {
  client?.close();
  server?.closeAllConnections();
  server?.close();
  client = server = undefined;
});

/** @param answer what goes back for a message */
async function startServer(subprotocol: string, answer: (message: Buffer) => Buffer): Promise<number> {
  server = createServer({ cert: TEST_TLS.cert, key: TEST_TLS.key });
  const sockets = new WebSocketServer({ server, handleProtocols: () => subprotocol });
  sockets.on('connection', (socket) => {
    socket.on('message', (message: Buffer) => socket.send(answer(message)));
  });
  return listenOnFreePort(server);
}

function open(port: number, sessions = 1): Promise<void> {
  client = new ExecClient();
  return client.open({ ...targetOf(port), token: 'user-token', sessions });
}

describe('exec sessions', () => {
  it.each([1, 5])('send a byte and wait for its echo, %i at once', async (sessions) => {
    standIn.witness.take();
    await open(standIn.port, sessions);
    const round = await client?.run(50);
    expect(round).toMatchObject({ wrong: 0 });
    expect(round?.roundTrips).toBeGreaterThan(sessions);
    expect(standIn.witness.take()).toMatchObject({ requests: sessions, withUserToken: 1 });
  });

  it('can have another round', async () => {
    await open(standIn.port);
    await client?.run(10);
    expect(await client?.run(10)).toMatchObject({ wrong: 0 });
  });

  it('are understood by ws', async () => {
    const port = await startServer('v5.channel.k8s.io', (message) => {
      const echo = Buffer.from(message);
      echo[0] = 1;
      return echo;
    });
    await open(port, 2);
    const round = await client?.run(30);
    expect(round).toMatchObject({ wrong: 0 });
    expect(round?.roundTrips).toBeGreaterThan(2);
  });

  it.each([
    ['another channel', (message: Buffer) => message],
    ['another byte', (message: Buffer) => Buffer.of(1, (message[1] ?? 0) ^ 1)],
  ])('count an echo on %s as wrong', async (_, answer) => {
    await open(await startServer('v5.channel.k8s.io', answer));
    const round = await client?.run(20);
    expect(round?.wrong).toBe(round?.roundTrips);
  });

  it('end with an error when an echo is longer', async () => {
    await open(await startServer('v5.channel.k8s.io', () => Buffer.alloc(3)));
    await expect(client?.run(20)).rejects.toThrow('an echo of one byte is a message of two');
  });

  it('are not opened where another subprotocol is chosen', async () => {
    const port = await startServer('v4.channel.k8s.io', (message) => message);
    await expect(open(port)).rejects.toThrow('the 101 is not the one that was asked for');
  });

  it('are not opened where the answer is no 101', async () => {
    server = createServer({ cert: TEST_TLS.cert, key: TEST_TLS.key });
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    await expect(open(await listenOnFreePort(server))).rejects.toThrow('HTTP/1.1 403 Forbidden');
  });
});
