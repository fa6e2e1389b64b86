// What a lookup remembers and for how long: fresh, stale while Graph is down, failures for seconds, and never too much.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GRAPH_LIMITS } from '../../../auth/graph/index.ts';
import { createGroupCache } from '../../../auth/graph/group-cache.ts';
import { unavailable } from '../../../auth/graph/graph-failure.ts';
import { answerJson, codeOf, group, groupId, startGraphDouble, USER } from './graph-double.ts';
import type { GraphDouble } from './graph-double.ts';

const MINUTE = 60_000;
let double: GraphDouble;
let asked = 0;
let answers: readonly number[] = [1];

beforeAll(async () => {
  double = await startGraphDouble();
});
afterAll(() => double.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  asked = 0;
  answers = [1];
  double.graph((_request, response) => {
    asked += 1;
    if (answers.length === 0) return answerJson(response, 400, {});
    answerJson(response, 200, { value: answers.map(group) });
  });
});
afterEach(() => vi.useRealTimers());

const advance = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
const UNAVAILABLE = 'CC_ERR_AUTH_GRAPH_UNAVAILABLE';

describe('a lookup', () => {
  it('asks once for all who ask at the same time', async () => {
    const lookup = double.lookup();
    const results = await Promise.all(Array.from({ length: 50 }, () => lookup.groupsOf(USER)));
    expect(new Set(results)).toEqual(new Set([results[0]]));
    expect(results[0]).toEqual([groupId(1)]);
    expect(asked).toBe(1);
  });

  it('takes an object id in capitals for the same one', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    await lookup.groupsOf({ ...USER, objectId: USER.objectId.toUpperCase() });
    expect(asked).toBe(1);
  });

  it('does not take a service principal for a user of the same id', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    await lookup.groupsOf({ ...USER, kind: 'application' });
    expect(double.requests.at(-1)).toContain(`/servicePrincipals/${USER.objectId}/transitiveMemberOf`);
    expect(asked).toBe(2);
  });

  it('asks again after five minutes, and then sees what changed', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    answers = [2, 3];
    advance(5 * MINUTE - 1);
    expect(await lookup.groupsOf(USER)).toEqual([groupId(1)]);
    advance(1);
    expect(await lookup.groupsOf(USER)).toEqual([groupId(2), groupId(3)]);
    expect(asked).toBe(2);
  });

  it('goes on with what it knows for an hour while Graph is down, and asks it once in five seconds', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    answers = [];
    advance(59 * MINUTE);
    for (let index = 0; index < 20; index += 1) expect(await lookup.groupsOf(USER)).toEqual([groupId(1)]);
    expect(asked).toBe(2);
    advance(5_000);
    expect(await lookup.groupsOf(USER)).toEqual([groupId(1)]);
    expect(asked).toBe(3);
    advance(MINUTE);
    expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
  });

  it('fails once for five seconds, and then asks again', async () => {
    const lookup = double.lookup();
    answers = [];
    for (let index = 0; index < 20; index += 1) {
      expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
    }
    expect(asked).toBe(1);
    answers = [1];
    advance(4_999);
    expect(await codeOf(lookup.groupsOf(USER))).toBe(UNAVAILABLE);
    advance(1);
    expect(await lookup.groupsOf(USER)).toEqual([groupId(1)]);
  });

  it('forgets at once whoever is gone from the directory', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    advance(6 * MINUTE);
    double.graph((_request, response) =>
      answerJson(response, 404, { error: { code: 'Request_ResourceNotFound' } }),
    );
    expect(await codeOf(lookup.groupsOf(USER))).toBe('CC_ERR_AUTH_IDENTITY');
    expect(await codeOf(lookup.groupsOf(USER))).toBe('CC_ERR_AUTH_IDENTITY');
  });

  it('does not believe a clock that was set back', async () => {
    const lookup = double.lookup();
    await lookup.groupsOf(USER);
    advance(-60 * MINUTE);
    answers = [2];
    expect(await lookup.groupsOf(USER)).toEqual([groupId(2)]);
  });

  it('has an application token asked for once, until shortly before it expires', async () => {
    const lookup = double.lookup();
    const from = double.requests.length;
    const tokens = (): number => double.requests.slice(from).filter((one) => one.includes('oauth2')).length;
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => lookup.groupsOf({ ...USER, objectId: groupId(index) })),
    );
    expect(tokens()).toBe(1);
    advance(55 * MINUTE - 1);
    await lookup.groupsOf(USER);
    expect(tokens()).toBe(1);
    advance(5 * MINUTE);
    await lookup.groupsOf(USER);
    expect(tokens()).toBe(2);
  });

  it('has so many under way, lets so many wait, and says to the others that it is busy', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    let filled = (): void => undefined;
    const isFull = new Promise<void>((resolve) => (filled = resolve));
    double.graph((_request, response) => {
      waiting.push(() => answerJson(response, 200, { value: [group(1)] }));
      most = Math.max(most, waiting.length);
      if (waiting.length === 2) filled();
    });
    const lookup = double.lookup({ MAX_LOOKUPS: 2, MAX_WAITING_LOOKUPS: 3 });
    const codes = Array.from({ length: 7 }, (_, index) =>
      codeOf(lookup.groupsOf({ ...USER, objectId: groupId(index) })),
    );
    await isFull;
    double.graph((_request, response) => answerJson(response, 200, { value: [group(1)] }));
    for (const answer of waiting) answer();
    const all = await Promise.all(codes);
    expect(all.filter((code) => code === 'CC_ERR_AUTH_BUSY')).toHaveLength(2);
    expect(all.filter((code) => code.startsWith('resolved'))).toHaveLength(5);
    expect(most).toBe(2);
    // Busy is nobody's failure: at once again.
    expect(await lookup.groupsOf({ ...USER, objectId: groupId(6) })).toEqual([groupId(1)]);
  });

  it.each(['', 'system:masters', `${USER.objectId}/../me`, `${USER.objectId}?x=`])(
    'is not made for an object id "%s"',
    async (objectId) => {
      await expect(double.lookup().groupsOf({ ...USER, objectId })).rejects.toThrow(TypeError);
      expect(asked).toBe(0);
    },
  );
});

describe('the memory', () => {
  it('holds so many principals, and the one used longest ago goes', () => {
    const cache = createGroupCache({ ...GRAPH_LIMITS, MAX_CACHED_PRINCIPALS: 2 });
    cache.set('a', ['1']);
    cache.set('b', ['1']);
    cache.get('a');
    cache.set('c', ['1']);
    expect(['a', 'b', 'c'].map((key) => cache.get(key)?.groups)).toEqual([['1'], undefined, ['1']]);
  });

  it('holds so many ids of all together, and counts again what goes and what is replaced', () => {
    const cache = createGroupCache({ ...GRAPH_LIMITS, MAX_CACHED_IDS: 10 });
    const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
    for (let round = 0; round < 5; round += 1) {
      cache.set('a', ids(4));
      cache.set('b', ids(4));
      cache.delete('a');
      cache.set('b', ids(6));
      cache.set('a', ids(4));
      expect(cache.get('a')?.groups).toHaveLength(4);
      expect(cache.get('b')?.groups).toHaveLength(6);
    }
    cache.set('c', ids(1));
    expect(cache.get('a')).toBeUndefined();
    cache.set('d', ids(11));
    expect(['b', 'c', 'd'].map((key) => cache.get(key))).toEqual([undefined, undefined, undefined]);
  });

  it('counts an answer out that has grown too old', () => {
    const cache = createGroupCache({ ...GRAPH_LIMITS, MAX_CACHED_IDS: 2 });
    cache.set('a', ['1', '2']);
    advance(60 * MINUTE);
    expect(cache.get('a')).toBeUndefined();
    cache.set('b', ['1']);
    cache.set('c', ['1']);
    expect(cache.get('b')?.groups).toEqual(['1']);
  });

  it('holds so many failures', () => {
    const cache = createGroupCache({ ...GRAPH_LIMITS, MAX_REMEMBERED_FAILURES: 2 });
    for (const key of ['a', 'b', 'c']) cache.setFailure(key, unavailable(key));
    expect(cache.failure('a')).toBeUndefined();
    expect(cache.failure('c')?.code).toBe(UNAVAILABLE);
  });
});
