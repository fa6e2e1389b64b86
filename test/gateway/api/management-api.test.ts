// What is true for every route: paths, methods, sizes, and limits that hold before any work is done.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_MANAGEMENT_BODY_BYTES } from '../../../gateway/api/index.ts';
import type { JoinFixture } from './join-fixture.ts';
import {
  HOUR_MS,
  bodyOf,
  createAgent,
  createJoinFixture,
  headerOf,
  joinBody,
  joinRequest,
} from './join-fixture.ts';

let fixture: JoinFixture;
let joinToken: string;
beforeEach(async () => {
  fixture = createJoinFixture({ maxFailedJoinsPerAddress: 3, maxJoinsUnderWay: 2 });
  await fixture.store.addCluster('a');
  joinToken = await fixture.store.issueJoinToken('a', HOUR_MS);
});
afterEach(async () => {
  vi.useRealTimers();
  await fixture.dispose();
});

describe('routes', () => {
  it.each([
    '/',
    '/api/v1',
    '/api/v1/join/',
    '/api/v1//join',
    '/api/v1/JOIN',
    '/api/v1/%6aoin',
    '/api/v1/other',
    '/api/v2/join',
    'constructor',
    '',
  ])('R1: answers 404 for %j', async (path) => {
    const answer = await fixture.api.handle(joinRequest('{}', { path }));
    expect([answer.status, bodyOf(answer)]).toEqual([
      404,
      expect.objectContaining({ kind: 'Status', reason: 'NotFound' }),
    ]);
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post', 'constructor'])(
    'answers 405 to %s and says what is allowed',
    async (method) => {
      const answer = await fixture.api.handle(joinRequest('{}', { method }));
      expect(answer.status).toBe(405);
      expect(headerOf(answer, 'allow')).toBe('POST');
      expect(bodyOf(answer)).toMatchObject({ kind: 'Status', reason: 'MethodNotAllowed', code: 405 });
    },
  );

  it.each(['?', '?dryRun=All', '?a?b'])('answers 400 for the query %j', async (query) => {
    const body = await joinBody(createAgent(), joinToken);
    expect((await fixture.api.handle(joinRequest(body, { path: `/api/v1/join${query}` }))).status).toBe(400);
  });

  it('takes a body of 16 KiB and answers 413 for one byte more', async () => {
    const body = await joinBody(createAgent(), joinToken);
    const full = Buffer.from(body.padEnd(MAX_MANAGEMENT_BODY_BYTES));
    expect((await fixture.api.handle(joinRequest(Buffer.concat([full, Buffer.from(' ')])))).status).toBe(413);
    expect((await fixture.api.handle(joinRequest(full))).status).toBe(200);
  });

  it('gives each error the id of its request', async () => {
    const answer = await fixture.api.handle(joinRequest('{', { requestId: 'the-request' }));
    expect(answer.body.toString()).toContain('the-request');
  });
});

describe('D5: failed joins from one address', () => {
  const fail = async (remoteAddress: string) =>
    fixture.api.handle(
      joinRequest(await joinBody(createAgent(), `ccjt_${'A'.repeat(43)}`), { remoteAddress }),
    );
  const failTimes = async (address: string, times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let index = 0; index < times; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      statuses.push((await fail(address)).status);
    }
    return statuses;
  };

  it('are answered 429 with Retry-After beyond the limit, good ones too, until the window is over', async () => {
    const nowMs = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
    expect(await failTimes('192.0.2.7', 4)).toEqual([401, 401, 401, 429]);
    vi.setSystemTime(nowMs + 10_000);
    const good = joinRequest(await joinBody(createAgent(), joinToken), { remoteAddress: '192.0.2.7' });
    const answer = await fixture.api.handle(good);
    expect(answer.status).toBe(429);
    expect(headerOf(answer, 'retry-after')).toBe('50');
    expect(bodyOf(answer)).toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 50 } });
    vi.setSystemTime(nowMs + 60_000);
    const later = joinRequest(await joinBody(createAgent(), joinToken), { remoteAddress: '192.0.2.7' });
    expect((await fixture.api.handle(later)).status).toBe(200);
  });

  it('do not hold up another address', async () => {
    await failTimes('192.0.2.7', 4);
    const good = joinRequest(await joinBody(createAgent(), joinToken), { remoteAddress: '192.0.2.8' });
    expect((await fixture.api.handle(good)).status).toBe(200);
  });

  it('D5: beyond the number under way are answered 503 with Retry-After', async () => {
    const bodies = await Promise.all(
      Array.from({ length: 5 }, async () => joinBody(createAgent(), joinToken)),
    );
    const answers = await Promise.all(bodies.map(async (body) => fixture.api.handle(joinRequest(body))));
    const counts = Map.groupBy(answers, (answer) => answer.status);
    expect([200, 401, 503].map((status) => counts.get(status)?.length)).toEqual([1, 1, 3]);
    const busy = answers.find((answer) => answer.status === 503);
    expect(busy && headerOf(busy, 'retry-after')).toBe('1');
    // Nothing stays counted as under way.
    const later = await fixture.api.handle(joinRequest(await joinBody(createAgent(), joinToken)));
    expect(later.status).toBe(401);
  });
});
