// Credit, against a model that keeps both ends' books: never negative, never over a bound, nothing lost.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TunnelError } from '../../tunnel/index.ts';
import { ReceiveWindow, SendCredit, WindowBudget } from '../../tunnel/flow-window.ts';

const INITIAL = 2048;
const MAX_WINDOW = 16_384;
const BUDGET = 40_000;
const MAX_CREDIT = 2 ** 31 - 1;

interface Flow {
  readonly credit: SendCredit;
  readonly window: ReceiveWindow;
  unconsumed: number;
}

type Step =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'send' | 'consume';
      readonly stream: number;
      readonly share: number;
      readonly fast: boolean;
    }
  | { readonly kind: 'close'; readonly stream: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'consume' as const),
      stream: fc.nat(5),
      share: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1), fc.constant(0)),
      fast: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), stream: fc.nat(5) }) },
);

function check(flows: readonly Flow[], budget: WindowBudget): void {
  let sum = 0;
  for (const { credit, window, unconsumed } of flows) {
    expect(credit.available).toBeGreaterThanOrEqual(0);
    expect(credit.available).toBeLessThanOrEqual(window.sizeBytes);
    expect(window.sizeBytes).toBeLessThanOrEqual(MAX_WINDOW);
    expect(window.bufferedBytes).toBe(unconsumed);
    expect(credit.available + unconsumed).toBeLessThanOrEqual(window.sizeBytes);
    sum += window.sizeBytes;
  }
  expect(budget.usedBytes).toBe(sum);
  expect(sum).toBeLessThanOrEqual(BUDGET);
}

function send(flow: Flow, share: number): void {
  const { sendable } = flow.credit;
  if (sendable === 0) return;
  const bytes = Math.max(1, Math.floor(sendable * share));
  flow.credit.spend(bytes);
  flow.window.receive(bytes);
  flow.unconsumed += bytes;
}

function consume(flow: Flow, share: number, nowMs: number, roundTripMs: number): void {
  const bytes = Math.floor(flow.unconsumed * share);
  flow.unconsumed -= bytes;
  if (flow.window.consume(bytes)) flow.credit.add(flow.window.grant(nowMs, roundTripMs));
}

describe('credit', () => {
  test('of any streams opened, sent on, consumed and closed: never negative, never over its bound, the sum never over the budget', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const budget = new WindowBudget(BUDGET);
        const growth = { maxWindowBytes: MAX_WINDOW, roundTrips: 2 };
        const flows: Flow[] = [];
        let nowMs = 0;
        for (const one of steps) {
          nowMs += 1;
          if (one.kind === 'open') {
            if (budget.reserve(INITIAL)) {
              const window = new ReceiveWindow(INITIAL, budget, growth, nowMs);
              flows.push({ credit: new SendCredit(INITIAL), window, unconsumed: 0 });
            }
          } else {
            const flow = flows[one.stream % Math.max(flows.length, 1)];
            if (flow === undefined) continue;
            if (one.kind === 'send') send(flow, one.share);
            else if (one.kind === 'consume') consume(flow, one.share, nowMs, one.fast ? 1000 : 0);
            else {
              flow.window.release();
              flow.window.release();
              flows.splice(flows.indexOf(flow), 1);
            }
          }
          check(flows, budget);
        }
        // Nothing is lost: whoever has consumed everything can be sent to again.
        for (const flow of flows) {
          consume(flow, 1, nowMs, 0);
          expect(flow.credit.sendable).toBeGreaterThan(0);
          flow.window.release();
        }
        expect(budget.usedBytes).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('D5: windows of several sessions grow out of one pool, and give back to it what they took, once', () => {
    const pool = new WindowBudget(3 * INITIAL);
    const growth = { maxWindowBytes: 8 * INITIAL, roundTrips: 2 };
    const windows = [1, 2, 3].map(() => {
      const budget = new WindowBudget(64 * INITIAL, pool);
      budget.reserve(INITIAL);
      return new ReceiveWindow(INITIAL, budget, growth, 0);
    });
    const grow = (): number[] =>
      windows.map((window) => {
        window.grant(0, 1);
        return window.sizeBytes / INITIAL;
      });
    expect(grow()).toEqual([2, 2, 2]);
    expect(grow()).toEqual([2, 2, 2]);
    windows[0]?.release();
    windows[0]?.release();
    expect(pool.usedBytes).toBe(2 * INITIAL);
    for (const window of windows) window.release();
    expect(pool.usedBytes).toBe(0);
  });

  test('a receiver takes no frame for which it gave no credit, however the frames are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const budget = new WindowBudget(INITIAL);
        budget.reserve(INITIAL);
        const window = new ReceiveWindow(INITIAL, budget, { maxWindowBytes: INITIAL, roundTrips: 0 }, 0);
        let left = INITIAL;
        for (const size of sizes) {
          left -= Math.max(size, 256);
          if (left >= 0) window.receive(size);
          else {
            expect(() => window.receive(size)).toThrow(TunnelError);
            return;
          }
        }
      }),
    );
  });

  test('a sender’s credit stays within 0 and 2^31-1', () => {
    const amount = fc.oneof(fc.integer({ min: 1, max: MAX_CREDIT }), fc.integer({ min: 1, max: 5000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), amount), { maxLength: 50 }), (moves) => {
        const credit = new SendCredit(65_536);
        for (const [isAdd, bytes] of moves) {
          const before = credit.available;
          try {
            if (isAdd) credit.add(bytes);
            else credit.spend(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(isAdd ? TunnelError : RangeError);
            expect(credit.available).toBe(before);
          }
          expect(credit.available).toBeGreaterThanOrEqual(0);
          expect(credit.available).toBeLessThanOrEqual(MAX_CREDIT);
        }
      }),
    );
  });
});
