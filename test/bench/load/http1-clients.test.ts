// The light HTTP/1.1 clients against the stand-in: what is right is counted, what is wrong is seen.
import { createServer } from 'node:tls';
import type { Server } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { LIST_PATH } from '../../../bench/apiserver/index.ts';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { createClient } from '../../../bench/load/index.ts';
import type { LoadClient, LoadSpec } from '../../../bench/load/index.ts';
import { loadSpecOf, startTestStandIn, TEST_TLS } from './stand-in.ts';

const standIn = await startTestStandIn();
let client: LoadClient | undefined;
let server: Server | undefined;

afterEach(() => {
  client?.close();
  server?.close();
});

async function roundOf(spec: LoadSpec) {
  standIn.witness.take();
  client = createClient(spec);
  await client.open();
  return client.run(100);
}

const CONNECTING = ['kept', 'each', 'each-resumed'] as const;

describe.each(CONNECTING)('the light client, connections %s', (connecting) => {
  it('counts exactly what the stand-in saw', async () => {
    const round = await roundOf(loadSpecOf(standIn.port, { connecting }));
    expect(round).toMatchObject({ wrongAnswers: 0, wrongBodies: 0 });
    expect(round.requests).toBe(standIn.witness.take().requests);
    expect(round.hashedBodies).toBeGreaterThan(0);
  });

  it('takes lists', async () => {
    const spec = loadSpecOf(standIn.port, { connecting, path: LIST_PATH, expectedBody: standIn.stock.list });
    expect(await roundOf(spec)).toMatchObject({ wrongAnswers: 0, wrongBodies: 0 });
  });

  it.each([
    { what: 'another body', expectedBody: 'x'.repeat(2048), wrong: 'wrongBodies' },
    { what: 'another length', expectedBody: 'x', wrong: 'wrongAnswers' },
  ] as const)('sees $what', async ({ expectedBody, wrong }) => {
    const round = await roundOf(loadSpecOf(standIn.port, { connecting, expectedBody }));
    expect(round[wrong]).toBeGreaterThan(0);
  });

  it('fails where a connection ends before its answer', async () => {
    server = createServer({ ...TEST_TLS, ALPNProtocols: ['http/1.1'] }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort'));
    });
    const port = await listenOnFreePort(server);
    await expect(roundOf(loadSpecOf(port, { connecting }))).rejects.toThrow(/closed|ECONNRESET/);
  });
});

describe('a new connection for each request', () => {
  it('makes a full handshake each time', async () => {
    expect((await roundOf(loadSpecOf(standIn.port, { connecting: 'each' }))).resumed).toBe(0);
  });

  it('takes up the session of the one before where it is to', async () => {
    const round = await roundOf(loadSpecOf(standIn.port, { connecting: 'each-resumed', connections: 1 }));
    // The first one has nothing to take up.
    expect(round.resumed).toBe(round.requests - 1);
  });
});
