// Whether what was measured was right: a fast wrong answer is no result.
import type { MeasuredTarget } from './rounds.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Whether the load says exactly how many requests it sent; autocannon drops those that run when its time is over. */
export interface VerifyOptions {
  readonly countsEveryRequest: boolean;
}

export function verifyTarget(measured: MeasuredTarget, options: VerifyOptions): readonly Check[] {
  const total = (value: (round: MeasuredTarget['rounds'][number]) => number): number =>
    measured.rounds.reduce((sum, round) => sum + value(round), 0);
  const requests = total((round) => round.load.requests);
  const wrongAnswers = total((round) => round.load.wrongAnswers);
  const hashed = total((round) => round.load.hashedBodies);
  const wrongBodies = total((round) => round.load.wrongBodies);
  const seen = total((round) => round.sightings.requests);
  const looked = total((round) => round.sightings.looked);
  const impersonated = total((round) => round.sightings.impersonated);
  const withAgentToken = total((round) => round.sightings.withAgentToken);
  const withUserToken = total((round) => round.sightings.withUserToken);
  const name = (what: string): string => `${measured.case.name} ${measured.target}: ${what}`;

  const checks: Check[] = [
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
  ];
  if (measured.target === 'relay') {
    checks.push(
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
      {
        name: name('no tunnel was lost'),
        passed: measured.rounds.every((round) => round.agentReconnects === 0),
        detail: `${Math.max(...measured.rounds.map((round) => round.agentReconnects))} reconnects`,
      },
    );
  } else {
    checks.push({
      name: name("the stand-in saw the user's token as it was sent"),
      passed: looked > 0 && withUserToken === looked && impersonated === 0,
      detail: `in ${withUserToken} of ${looked} heads`,
    });
  }
  return checks;
}
