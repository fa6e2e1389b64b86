// When an agent dials again: chance and time are given, so each wait is exact.
import { describe, expect, it } from 'vitest';
import { afterTunnel, delayMs, FRESH_BACKOFF } from '../../relay-agent/backoff.ts';
import { AGENT_LIMITS } from '../../relay-agent/limits.ts';

const ALMOST_ONE = 1 - Number.EPSILON;

describe('the wait before the next dial', () => {
  it.each([
    [0, 0, ALMOST_ONE, 0],
    [1, 0, ALMOST_ONE, 500],
    [1, 0, 0.5, 250],
    [2, 0, ALMOST_ONE, 1000],
    [3, 0, ALMOST_ONE, 2000],
    [7, 0, ALMOST_ONE, 30_000],
    [1000, 0, ALMOST_ONE, 30_000],
    [1000, 0, 0, 0],
    [0, 1500, ALMOST_ONE, 1500],
    [1, 1500, 0.5, 1750],
    [0, -5, ALMOST_ONE, 0],
    [0, 9_999_999, ALMOST_ONE, 120_000],
  ])(
    'after %d failures, asked to wait %d ms, with chance %d, is %d ms',
    (failures, pacedMs, random, wait) => {
      expect(delayMs({ failures }, random, pacedMs)).toBe(wait);
    },
  );

  it('is never shorter than the gateway asked for', () => {
    for (const random of [0, 0.3, ALMOST_ONE]) {
      expect(delayMs({ failures: 4 }, random, 700)).toBeGreaterThanOrEqual(700);
    }
  });
});

describe('the failures that count', () => {
  const healthy = AGENT_LIMITS.HEALTHY_AFTER_MS;

  it.each([
    ['a dial that failed', [0], 1],
    ['three that failed', [0, 0, 0], 3],
    ['a tunnel that lived too short to be healthy', [0, 0, healthy - 1], 3],
    ['a tunnel that lived long enough', [0, 0, healthy], 1],
    ['one that flapped after that', [0, healthy, 10], 2],
  ])('after %s', (_name, lives, failures) => {
    const state = lives.reduce(afterTunnel, FRESH_BACKOFF);
    expect(state.failures).toBe(failures);
  });
});
