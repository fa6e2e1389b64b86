// kubectl --as on its way: what is asked before it, what goes to the apiserver then, and when nothing goes.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import type { CallOptions } from '../support/http-client.ts';
import { memoryLog } from '../support/memory-log.ts';
import { AGENT_TOKEN, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const ALICE = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const BOB = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e02';
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const IMPERSONATED_BY = 'impersonate-extra-cluster-connect.internal%2Fimpersonated-by';
const AS = { 'Impersonate-User': 'carol', 'Impersonate-Group': 'readers', 'Impersonate-Extra-Team': 'blue' };

type Review = (name: string, response: ServerResponse) => void;

const allow: Review = (_name, response) => answerReview(response, { allowed: true });

let review: Review = allow;
let world: RelayWorld;
let alice: string;
let before: number;
const log = memoryLog();

beforeAll(async () => {
  world = await startRelayWorld({
    logger: log.logger,
    access: [
      { clusters: ['*'], role: 'user', users: [ALICE], groups: [], applications: [] },
      { clusters: ['*'], role: 'viewer', users: [BOB], groups: [], applications: [] },
    ],
    answer: (request, response, body) => {
      if (request.url === REVIEWS) review(/"name":"([^"]*)"/.exec(body)?.[1] ?? '', response);
      else response.end(`served ${body.length} bytes`);
    },
    onUpgrade: (_request: IncomingMessage, socket) => {
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello',
      );
    },
  });
  alice = await world.token('alice');
});
afterAll(() => world.close());
beforeEach(() => {
  before = world.upstream.requests.length;
});
afterEach(() => {
  review = allow;
});

function answerReview(response: ServerResponse, status: object): void {
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', status }),
  );
}

const newRequests = () => world.upstream.requests.slice(before);
const servedRequests = () => newRequests().filter(({ url }) => url !== REVIEWS);

/** Lines of identity, in order, names in lower case. */
function identityOf(rawHeaders: readonly string[] | undefined): string[][] {
  const lines = (rawHeaders ?? []).map((name, i, all) => [name.toLowerCase(), all[i + 1] ?? '']);
  return lines.filter(([name = ''], i) => i % 2 === 0 && /^impersonate|^x-remote|^authorization$/.test(name));
}

const ACTING = [
  ['impersonate-user', 'carol'],
  ['impersonate-group', 'readers'],
  ['impersonate-extra-team', 'blue'],
  [IMPERSONATED_BY.toLowerCase(), ALICE],
  ['authorization', `Bearer ${AGENT_TOKEN}`],
];

describe('a request that acts as somebody else', () => {
  const options = (): CallOptions => ({ token: alice, headers: AS });

  it('goes as that one alone, with one extra that names the real user', async () => {
    expect(await call(world, options())).toMatchObject({ status: 200, body: 'served 0 bytes' });
    const [served, ...more] = servedRequests();
    expect(more).toEqual([]);
    expect(identityOf(served?.rawHeaders)).toEqual(ACTING);
    const reviews = newRequests().filter(({ url }) => url === REVIEWS);
    expect(reviews.map(({ rawHeaders }) => identityOf(rawHeaders))).toEqual(
      Array.from({ length: 3 }, () => [['authorization', `Bearer ${AGENT_TOKEN}`]]),
    );
  });

  it('does so over HTTP/2, with a body of any size', async () => {
    const session = openHttp2(world);
    for (const length of [5, 300_000]) {
      const body = 'x'.repeat(length);
      const answer = await callHttp2(session, { ...options(), method: 'POST', body });
      expect(answer).toMatchObject({ status: 200, body: `served ${length} bytes` });
    }
    session.close();
    expect(servedRequests().map(({ rawHeaders }) => identityOf(rawHeaders))).toEqual([ACTING, ACTING]);
  });

  it('does so as an upgrade', async () => {
    const { socket } = await upgrade(world, options());
    const chunks: Buffer[] = [];
    for await (const chunk of socket) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('hello');
    expect(identityOf(servedRequests()[0]?.rawHeaders)).toEqual(ACTING);
  });

  it('keeps empty lines and every byte, for they were asked about', async () => {
    const lines = {
      'Impersonate-User': Buffer.from('Zo\u00eb \u4e16').toString('latin1'),
      'Impersonate-Group': '',
      'Impersonate-Extra-a%2fb': '',
    };
    await call(world, { token: alice, headers: lines });
    await upgrade(world, { token: alice, headers: lines });
    const expected = Object.entries(lines).map(([name, value]) => [name.toLowerCase(), value]);
    for (const { rawHeaders } of servedRequests())
      expect(identityOf(rawHeaders).slice(0, 3)).toEqual(expected);
    expect(servedRequests()).toHaveLength(2);
  });

  it('is told in the log: who, and as whom, and no token', async () => {
    await call(world, options());
    const line = log
      .text()
      .trim()
      .split('\n')
      .findLast((text) => text.includes('agent.request.act_as'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      allowed: true,
      user: ALICE,
      asUser: 'carol',
      asGroups: ['readers'],
      asUid: '',
      asExtraKeys: ['team'],
    });
    expect(log.text()).not.toContain(alice);
    expect(log.text()).not.toContain(AGENT_TOKEN);
  });

  it('is reviewed anew each time', async () => {
    await call(world, options());
    review = (_name, response) => answerReview(response, { allowed: false });
    expect(await call(world, options())).toMatchObject({ status: 403 });
    expect(servedRequests()).toHaveLength(1);
  });
});

describe('a request that does not', () => {
  it('costs no question', async () => {
    expect(await call(world, { token: alice })).toMatchObject({ status: 200 });
    expect(newRequests().map(({ url }) => url)).toEqual(['/api/v1/pods']);
  });
});

interface Refused {
  readonly name: string;
  readonly review: Review;
  readonly status: number;
  readonly hop: string;
  readonly text: string;
  readonly retry?: string;
}

const broken =
  (status: number, body = ''): Review =>
  (_name, response) => {
    response.writeHead(status);
    response.end(body);
  };

const REFUSED: Refused[] = [
  {
    name: 'the apiserver says no, in its own words',
    review: (name, response) => answerReview(response, { allowed: name !== 'readers', reason: 'so it is' }),
    status: 403,
    hop: 'undefined',
    text: `groups "readers" is forbidden: User "${ALICE}" cannot impersonate resource "groups" in API group "" at the cluster scope: so it is`,
  },
  {
    name: 'the agent may not ask',
    review: broken(403),
    status: 403,
    hop: 'agent',
    text: 'apply the ClusterRole cluster-connect-agent-act-as of deploy/kubernetes/agent-rbac.yaml',
  },
  { name: 'the apiserver fails', review: broken(500), status: 502, hop: 'apiserver', text: 'status 500' },
  {
    name: 'the apiserver answers nonsense',
    review: broken(201, '<html>'),
    status: 502,
    hop: 'apiserver',
    text: 'not JSON',
  },
  {
    name: 'the apiserver has no time',
    review: broken(429),
    status: 503,
    hop: 'apiserver',
    text: 'no time',
    retry: '1',
  },
  {
    name: 'the connection breaks',
    review: (_name, response) => void response.destroy(),
    status: 503,
    hop: 'apiserver',
    text: 'could not be asked',
    retry: '1',
  },
];

describe('nothing goes to the apiserver', () => {
  it.each(REFUSED)('when $name', async ({ review: wanted, status, hop, text, retry }) => {
    review = wanted;
    const answer = await call(world, { token: alice, headers: AS, method: 'POST', body: 'x' });
    expect(answer.status).toBe(status);
    expect(statusOf(answer.body)).toMatchObject({ code: status, hop });
    expect(statusOf(answer.body).message).toContain(text);
    expect(answer.headers['retry-after']).toBe(retry);
    expect(servedRequests()).toEqual([]);
    await expect(upgrade(world, { token: alice, headers: AS })).rejects.toThrow(`answered with ${status}`);
    expect(servedRequests()).toEqual([]);
  });

  it('when the client goes away before the apiserver has said yes', async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    review = (_name, response) => asked.resolve(response);
    const abort = new AbortController();
    const waiting = open(world, {
      token: alice,
      headers: { 'Impersonate-User': 'carol' },
      path: '/api/v1/gone',
      signal: abort.signal,
    });
    const response = await asked.promise;
    abort.abort();
    await expect(waiting).rejects.toThrow();
    // Its reset and what follows take the same tunnels, in order: once these are served it has arrived.
    review = allow;
    for (let i = 0; i < 4; i += 1) await call(world, { token: alice });
    answerReview(response, { allowed: true });
    for (let i = 0; i < 4; i += 1) await call(world, { token: alice });
    expect(servedRequests().map(({ url }) => url)).toEqual(Array.from({ length: 8 }, () => '/api/v1/pods'));
  });

  it('when the gateway’s rules refuse the real user, whoever it would act as', async () => {
    const bob = await world.token('bob');
    const as = { 'Impersonate-User': ALICE };
    const refused = await call(world, {
      token: bob,
      headers: as,
      method: 'DELETE',
      path: '/api/v1/namespaces/x',
    });
    expect(refused.status).toBe(403);
    expect(statusOf(refused.body).hop).toBe('gateway');
    expect(newRequests()).toEqual([]);
    expect(await call(world, { token: bob, headers: as })).toMatchObject({ status: 200 });
    const mallory = await world.token('mallory');
    expect(await call(world, { token: mallory, headers: as })).toMatchObject({ status: 404 });
    expect(servedRequests()).toHaveLength(1);
  });

  it('when there is no token, or none that is good', async () => {
    expect(await call(world, { token: 'a.b.c', headers: AS })).toMatchObject({ status: 401 });
    expect(newRequests()).toEqual([]);
  });
});

describe('the gateway’s own API', () => {
  it('has nobody to act as', async () => {
    const answer = await call(world, {
      token: alice,
      headers: { host: `127.0.0.1:${world.port}`, 'Impersonate-User': 'carol' },
      path: '/api/v1/clusters',
      serverName: '127.0.0.1',
    });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('CC_ERR_HTTP_IDENTITY_HEADER');
    expect(statusOf(answer.body).message).toContain('has nobody to act as');
  });
});
