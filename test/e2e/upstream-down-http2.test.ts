// The kube-apiserver breaks off, over HTTP/2: 503 with Retry-After only where it did not begin (DESIGN §6).
import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { H2_ERROR } from '../../http/index.ts';
import { call } from '../support/http-client.ts';
import { h2, h2Frame } from '../support/http2-frames.ts';
import { startHttp2Peer } from '../support/http2-peer.ts';
import type { Http2Peer, PeerConnection } from '../support/http2-peer.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';
import { testAuthority } from '../support/test-authority.ts';

type Serve = (connection: PeerConnection, id: number) => void;

let relay: RelayWorld;
let peer: Http2Peer;
let token: string;
let directory: string;
let serve: Serve;

beforeAll(async () => {
  peer = await startHttp2Peer();
  directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, 'agent-token');
  const upstreamConfig = {
    server: `https://127.0.0.1:${peer.port}`,
    ca: testAuthority().certificatePem,
    tokenFile,
  };
  relay = await startRelayWorld({ upstreamConfig });
  token = await relay.token('alice');
  void acceptAll();
});

afterAll(async () => {
  await relay.close();
  await peer.close();
  await rm(directory, { recursive: true });
});

/** Until the peer is closed. */
async function acceptAll(): Promise<void> {
  for (;;) {
    const connection = await peer.connection();
    connection.say(h2.settings());
    serveAll(connection).catch(() => undefined);
  }
}

async function serveAll(connection: PeerConnection): Promise<void> {
  for (;;) {
    const { id } = await connection.request();
    serve(connection, id);
  }
}

const OK = [':status', '200'];
const whole: Serve = (connection, id) => {
  connection.say(h2.headers(id, OK), h2.data(id, 'ok', true));
};
const saying =
  (frames: (id: number) => readonly Buffer[]): Serve =>
  (connection, id) =>
    connection.say(...frames(id));

describe('an apiserver that breaks off', () => {
  it.each<[string, Serve]>([
    ['after the head of the request', (connection) => connection.socket.destroy()],
    ['in order, without an answer', (connection) => connection.socket.end()],
    [
      'after it said that it began the request',
      (connection, id) => connection.socket.end(h2.goAway(id, H2_ERROR.INTERNAL_ERROR)),
    ],
    ['with a reset', saying((id) => [h2.reset(id, H2_ERROR.INTERNAL_ERROR)])],
    ['after an interim answer', saying((id) => [h2.headers(id, [':status', '100']), h2.reset(id, 0)])],
    ['with something that is not HTTP/2', saying(() => [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')])],
    ['without a status', saying((id) => [h2.headers(id, ['date', 'x'], true)])],
    ['with a switch of protocols', saying((id) => [h2.headers(id, [':status', '101'])])],
    [
      'with two lengths',
      saying((id) => [
        h2.headers(id, [...OK, 'content-length', '1', 'content-length', '2']),
        h2.data(id, 'x', true),
      ]),
    ],
    [
      'with lines and framing of HTTP/1.1',
      saying((id) => [h2.headers(id, [...OK, 'transfer-encoding', 'gzip']), h2.data(id, 'x', true)]),
    ],
    ['with a name that is none', saying((id) => [h2.headers(id, [...OK, 'x y', '1'], true)])],
    ['with a second status', saying((id) => [h2.headers(id, [...OK, ':status', '201'], true)])],
    [
      'with a line break in a value',
      saying((id) => [h2.headers(id, [...OK, 'x', 'a\r\nset-cookie: b'], true)]),
    ],
    [
      'with a redirect to elsewhere',
      saying((id) => [h2.headers(id, [':status', '302', 'location', 'https://x/'], true)]),
    ],
    ['with a table index that is none', saying((id) => [h2Frame(1, 5, id, Buffer.of(0x88, 0xff, 0x70))])],
  ])('%s is answered with 502 and no Retry-After: it may have been carried out', async (_name, breakOff) => {
    serve = breakOff;
    for (const method of ['GET', 'DELETE']) {
      const answer = await call(relay, { token, method });
      expect(answer.status).toBe(502);
      expect(answer.headers['retry-after']).toBeUndefined();
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(statusOf(answer.body)).toMatchObject({ code: 502, hop: 'apiserver' });
    }
    serve = whole;
    expect(await call(relay, { token })).toMatchObject({ status: 200, body: 'ok' });
  });

  it.each<[string, Serve]>([
    [
      'short of its length',
      saying((id) => [h2.headers(id, [...OK, 'content-length', '9']), h2.data(id, 'first', true)]),
    ],
    [
      'beyond its length',
      saying((id) => [
        h2.headers(id, [...OK, 'content-length', '3']),
        h2.data(id, 'abc'),
        h2.data(id, 'd', true),
      ]),
    ],
    ['with a reset', saying((id) => [h2.headers(id, OK), h2.data(id, 'first'), h2.reset(id, 0)])],
    [
      'with its connection',
      (connection, id) => connection.socket.end(Buffer.concat([h2.headers(id, OK), h2.data(id, 'first')])),
    ],
  ])('in the middle of an answer, %s, is aborted for the client too', async (_name, breakOff) => {
    serve = breakOff;
    await expect(call(relay, { token })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    expect(await metricsOf(relay.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
  });
});

describe('an apiserver that does not begin a request', () => {
  it.each<[string, Serve]>([
    ['refuses its stream', saying((id) => [h2.reset(id, H2_ERROR.REFUSED_STREAM)])],
    ['says goodbye before it', saying(() => [h2.goAway(0)])],
  ])('and %s each time is answered with 503 and Retry-After', async (_name, refuse) => {
    serve = refuse;
    const answer = await call(relay, { token, method: 'POST', body: '{}' });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(statusOf(answer.body)).toMatchObject({ code: 503, hop: 'apiserver' });
  });

  it.each([0, 1])(
    'the first time is not noticed by the client, with %d requests before it',
    async (before) => {
      serve = whole;
      for (let at = 0; at < before; at += 1) await call(relay, { token });
      serve = (connection, id) => {
        serve = whole;
        connection.say(h2.goAway(Math.max(0, id - 2)));
      };
      expect(await call(relay, { token, method: 'POST', body: '{}' })).toMatchObject({
        status: 200,
        body: 'ok',
      });
    },
  );
});
