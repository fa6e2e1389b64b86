import { describe, expect, it } from 'vitest';
import { checksOf, lossChecks } from '../../../bench/requests/index.ts';
import type { RequestRound } from '../../../bench/requests/index.ts';
import { ROUTE_INFO } from '../../../bench/routes/index.ts';
import type { RouteName } from '../../../bench/routes/index.ts';
import { HTTP1_32, measured, round } from './measured.ts';

const good = round(100, 1);
const PASSED_ON = { ...good.sightings, impersonated: 0, withAgentToken: 0, withUserToken: 4 };

function failures(route: RouteName, changed: Partial<RequestRound>, countsEveryRequest = true): number {
  const rounds = [good, { ...good, ...changed }].map((one) =>
    route === 'relay' ? one : { ...one, sightings: changed.sightings ?? PASSED_ON },
  );
  const checks = checksOf(measured(route, rounds), { countsEveryRequest });
  return checks.filter(({ passed }) => !passed).length;
}

describe('the checks', () => {
  it.each(['direct', 'http-proxy', 'chisel', 'relay'] as const)('pass %s when all is right', (route) => {
    expect(failures(route, {})).toBe(0);
  });

  it.each([
    { what: 'a wrong status or length', changed: { load: { ...good.load, wrongAnswers: 1 } } },
    { what: 'a wrong body', changed: { load: { ...good.load, wrongBodies: 1 } } },
    {
      what: 'an answer that the stand-in never gave',
      changed: { sightings: { ...good.sightings, requests: 99 } },
    },
    { what: 'a request without its user', changed: { sightings: { ...good.sightings, impersonated: 3 } } },
    { what: 'a request without the agent', changed: { sightings: { ...good.sightings, withAgentToken: 3 } } },
    {
      what: "the user's token at the apiserver",
      changed: { sightings: { ...good.sightings, withUserToken: 1 } },
    },
    { what: 'a lost tunnel', changed: { reconnects: 1 } },
  ])('fail the relay for $what', ({ changed }) => {
    expect(failures('relay', changed)).toBe(1);
  });

  it('fail a baseline that did not pass the token on', () => {
    expect(failures('http-proxy', { sightings: good.sightings })).toBe(1);
  });

  it('fail when nothing was looked at', () => {
    const blind = {
      ...good,
      sightings: { ...good.sightings, looked: 0, impersonated: 0, withAgentToken: 0 },
    };
    const checks = checksOf(measured('relay', [blind]), { countsEveryRequest: true });
    expect(checks.filter(({ passed }) => !passed)).toHaveLength(2);
  });

  it('let a client that drops its last requests have more seen than answered', () => {
    const sightings = { ...good.sightings, requests: 132 };
    expect(failures('relay', { sightings }, false)).toBe(0);
    expect(failures('relay', { sightings }, true)).toBe(1);
  });

  it('fail a full handshake that was none', () => {
    const resumed = { ...good, load: { ...good.load, resumed: 1 } };
    const full = { ...measured('relay', [resumed]), case: { ...HTTP1_32, connecting: 'each' } } as const;
    const failed = checksOf(full, { countsEveryRequest: true }).filter(({ passed }) => !passed);
    expect(failed.map(({ name }) => name)).toEqual([
      'http1-32 relay: every connection made a full handshake',
    ]);
  });

  it.each([
    { route: 'relay', failed: 1 },
    { route: 'direct', failed: 1 },
    { route: 'chisel', failed: 0 },
  ] as const)('count the loss of $route: $failed', ({ route, failed }) => {
    const lost = [{ case: 'http1-32', route: ROUTE_INFO[route], reason: 'gone' }];
    expect(lossChecks(lost).filter(({ passed }) => !passed)).toHaveLength(failed);
  });
});
