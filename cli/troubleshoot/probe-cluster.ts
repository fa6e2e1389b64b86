// Hops "access", "tunnel", "agent" and "apiserver": one request with the token goes through all four, and the answer
// says which of them refused. Those before it have let it pass.
import { ask } from './ask.ts';
import type { Answer } from './ask.ts';
import { blame } from './blame.ts';
import type { Blame, CarriedHop } from './blame.ts';
import { brokenOff } from './broken-off.ts';
import { failed, ok } from './hops.ts';
import type { Outcome } from './hops.ts';
import type { SignedIn } from './probe-token.ts';
import { shown } from './scrub.ts';
import { readJson } from './status.ts';

export interface Carried extends SignedIn {
  readonly answer: Answer;
  readonly blame: Blame | undefined;
}

/** Asks, and judges the first of the four hops. */
export async function probeAccess(signedIn: SignedIn): Promise<Outcome<Carried>> {
  const { way, token } = signedIn;
  let answer: Answer;
  try {
    answer = await ask(way, { path: '/version', token });
  } catch (error) {
    return failed('no-answer', brokenOff(error, 'the gateway'));
  }
  const carried = { ...signedIn, answer, blame: blame(answer, signedIn) };
  return judge('access', carried, 'the gateway takes the token and lets you reach the cluster');
}

export function probeTunnel(carried: Carried): Outcome<Carried> {
  return judge('tunnel', carried, 'the agent of the cluster is connected');
}

export function probeAgent(carried: Carried): Outcome<Carried> {
  return judge('agent', carried, 'the agent takes the token, too');
}

export function probeApiserver(carried: Carried): Outcome<Carried> {
  const version = readJson(carried.answer.text)?.['gitVersion'];
  const requestId = carried.answer.header('audit-id');
  const named = typeof version === 'string' ? shown(version) : '';
  const message = named === '' ? `answers (status ${carried.answer.code})` : `answers: Kubernetes ${named}`;
  const outcome = judge('apiserver', carried, message);
  if (outcome.state !== 'ok') return outcome;
  return { ...outcome, facts: { status: carried.answer.code, version: named, requestId: shown(requestId) } };
}

function judge(hop: CarriedHop, carried: Carried, message: string): Outcome<Carried> {
  return carried.blame?.hop === hop ? carried.blame.failure : ok(carried, { message });
}
