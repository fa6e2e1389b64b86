// How the agent keeps up with role bindings: pages, versions, the end of a watch, 410, and what it does not believe.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GROUP_LIMITS } from '../../../relay-agent/groups/index.ts';
import { fakeTimers } from '../../support/fake-timers.ts';
import { binding, headersOf, list, somebody, startBindingsDouble } from './bindings-double.ts';
import type { BindingsDouble, Read } from './bindings-double.ts';

let double: BindingsDouble;
const open = (...options: Parameters<typeof startBindingsDouble>): BindingsDouble => {
  double = startBindingsDouble(...options);
  return double;
};
beforeEach(() => fakeTimers());
afterEach(() => {
  double.filter.close();
  vi.useRealTimers();
});

const MANY = somebody(300);
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** The next read of rolebindings, when what the agent waits for has passed. */
async function nextRead(afterMs = 1): Promise<Read> {
  const read = double.next('rolebindings');
  await vi.advanceTimersByTimeAsync(afterMs);
  return read;
}

describe('a list', () => {
  it('is read in pages with the agent’s own token, and then watched from its version', async () => {
    const { next, filter } = open();
    (await next('clusterrolebindings')).answer(200, list('5', []));
    (await next('clusterrolebindings')).begin(200);
    const first = await next('rolebindings');
    expect(first.method).toBe('GET');
    expect(first.target).toBe(`${RBAC}/rolebindings?limit=200`);
    expect(first.headers).toEqual([
      'accept',
      'application/json',
      'user-agent',
      'cluster-connect-agent',
      'authorization',
      'Bearer agent',
    ]);
    first.answer(200, list('70', [binding('a', ['g1'])], 'next page+/='));
    const second = await next('rolebindings');
    expect(second.target).toBe(`${RBAC}/rolebindings?limit=200&continue=next%20page%2B%2F%3D`);
    second.answer(200, list('70', [binding('b', ['g2'])]));
    const watch = await next('rolebindings');
    expect(Object.fromEntries(watch.query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '70',
      timeoutSeconds: '300',
    });
    watch.begin(200);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1', 'g2'));
  });

  it('whose next page has expired is read from its beginning', async () => {
    const { next } = open();
    (await next('rolebindings')).answer(200, list('70', [binding('a', ['g1'])], 'expired'));
    (await next('rolebindings')).answer(410, 'gone');
    const again = await nextRead();
    expect(again.query.has('continue')).toBe(false);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no list', { metadata: {} }],
    ['a list without a version', { metadata: {}, items: [] }],
    ['bindings without names', list('1', [{ metadata: {} }])],
    ['null', null],
  ])('that is %s is asked for again', async (_, body) => {
    const { next } = open();
    (await next('rolebindings')).answer(200, body);
    expect((await nextRead()).query.get('limit')).toBe('200');
    expect(double.log.text()).toContain('agent.groups.watch_failed');
  });

  it.each([
    ['page', { MAX_PAGE_BYTES: 100 }],
    ['number of bindings', { MAX_BINDINGS: 2 }],
    ['number of subjects', { MAX_SUBJECTS: 2 }],
  ])('with too large a %s is not taken', async (_, limits) => {
    const { next } = open(limits);
    (await next('rolebindings')).answer(
      200,
      list('1', [binding('a', ['g1']), binding('b', ['g2']), binding('c', ['g3'])]),
    );
    expect((await nextRead()).query.get('limit')).toBe('200');
    expect(double.filter.isSynced).toBe(false);
  });

  it('that has no end is given up', async () => {
    const { next } = open({ MAX_PAGES: 3 });
    for (let pages = 0; pages < 3; pages += 1) {
      (await next('rolebindings')).answer(200, list('1', [], 'more'));
    }
    expect((await nextRead()).query.has('continue')).toBe(false);
  });

  it('that does not come is broken off, and asked for again', async () => {
    const { next } = open();
    const silent = await next('rolebindings');
    expect((await nextRead(GROUP_LIMITS.LIST_TIMEOUT_MS + 1)).query.get('limit')).toBe('200');
    expect(silent.isAborted()).toBe(true);
  });
});

describe('a watch', () => {
  it('that ends in peace goes on where it was, bookmarks included', async () => {
    const { sync } = open();
    const { rolebindings: watch } = await sync();
    watch.event('ADDED', binding('a', ['g1'], '7'));
    watch.event('BOOKMARK', { metadata: { resourceVersion: '12' } });
    watch.end();
    const again = await nextRead();
    expect(again.query.get('resourceVersion')).toBe('12');
    expect(again.query.get('watch')).toBe('true');
  });

  it('that breaks goes on where it was', async () => {
    const { sync } = open();
    const { rolebindings: watch } = await sync();
    watch.event('ADDED', binding('a', ['g1'], '7'));
    watch.fail(new Error('cut'));
    expect((await nextRead()).query.get('resourceVersion')).toBe('7');
  });

  it.each([
    ['is refused with 410', (watch: Read) => watch.answer(410, 'gone')],
    [
      'says that its version is gone',
      (watch: Read) => {
        watch.begin(200);
        watch.event('ERROR', { kind: 'Status', code: 410 });
      },
    ],
    [
      'sends what is no event',
      (watch: Read) => {
        watch.begin(200);
        watch.data('{"type":"ADDED","object":{}}\n');
      },
    ],
    [
      'sends what is no JSON',
      (watch: Read) => {
        watch.begin(200);
        watch.data('nonsense\n');
      },
    ],
  ])('that %s is begun again with a list, which replaces what was known', async (_, end) => {
    const { sync, filter } = open();
    const { rolebindings: before } = await sync({
      rolebindings: [binding('a', ['g1']), binding('b', ['g2'])],
    });
    before.fail(new Error('cut'));
    end(await nextRead());
    const again = await nextRead();
    expect(again.query.get('limit')).toBe('200');
    again.answer(200, list('90', [binding('b', ['g2']), binding('c', ['g3'])]));
    (await nextRead()).begin(200);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g2', 'g3'));
  });

  it('may cut its events anywhere', async () => {
    const { sync, filter } = open();
    const { rolebindings: watch } = await sync();
    const events = [binding('a', ['g1']), binding('b', ['g2'])]
      .map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`)
      .join('\n');
    for (const character of events) watch.data(character);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1', 'g2'));
  });

  it('with an event that is too long is broken off', async () => {
    const { sync } = open({ MAX_LINE_BYTES: 1_000 });
    const { rolebindings: watch } = await sync();
    for (let pieces = 0; pieces < 11; pieces += 1) watch.data('x'.repeat(100));
    expect(watch.isAborted()).toBe(true);
    expect((await nextRead()).query.get('limit')).toBe('200');
  });

  it('that the apiserver does not end is ended', async () => {
    const { sync } = open();
    const { rolebindings: watch } = await sync();
    await vi.advanceTimersByTimeAsync(GROUP_LIMITS.WATCH_SECONDS * 1000 + GROUP_LIMITS.WATCH_GRACE_MS - 1);
    expect(watch.isAborted()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(watch.isAborted()).toBe(true);
  });

  it('that fails again and again is asked for less and less often', async () => {
    const { sync, next } = open({}, 1);
    const { rolebindings: watch } = await sync();
    watch.fail(new Error('cut'));
    const waitsMs: number[] = [];
    for (let tries = 0; tries < 9; tries += 1) {
      const failedAt = performance.now();
      const { reads } = double;
      while (double.reads === reads) await vi.advanceTimersByTimeAsync(250);
      waitsMs.push(performance.now() - failedAt);
      (await next('rolebindings')).fail(new Error('cut'));
    }
    expect(waitsMs).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });
});
