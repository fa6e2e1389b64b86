// What a user of many groups is impersonated with: what bindings name, as soon as they name it, and a 503 before that.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GROUP_LIMITS, GroupFilterError } from '../../../relay-agent/groups/index.ts';
import { errorCode } from '../../../observe/index.ts';
import { fakeTimers } from '../../support/fake-timers.ts';
import { binding, headersOf, list, RESOURCES, somebody, startBindingsDouble } from './bindings-double.ts';
import type { BindingsDouble } from './bindings-double.ts';

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

const MANY = somebody(5_000);
const refusal = (): GroupFilterError => {
  try {
    double.filter.impersonationOf(MANY);
  } catch (error) {
    if (error instanceof GroupFilterError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('somebody of 5,000 groups', () => {
  it('keeps those that a binding of either kind names, in their order, and everything else as it was', async () => {
    const { filter, sync } = open();
    await sync({
      clusterrolebindings: [binding('admins', ['g4999', 'system:masters', 'others'])],
      rolebindings: [binding('dev', ['g7', 'g70']), binding('more', ['g7', 'g4999'])],
    });
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g7', 'g70', 'g4999'));
  });

  it('keeps none where no binding names one', async () => {
    const { filter, sync } = open();
    await sync();
    expect(filter.impersonationOf(MANY)).toEqual(headersOf());
  });

  it('is looked at once while nothing changes that could matter, and again when it does', async () => {
    const { filter, sync } = open();
    const watches = await sync({ rolebindings: [binding('dev', ['g7'])] });
    const first = filter.impersonationOf(MANY);
    watches.rolebindings.event('MODIFIED', binding('dev', ['g7']));
    watches.rolebindings.event('ADDED', binding('again', ['g7']));
    watches.clusterrolebindings.event('BOOKMARK', { metadata: { resourceVersion: '9' } });
    expect(filter.impersonationOf(MANY)).toBe(first);
    watches.clusterrolebindings.event('ADDED', binding('new', ['g8']));
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g7', 'g8'));
    expect(filter.impersonationOf(somebody(300))).toEqual(headersOf('g7', 'g8'));
  });

  it('loses a group with the last binding that names it', async () => {
    const { filter, sync } = open();
    const { rolebindings: watch } = await sync({
      clusterrolebindings: [binding('one', ['g1'])],
      rolebindings: [binding('one', ['g1', 'g2']), binding('two', ['g2'])],
    });
    watch.event('DELETED', binding('one', ['g1', 'g2']));
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1', 'g2'));
    watch.event('MODIFIED', binding('two', ['g3']));
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1', 'g3'));
    watch.event('DELETED', binding('two', []));
    watch.event('DELETED', binding('never seen', ['g1']));
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1'));
  });

  it('gains nothing by subjects that are no groups', async () => {
    const { filter, sync } = open();
    const subjects = [
      { kind: 'User', name: 'g1' },
      { kind: 'ServiceAccount', name: 'g2' },
      { kind: 'Group' },
      { kind: 'Group', name: 3 },
      { kind: 'group', name: 'g4' },
      null,
      'g5',
      { kind: 'Group', name: 'x'.repeat(2_000) },
    ];
    await sync({
      rolebindings: [{ metadata: { name: 'odd' }, subjects }, { metadata: { name: 'none' } }],
    });
    expect(filter.impersonationOf(MANY)).toEqual(headersOf());
  });

  it('keeps a group whose name is not ASCII, which is in a header as bytes', async () => {
    const { filter, sync } = open({ UNFILTERED_GROUPS: 0 });
    await sync({ rolebindings: [binding('dev', ['Gruppe-Ä'])] });
    const bytes = Buffer.from('Gruppe-Ä').toString('latin1');
    const impersonation = ['impersonate-user', 'o', 'impersonate-group', bytes, 'impersonate-group', 'x'];
    expect(filter.impersonationOf({ ...somebody(2), impersonation })).toEqual(impersonation.slice(0, 4));
  });
});

describe('a question about somebody', () => {
  it('of many groups names those that are bound, and of few all of them', async () => {
    const { filter, sync } = open();
    const few = somebody(200);
    expect(filter.userOf(few)).toBe(few.user);
    expect(() => filter.userOf(MANY)).toThrow(GroupFilterError);
    await sync({ rolebindings: [binding('dev', ['g7', 'o', 'nobody'])] });
    expect(filter.userOf(MANY)).toEqual({ ...MANY.user, groups: ['g7'] });
  });
});

describe('somebody of as many groups as a token names', () => {
  it('is impersonated with all of them, whatever is known, bound or not', async () => {
    const { filter, sync } = open();
    const few = somebody(GROUP_LIMITS.UNFILTERED_GROUPS);
    expect(filter.impersonationOf(few)).toBe(few.impersonation);
    await sync();
    expect(filter.impersonationOf(few)).toBe(few.impersonation);
  });
});

describe('while the bindings are not known', () => {
  it('somebody of many groups is told to come again, until both kinds are listed and watched', async () => {
    const { filter, next } = open();
    expect(filter.isSynced).toBe(false);
    expect(errorCode(refusal())).toBe('CC_ERR_AGENT_GROUPS_UNAVAILABLE');
    expect(refusal().answer).toEqual({
      status: 503,
      reason: 'ServiceUnavailable',
      hop: 'agent',
      retryAfterSeconds: 1,
    });
    for (const resource of RESOURCES) {
      expect(filter.isSynced).toBe(false);
      (await next(resource)).answer(200, list('1', [binding('x', ['g1'])]));
      const watch = await next(resource);
      expect(refusal().message).toContain('has not read');
      watch.begin(200);
    }
    expect(filter.isSynced).toBe(true);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1'));
  });

  it('and may not be, it is said which role is missing', async () => {
    const { next } = open();
    for (const resource of RESOURCES) (await next(resource)).answer(403, 'no');
    await vi.advanceTimersByTimeAsync(0);
    expect(refusal().message).toContain('cluster-connect-agent-group-filter');
    for (const resource of RESOURCES) (await next(resource)).answer(200, list('1', []));
    for (const resource of RESOURCES) (await next(resource)).begin(200);
    expect(double.filter.impersonationOf(MANY)).toEqual(headersOf());
  });
});

describe('while the bindings cannot be watched', () => {
  it('the last ones go on for five minutes, and then it is a 503 until they are watched again', async () => {
    const { filter, sync, next } = open();
    const watches = await sync({ rolebindings: [binding('dev', ['g7'])] });
    const until = performance.now() + GROUP_LIMITS.MAX_BROKEN_MS;
    watches.rolebindings.fail(new Error('cut'));
    while (performance.now() < until - 60_000) {
      const again = next('rolebindings');
      await vi.advanceTimersByTimeAsync(60_000);
      (await again).fail(new Error('cut'));
      expect(filter.impersonationOf(MANY)).toEqual(headersOf('g7'));
    }
    await vi.advanceTimersByTimeAsync(60_001);
    expect(refusal().message).toContain('cannot watch');
    expect(filter.isSynced).toBe(false);
    (await next('rolebindings')).begin(200);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g7'));
  });

  it('nothing more is asked for once it is closed, and what is under way is broken off', async () => {
    const { filter, sync } = open();
    const watches = await sync();
    const { reads } = double;
    filter.close();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(Object.values(watches).map((watch) => watch.isAborted())).toEqual([true, true]);
    expect(double.reads).toBe(reads);
    expect(vi.getTimerCount()).toBe(0);
  });
});
