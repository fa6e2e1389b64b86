// Made-up measurements for the tests of what is made of them.
import type { Case, MeasuredRound, MeasuredTarget } from '../../bench/rounds.ts';
import type { TargetName } from '../../bench/bed.ts';

export const HTTP1_32: Case = { name: 'http1-32', protocol: 'http1', connections: 32, streams: 1 };
export const HTTP1_1: Case = { name: 'http1-1', protocol: 'http1', connections: 1, streams: 1 };

/** A round of one second that is right in every way. */
export function round(
  requests: number,
  p50Us: number,
  overrides: Partial<MeasuredRound> = {},
): MeasuredRound {
  return {
    load: {
      requests,
      elapsedMs: 1000,
      p50Us,
      p99Us: p50Us * 2,
      maxUs: p50Us * 3,
      cpuUs: requests * 10,
      wrongAnswers: 0,
      hashedBodies: 5,
      wrongBodies: 0,
    },
    cpuUs: { load: 10, gateway: 20, agent: 30, 'http-proxy': 0, apiserver: 5 },
    sightings: { requests, looked: 4, impersonated: 4, withAgentToken: 4, withUserToken: 0 },
    agentReconnects: 0,
    ...overrides,
  };
}

export function measured(
  benchCase: Case,
  target: TargetName,
  rounds: readonly MeasuredRound[],
): MeasuredTarget {
  return { case: benchCase, target, rounds };
}
