// Three ways to name a cluster, and what is told to those who may not know of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, openHttp2 } from '../support/http-client.ts';
import type { CallAnswer, CallOptions } from '../support/http-client.ts';
import { openRaw, sendRaw } from '../support/raw-client.ts';
import { CLUSTER, CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const HOST_DOMAIN = 'clusters.example';
const ALICE = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const BOB = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e02';

let world: RelayWorld;
let alice: string;
let bob: string;
let mallory: string;

beforeAll(async () => {
  world = await startRelayWorld({
    gateway: { hostDomain: HOST_DOMAIN },
    access: [
      { clusters: ['*'], role: 'user', users: [ALICE], groups: [], applications: [] },
      { clusters: [CLUSTER], role: 'viewer', users: [BOB], groups: [], applications: [] },
    ],
    answer: (request, response) => {
      if (request.url === '/redirect') response.writeHead(307, { location: '/api/v1/elsewhere?x=1' }).end();
      else response.end(request.url);
    },
  });
  await world.gateway.store.addCluster('asleep');
  [alice, bob, mallory] = await Promise.all([
    world.token('alice'),
    world.token('bob'),
    world.token('mallory'),
  ]);
});

afterAll(() => world.close());

function ask(options: Partial<CallOptions>): Promise<CallAnswer> {
  return call(world, { token: alice, ...options });
}

describe('a cluster is named by', () => {
  const target = '/api/v1/pods?labelSelector=a%3Db%2Cc&x=//../';

  it('the TLS server name', async () => {
    expect(await ask({ path: target })).toMatchObject({ status: 200, body: target });
  });

  it('the TLS server name, whatever the path says', async () => {
    const path = '/clusters/asleep/api';
    expect(await ask({ path })).toMatchObject({ status: 200, body: path });
  });

  it('the TLS server name in capitals', async () => {
    expect(await ask({ serverName: CLUSTER_SERVER_NAME.toUpperCase() })).toMatchObject({ status: 200 });
  });

  it('the TLS server name, over HTTP/2 with the gateway as authority or the cluster’s name', async () => {
    const session = openHttp2(world);
    expect(await callHttp2(session, { token: alice })).toMatchObject({ status: 200 });
    const headers = { ':authority': CLUSTER_SERVER_NAME };
    expect(await callHttp2(session, { token: alice, headers })).toMatchObject({ status: 200 });
    session.destroy();
  });

  it('the path, which is taken off before the apiserver sees it', async () => {
    expect(await ask({ serverName: '', path: `/clusters/${CLUSTER}${target}` })).toMatchObject({
      status: 200,
      body: target,
    });
  });

  it('the path, which redirects are put below', async () => {
    const answer = await ask({ serverName: '', path: `/clusters/${CLUSTER}/redirect` });
    expect(answer).toMatchObject({
      status: 307,
      headers: { location: `/clusters/${CLUSTER}/api/v1/elsewhere?x=1` },
    });
    expect((await ask({ path: '/redirect' })).headers.location).toBe('/api/v1/elsewhere?x=1');
  });

  it('the host, with or without its port', async () => {
    const host = `${CLUSTER}.${HOST_DOMAIN}`;
    for (const value of [host, `${host}:${world.port}`, host.toUpperCase()]) {
      expect(await ask({ serverName: host, headers: { host: value }, path: target })).toMatchObject({
        status: 200,
        body: target,
      });
    }
  });
});

describe('R3: a name that does not fit its connection', () => {
  const at = (serverName: string, host: string, path = '/api'): Partial<CallOptions> => ({
    serverName,
    headers: { host },
    path,
  });

  it.each([
    [
      'a cluster’s server name, another cluster’s host',
      at(CLUSTER_SERVER_NAME, `asleep.${HOST_DOMAIN}`),
      421,
    ],
    [
      'a cluster’s server name, another cluster’s name as host',
      at(CLUSTER_SERVER_NAME, 'asleep.cluster-connect.internal'),
      421,
    ],
    [
      'a host domain’s server name, another cluster’s host',
      at(`${CLUSTER}.${HOST_DOMAIN}`, `asleep.${HOST_DOMAIN}`),
      421,
    ],
    ['a host domain’s server name, the gateway as host', at(`${CLUSTER}.${HOST_DOMAIN}`, '127.0.0.1'), 421],
    ['no server name, an unknown host', at('', 'evil.example'), 421],
    ['no server name, a cluster’s internal name as host', at('', CLUSTER_SERVER_NAME), 421],
  ])('(%s) is answered with 421', async (_name, options, status) => {
    const before = world.upstream.received().length;
    const answer = await callLoosely(options);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(world.upstream.received().length).toBe(before);
  });

  it.each([
    ['a path that names nothing', '/api'],
    ['a path without a cluster', '/clusters/'],
    ['a cluster name that is none', '/clusters/Edge_1/api'],
    ['a dot for a cluster', '/clusters/../api'],
    ['an encoded slash in the name', `/clusters/${CLUSTER}%2fapi`],
    ['two slashes', `//clusters/${CLUSTER}/api`],
  ])('%s is answered with 400 or 404', async (_name, path) => {
    const before = world.upstream.received().length;
    const answer = await callLoosely({ serverName: '', path, headers: { host: '127.0.0.1' } });
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(world.upstream.received().length).toBe(before);
  });
});

describe('what a caller may know of', () => {
  // Without the request id, the date, and the name, which the caller knows already.
  const told = (answer: CallAnswer, name: string): string => {
    const { date: _date, 'content-length': _length, ...headers } = answer.headers;
    const text = JSON.stringify([answer.status, headers, answer.body]);
    return text.replaceAll(statusOf(answer.body).requestId, 'ID').replaceAll(name, 'NAME');
  };

  it('does not tell a cluster that exists from one that does not', async () => {
    const names = [CLUSTER, 'asleep', 'nowhere-at-all'];
    const answers = await Promise.all(
      names.map(async (name) =>
        told(await ask({ token: mallory, serverName: '', path: `/clusters/${name}/api` }), name),
      ),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^\[404,/);
  });

  it('does not tell a viewer of one cluster about the others', async () => {
    const asleep = await ask({ token: bob, serverName: 'asleep.cluster-connect.internal' });
    const nowhere = await ask({ token: bob, serverName: 'nowhere.cluster-connect.internal' });
    expect(told(asleep, 'asleep')).toBe(told(nowhere, 'nowhere'));
  });

  it('lets a viewer read and not write', async () => {
    expect(await ask({ token: bob })).toMatchObject({ status: 200 });
    const before = world.upstream.received().length;
    const refused = await ask({ token: bob, method: 'DELETE' });
    expect(refused.status).toBe(403);
    expect(statusOf(refused.body)).toMatchObject({ reason: 'Forbidden', hop: 'gateway' });
    expect(world.upstream.received().length).toBe(before);
  });

  it('tells those with access that an agent is not connected, and when to come again', async () => {
    const answer = await ask({ serverName: 'asleep.cluster-connect.internal' });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(statusOf(answer.body)).toMatchObject({ reason: 'ServiceUnavailable', hop: 'gateway' });
  });

  it('tells those with access to every cluster that there is none of this name', async () => {
    expect(await ask({ serverName: 'nowhere.cluster-connect.internal' })).toMatchObject({ status: 404 });
  });
});

/** Raw: a client library would not send each of these. */
async function callLoosely({
  serverName = '',
  path = '/',
  headers = {},
}: Partial<CallOptions>): Promise<string> {
  const raw = { port: world.port, caPem: world.caPem, serverName };
  const socket = await openRaw(raw);
  socket.destroy();
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${headers['host'] ?? ''}`, `Authorization: Bearer ${alice}`];
  const { received } = await sendRaw(raw, `${lines.join('\r\n')}\r\n\r\n`, (text) =>
    text.includes('\r\n\r\n'),
  );
  return received;
}
