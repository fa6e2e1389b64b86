// Against Node's own HTTP/2 server: the light client has to be understood by those who know the protocol.
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Intake,
  LIST_PATH,
  listBody,
  SMALL_PATH,
  startStandInServer,
  Witness,
} from '../../../bench/apiserver/index.ts';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { createHttp2Client } from '../../../bench/load/http2-client.ts';
import type { LoadClient, LoadSpec } from '../../../bench/load/index.ts';
import { createAuthority } from '../../../gateway/index.ts';

const authority = createAuthority('test CA');
const issued = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
const BODY = 'b'.repeat(2048);

let server: Http2SecureServer | undefined;
let client: LoadClient | undefined;

afterEach(() => {
  client?.close();
  server?.close();
});

async function start(onStream: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void) {
  server = createSecureServer({ cert: issued.certificatePem, key: issued.privateKeyPem });
  server.on('stream', (stream, headers) => onStream(stream, headers));
  return listenOnFreePort(server);
}

function specOf(port: number, overrides: Partial<LoadSpec> = {}): LoadSpec {
  return {
    client: 'light',
    protocol: 'http2',
    connecting: 'kept',
    connections: 2,
    streams: 3,
    host: '127.0.0.1',
    port,
    serverName: '',
    ca: authority.certificatePem,
    path: '/api/v1/pods?limit=5',
    headers: ['accept', 'application/json', 'authorization', `Bearer ${'t'.repeat(3000)}`],
    expectedBody: BODY,
    ...overrides,
  };
}

describe('the light HTTP/2 client', () => {
  it('sends the same head each time, on each connection, and counts what is answered', async () => {
    const heads = new Set<string>();
    let asked = 0;
    const port = await start((stream, headers) => {
      asked += 1;
      heads.add(JSON.stringify(Object.entries(headers)));
      stream.respond({ ':status': 200 });
      stream.end(BODY);
    });
    client = createHttp2Client(specOf(port));
    await client.open();
    const round = await client.run(100);
    expect(round).toMatchObject({ requests: asked, wrongAnswers: 0, wrongBodies: 0 });
    expect(asked).toBeGreaterThan(6);
    expect([...heads]).toEqual([
      JSON.stringify([
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', `127.0.0.1:${port}`],
        [':path', '/api/v1/pods?limit=5'],
        ['accept', 'application/json'],
        ['authorization', `Bearer ${'t'.repeat(3000)}`],
      ]),
    ]);
  });

  it('sends a token that is too long for the table in full each time', async () => {
    const tokens = new Set<unknown>();
    const port = await start((stream, headers) => {
      tokens.add(headers['authorization']);
      stream.respond({ ':status': 200 });
      stream.end(BODY);
    });
    const token = `Bearer ${'t'.repeat(9000)}`;
    client = createHttp2Client(specOf(port, { headers: ['authorization', token, 'accept', 'text/plain'] }));
    await client.open();
    await client.run(50);
    expect([...tokens]).toEqual([token]);
  });

  it("takes the stand-in's list, which is longer than the window that every stream begins with", async () => {
    const stock = { small: BODY, list: listBody(), pattern: Buffer.alloc(0) };
    const witness = new Witness({ userName: 'u', userToken: 'ut', agentToken: 'at' });
    const tls = { cert: issued.certificatePem, key: issued.privateKeyPem };
    const port = await startStandInServer(tls, stock, witness, new Intake());
    for (const { path, expectedBody } of [
      { path: LIST_PATH, expectedBody: stock.list },
      { path: SMALL_PATH, expectedBody: stock.small },
    ]) {
      client?.close();
      client = createHttp2Client(specOf(port, { path, expectedBody }));
      await client.open();
      expect(await client.run(20)).toMatchObject({ wrongAnswers: 0, wrongBodies: 0 });
    }
  });

  it.each([
    { what: 'another status', status: 503, body: BODY, wrong: 'wrongAnswers' },
    { what: 'another length', status: 200, body: 'short', wrong: 'wrongAnswers' },
    { what: 'another body', status: 200, body: 'c'.repeat(2048), wrong: 'wrongBodies' },
  ] as const)('sees $what', async ({ status, body, wrong }) => {
    const port = await start((stream) => {
      stream.respond({ ':status': status });
      stream.end(body);
    });
    client = createHttp2Client(specOf(port));
    await client.open();
    const round = await client.run(20);
    expect(round[wrong]).toBeGreaterThan(0);
  });

  it('fails a round whose server goes away', async () => {
    const port = await start((stream) => stream.session?.destroy());
    client = createHttp2Client(specOf(port));
    await client.open();
    await expect(client.run(5000)).rejects.toThrow(/closed|ECONNRESET|type 7/);
  });
});
