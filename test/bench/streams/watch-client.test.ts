// Watches against the stand-in, and against Node's own HTTP/2 server where it is wrong.
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  decodeEvent,
  encodeEvent,
  EVENT_BYTES,
  monotonicUs,
  watchPath,
} from '../../../bench/apiserver/streams/index.ts';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { WatchClient } from '../../../bench/stream-load/index.ts';
import { TEST_TLS } from '../load/stand-in.ts';
import { startTestStreams, targetOf } from './stand-in.ts';

const standIn = await startTestStreams();
const sessions = new Set<ServerHttp2Session>();
let client: WatchClient | undefined;
let server: Http2SecureServer | undefined;

afterEach(() => {
  client?.close();
  for (const session of sessions) session.destroy();
  sessions.clear();
  server?.close();
  client = server = undefined;
});

function open(port: number, watches: number, perConnection: number): Promise<void> {
  const tokens = ['user-token', 'token-of-another'];
  client = new WatchClient({ ...targetOf(port), watches, perConnection, tokens });
  return client.open();
}

async function startServer(answer: (stream: ServerHttp2Stream, path: string) => void): Promise<number> {
  server = createSecureServer({ cert: TEST_TLS.cert, key: TEST_TLS.key });
  server.on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, headers: { ':path'?: string }) => {
    stream.on('error', () => undefined);
    answer(stream, headers[':path'] ?? '');
  });
  return listenOnFreePort(server);
}

const event = (watch: number, sequence: number): Buffer =>
  encodeEvent({ watch, sequence, sentUs: monotonicUs() });

describe('watches', () => {
  it('get every event that is sent to them, over several connections', async () => {
    standIn.witness.take();
    await open(standIn.port, 25, 10);
    expect(standIn.board.open).toBe(25);
    expect(standIn.witness.take().requests).toBe(25);
    for (const round of [1, 2]) {
      const { events } = await standIn.board.storm(2000, 30 * round);
      expect(await client?.take(events)).toMatchObject({ events, outOfOrder: 0 });
    }
  });

  it('are gone from the board when the client closes', async () => {
    await open(standIn.port, 5, 5);
    client?.close();
    await expect.poll(() => standIn.board.open).toBe(0);
  });

  it('are served in HTTP/1.1 too, each event in a chunk of its own', async () => {
    const { host, port, ca } = targetOf(standIn.port);
    const asked = request({ host, port, ca, path: watchPath(7), agent: false }).end();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve);
      asked.once('error', reject);
    });
    const bytes = new Promise<Buffer>((resolve) => answer.once('data', resolve));
    await expect.poll(() => standIn.board.open).toBe(1);
    await standIn.board.storm(1000, 1);
    expect(decodeEvent(await bytes)).toMatchObject({ watch: 7, sequence: 1 });
    asked.destroy();
    await expect.poll(() => standIn.board.open).toBe(0);
  });

  it('understand Node’s own server, and events in pieces', async () => {
    const port = await startServer((stream) => {
      stream.respond({ ':status': 200 });
      const bytes = Buffer.concat([event(0, 1), event(0, 2)]);
      stream.write(bytes.subarray(0, EVENT_BYTES + 100));
      setImmediate(() => stream.write(bytes.subarray(EVENT_BYTES + 100)));
    });
    await open(port, 1, 1);
    expect(await client?.take(2)).toMatchObject({ events: 2, outOfOrder: 0 });
  });

  it('notice an event that is missing', async () => {
    const port = await startServer((stream) => {
      stream.respond({ ':status': 200 });
      stream.write(Buffer.concat([event(0, 1), event(0, 3)]));
    });
    await open(port, 1, 1);
    expect(await client?.take(2)).toMatchObject({ events: 2, outOfOrder: 1 });
  });

  it.each([
    [
      'another status',
      (stream: ServerHttp2Stream) => stream.respond({ ':status': 403 }),
      'not answered with status 200',
    ],
    ['a reset', (stream: ServerHttp2Stream) => stream.close(8), 'a frame of type 3'],
    [
      "another watch's event",
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200 });
        stream.write(event(1, 1));
      },
      "another one's event",
    ],
    [
      'an end',
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200 });
        stream.end(event(0, 1));
      },
      'a watch ended',
    ],
  ] as const)('end with an error after %s', async (_, answer, message) => {
    const port = await startServer(answer);
    await expect(open(port, 1, 1).then(() => client?.take(1))).rejects.toThrow(message);
  });
});
