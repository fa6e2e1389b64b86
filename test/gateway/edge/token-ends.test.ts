// When streams end with their tokens, by a clock that a test turns.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DenyList, VerifiedToken } from '../../../auth/index.ts';
import { Carry } from '../../../gateway/edge/carry.ts';
import { endStreamsWithTokens } from '../../../gateway/edge/token-ends.ts';
import { LiveSet } from '../../../memory/index.ts';
import { exchangeDouble } from '../../support/exchange-double.ts';
import { fakeTimers } from '../../support/fake-timers.ts';
import { verifiedToken } from '../../support/verified-token.ts';

const SWEEP_MS = 1000;
/** The agent's turn. */
const AGENT_MS = 5000;

let running: LiveSet<Carry>;
let ended: string[];
let stop: () => void = () => undefined;
beforeEach(() => {
  fakeTimers();
  running = new LiveSet<Carry>();
  ended = [];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

/** A request that has not been answered. */
function run(token: VerifiedToken): void {
  const carry = new Carry({
    exchange: exchangeDouble({}),
    hasBody: false,
    upgrade: '',
    pathPrefix: '',
    requestId: token.objectId,
    token,
    onUnanswered: ({ code }) => ended.push(`${token.objectId} was told ${code}`),
    onTokenEnd: (why) => ended.push(`${token.objectId} ${why}`),
    onDone: () => running.delete(carry),
  });
  running.add(carry);
}

function start(graceMs: number, denyList?: DenyList): void {
  stop = endStreamsWithTokens({ running, denyList, graceMs, everyMs: SWEEP_MS });
}

it.each([
  ['without grace', 0],
  ['with grace', 60_000],
])('a stream ends after its token, when its agent should have ended it: %s', (_how, graceMs) => {
  start(graceMs);
  run(verifiedToken({ objectId: 'short', expiresAtMs: Date.now() + 10_000 }));
  run(verifiedToken({ objectId: 'long', expiresAtMs: Date.now() + 1_000_000 }));
  vi.advanceTimersByTime(10_000 + graceMs + AGENT_MS - SWEEP_MS);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  expect(ended).toEqual(['short TOKEN_EXPIRED', 'short was told 401']);
  expect(running.size).toBe(1);
});

it('a token without an end ends nothing', () => {
  start(0);
  run(verifiedToken());
  vi.advanceTimersByTime(1_000_000);
  expect(ended).toEqual([]);
});

it('who is put on the deny list is out at once, whatever the grace', () => {
  const denied = new Set<string>();
  let changed: () => void = () => undefined;
  start(60_000, {
    denies: ({ objectId }) => denied.has(objectId),
    onChange: (listener) => {
      changed = listener;
    },
  });
  run(verifiedToken({ objectId: 'alice' }));
  run(verifiedToken({ objectId: 'bob' }));
  denied.add('alice');
  changed();
  expect(ended).toEqual(['alice TOKEN_DENIED', 'alice was told 403']);
});

it('a stream that was opened while the list changed is found by the next sweep', () => {
  start(0, { denies: ({ objectId }) => objectId === 'alice', onChange: () => undefined });
  run(verifiedToken({ objectId: 'alice' }));
  vi.advanceTimersByTime(SWEEP_MS);
  expect(ended).toEqual(['alice TOKEN_DENIED', 'alice was told 403']);
});
