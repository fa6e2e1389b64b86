import { describe, expect, it } from 'vitest';
import { verifyTarget } from '../../bench/verification.ts';
import type { TargetName } from '../../bench/bed.ts';
import type { MeasuredRound } from '../../bench/rounds.ts';
import { HTTP1_32, measured, round } from './measured.ts';

const good = round(100, 1);
const PASSED_ON = { ...good.sightings, impersonated: 0, withAgentToken: 0, withUserToken: 4 };

function failures(target: TargetName, changed: Partial<MeasuredRound>, countsEveryRequest = true): number {
  const rounds = [good, { ...good, ...changed }].map((one) =>
    target === 'relay' ? one : { ...one, sightings: changed.sightings ?? PASSED_ON },
  );
  const checks = verifyTarget(measured(HTTP1_32, target, rounds), { countsEveryRequest });
  return checks.filter(({ passed }) => !passed).length;
}

describe('verification', () => {
  it.each(['direct', 'http-proxy', 'relay'] as const)('passes %s when all is right', (target) => {
    expect(failures(target, {})).toBe(0);
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
    { what: 'a lost tunnel', changed: { agentReconnects: 1 } },
  ])('of the relay fails for $what', ({ changed }) => {
    expect(failures('relay', changed)).toBe(1);
  });

  it('fails a baseline that did not pass the token on', () => {
    expect(failures('http-proxy', { sightings: good.sightings })).toBe(1);
  });

  it('fails when nothing was looked at', () => {
    const blind = {
      ...good,
      sightings: { ...good.sightings, looked: 0, impersonated: 0, withAgentToken: 0 },
    };
    const checks = verifyTarget(measured(HTTP1_32, 'relay', [blind]), { countsEveryRequest: true });
    expect(checks.filter(({ passed }) => !passed)).toHaveLength(2);
  });

  it('lets a client that drops its last requests have more seen than answered', () => {
    const sightings = { ...good.sightings, requests: 132 };
    expect(failures('relay', { sightings }, false)).toBe(0);
    expect(failures('relay', { sightings }, true)).toBe(1);
  });
});
