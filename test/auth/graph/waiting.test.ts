// Waits end when they should: Retry-After in its forms, pauses that are cut short, and who waits for a throttled tenant.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GRAPH_LIMITS } from '../../../auth/graph/index.ts';
import { createLookupGate } from '../../../auth/graph/lookup-gate.ts';
import { createThrottle } from '../../../auth/graph/throttle.ts';
import { abortable, pause, retryAfterMs } from '../../../auth/graph/waiting.ts';
import { fakeTimers } from '../../support/fake-timers.ts';
import { codeOf } from './graph-double.ts';

beforeEach(() => fakeTimers());
afterEach(() => vi.useRealTimers());

const NOBODY = new AbortController().signal;

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    ['0', 0],
    ['5', 5_000],
    ['2.128', 2_128],
    ['Sat, 21 Nov 2026 12:00:07 GMT', 7_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['soon', undefined],
    ['99999999999', undefined],
    ['2026-11-21T12:00:07Z', undefined],
    ['Sat, 99 Foo 2026 12:00:07 GMT', undefined],
  ])('"%s" is %s ms', (value, ms) => {
    expect(retryAfterMs(value, now)).toBe(ms);
  });
});

describe('a pause', () => {
  it('takes its time', async () => {
    const ended = vi.fn<() => void>();
    const wait = pause(1_000, NOBODY).then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await wait;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cut short with the reason, and leaves no timer', async () => {
    const abort = new AbortController();
    const wait = pause(1_000, abort.signal);
    abort.abort(new Error('the end'));
    await expect(wait).rejects.toThrow('the end');
    expect(vi.getTimerCount()).toBe(0);
    await expect(pause(1_000, abort.signal)).rejects.toThrow('the end');
  });

  it('for somebody else’s promise ends for the one who was cut short alone', async () => {
    const abort = new AbortController();
    const shared = pause(1_000, NOBODY).then(() => 'done');
    const [first, second] = [abortable(shared, abort.signal), abortable(shared, NOBODY)];
    abort.abort(new Error('the end'));
    await expect(first).rejects.toThrow('the end');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await second).toBe('done');
  });
});

describe('a throttled tenant', () => {
  it('is asked by nobody until its time is over; another one is not held', async () => {
    const throttle = createThrottle(GRAPH_LIMITS);
    throttle.hold('a', 3_000);
    await throttle.pass('b', NOBODY);
    const passed = vi.fn<() => void>();
    const waits = [throttle.pass('a', NOBODY).then(passed), throttle.pass('a', NOBODY).then(passed)];
    await vi.advanceTimersByTimeAsync(2_999);
    expect(passed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(waits);
    expect(passed).toHaveBeenCalledTimes(2);
  });

  it('is not waited for when it would take too long, until it no longer does', async () => {
    const throttle = createThrottle(GRAPH_LIMITS);
    throttle.hold('a', 60_000);
    throttle.hold('a', 1);
    expect(await codeOf(throttle.pass('a', NOBODY))).toBe('CC_ERR_AUTH_GRAPH_UNAVAILABLE');
    await vi.advanceTimersByTimeAsync(55_000);
    const wait = throttle.pass('a', NOBODY);
    await vi.advanceTimersByTimeAsync(5_000);
    await wait;
  });

  it('is not held for a day by a wrong header, nor by a clock that was set back', async () => {
    const throttle = createThrottle(GRAPH_LIMITS);
    throttle.hold('a', 86_400_000);
    vi.setSystemTime(Date.now() + GRAPH_LIMITS.MAX_THROTTLE_MS);
    await throttle.pass('a', NOBODY);
    throttle.hold('a', 100_000);
    vi.setSystemTime(Date.now() - 86_400_000);
    await throttle.pass('a', NOBODY);
  });
});

describe('the gate', () => {
  it('lets in whoever waited longest, and forgets who left', async () => {
    const gate = createLookupGate(1, 10);
    const order: string[] = [];
    const task = (name: string, ms: number) => async (): Promise<void> => {
      order.push(name);
      await pause(ms, NOBODY);
    };
    const leaving = new AbortController();
    const all = [
      gate.run(task('first', 100), NOBODY),
      gate.run(task('leaves', 100), leaving.signal).catch((error: unknown) => String(error)),
      gate.run(task('second', 100), NOBODY),
      gate
        .run(async () => Promise.reject(new Error('fails')), NOBODY)
        .catch((error: unknown) => String(error)),
      gate.run(task('third', 100), NOBODY),
    ];
    leaving.abort(new Error('left'));
    await vi.advanceTimersByTimeAsync(300);
    expect(await Promise.all(all)).toEqual([undefined, 'Error: left', undefined, 'Error: fails', undefined]);
    expect(order).toEqual(['first', 'second', 'third']);
    // The place is free again.
    expect(await gate.run(() => Promise.resolve('fourth'), NOBODY)).toBe('fourth');
  });
});
