// Whether what was measured was right: a fast wrong answer is no result.
import type { Check } from '../measure/index.ts';
import type { LostRoute, MeasuredRoute, RequestRound } from './request-case.ts';

/** Whether the load says exactly how many requests it sent; autocannon drops those that run when its time is over. */
export interface CheckOptions {
  readonly countsEveryRequest: boolean;
}

export function checksOf(measured: MeasuredRoute, options: CheckOptions): readonly Check[] {
  const total = (value: (round: RequestRound) => number): number =>
    measured.rounds.reduce((sum, round) => sum + value(round), 0);
  const requests = total((round) => round.load.requests);
  const wrongAnswers = total((round) => round.load.wrongAnswers);
  const hashed = total((round) => round.load.hashedBodies);
  const wrongBodies = total((round) => round.load.wrongBodies);
  const seen = total((round) => round.sightings.requests);
  const name = (what: string): string => `${measured.case.name} ${measured.route.name}: ${what}`;

  return [
    {
      name: name('every answer is a 200 of the right length'),
      passed: requests > 0 && wrongAnswers === 0,
      detail: `${wrongAnswers} of ${requests} wrong`,
    },
    {
      name: name('the bodies that were hashed are the right ones'),
      passed: hashed > 0 && wrongBodies === 0,
      detail: `${wrongBodies} of ${hashed} wrong`,
    },
    {
      name: name('every request reached the stand-in'),
      passed: options.countsEveryRequest ? seen === requests : seen >= requests,
      detail: `${seen} seen, ${requests} answered`,
    },
    ...identityChecks(measured, name),
    ...resumptionChecks(measured, name),
  ];
}

/** Who the stand-in saw: through the relay the user whom the agent acts for, elsewhere the user's own token. */
export function identityChecks(
  {
    route,
    rounds,
  }: Pick<MeasuredRoute, 'route'> & {
    readonly rounds: readonly Pick<RequestRound, 'sightings' | 'reconnects'>[];
  },
  name: (what: string) => string,
): readonly Check[] {
  const total = (what: 'looked' | 'impersonated' | 'withAgentToken' | 'withUserToken'): number =>
    rounds.reduce((sum, { sightings }) => sum + sightings[what], 0);
  const looked = total('looked');
  const impersonated = total('impersonated');
  const withAgentToken = total('withAgentToken');
  const withUserToken = total('withUserToken');
  if (route.kind !== 'relay') {
    return [
      {
        name: name("the stand-in saw the user's token as it was sent"),
        passed: looked > 0 && withUserToken === looked && impersonated === 0,
        detail: `in ${withUserToken} of ${looked} heads`,
      },
    ];
  }
  const reconnects = Math.max(...rounds.map((round) => round.reconnects));
  return [
    {
      name: name('the stand-in saw the user in Impersonate-User'),
      passed: looked > 0 && impersonated === looked,
      detail: `in ${impersonated} of ${looked} heads`,
    },
    {
      name: name("the stand-in saw the agent's token, never the user's"),
      passed: looked > 0 && withAgentToken === looked && withUserToken === 0,
      detail: `the agent's in ${withAgentToken}, the user's in ${withUserToken} of ${looked} heads`,
    },
    { name: name('no tunnel was lost'), passed: reconnects === 0, detail: `${reconnects} reconnects` },
  ];
}

function resumptionChecks(measured: MeasuredRoute, name: (what: string) => string): readonly Check[] {
  if (measured.case.connecting !== 'each') return [];
  const resumed = measured.rounds.reduce((sum, { load }) => sum + load.resumed, 0);
  return [
    {
      name: name('every connection made a full handshake'),
      passed: resumed === 0,
      detail: `${resumed} resumed`,
    },
  ];
}

/** A peer that was lost is absent from the result; our own way and the one it is compared with must hold. */
export function lossChecks(lost: readonly LostRoute[]): readonly Check[] {
  return lost
    .filter(({ route }) => route.kind === 'relay' || route.kind === 'direct')
    .map(({ case: caseName, route, reason }) => ({
      name: `${caseName} ${route.name}: ran to its end`,
      passed: false,
      detail: reason,
    }));
}
