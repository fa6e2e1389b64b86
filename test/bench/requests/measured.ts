// Made-up measurements for the tests of what is made of them.
import type { MeasuredRoute, RequestCase, RequestRound } from '../../../bench/requests/index.ts';
import { ROUTE_INFO } from '../../../bench/routes/index.ts';
import type { RouteName } from '../../../bench/routes/index.ts';

export const HTTP1_32: RequestCase = {
  name: 'http1-32',
  protocol: 'http1',
  connections: 32,
  streams: 1,
  connecting: 'kept',
  answer: 'small',
};

/** A round of one second that is right in every way. */
export function round(requests: number, p50Us: number, overrides: Partial<RequestRound> = {}): RequestRound {
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
      resumed: 0,
    },
    cpuUs: { load: 10, apiserver: 5, gateway: 20, agent: 30 },
    sightings: { requests, looked: 4, impersonated: 4, withAgentToken: 4, withUserToken: 0 },
    reconnects: 0,
    ...overrides,
  };
}

export function measured(route: RouteName, rounds: readonly RequestRound[]): MeasuredRoute {
  return { case: HTTP1_32, route: ROUTE_INFO[route], rounds };
}
