// What the double does wrong when it is told to: the ways in which an identity provider or its impostor fails a client.
import { randomBytes } from 'node:crypto';
import type { JsonAnswer } from './answers.ts';

export type DocumentFault = 'hang' | 'error-500' | 'huge' | 'many' | 'empty' | 'redirect';

/** By what is asked for; what is left out behaves. */
export interface Misbehaviour {
  readonly keys?: DocumentFault;
  /** `hostile`: all that a client could believe of it leads elsewhere. */
  readonly metadata?: DocumentFault | 'hostile';
  readonly token?: 'hang' | 'error-500';
  readonly graph?: 'hang' | 'error-500' | 'throttle';
}

export type Area = keyof Misbehaviour;

export const ELSEWHERE_PATH = '/elsewhere';
const HUGE_BYTES = 10 * 1024 * 1024;
const MANY_KEYS = 1_000;
const ATTACKER = 'https://keys.attacker.example';

/** What the server does wrong there: Microsoft Graph's own mistakes it makes itself, but for silence. */
export function faultOf(
  misbehaviour: Misbehaviour,
  area: Area | undefined,
): DocumentFault | 'hostile' | undefined {
  if (area === 'graph') return misbehaviour.graph === 'hang' ? 'hang' : undefined;
  return area === undefined ? undefined : misbehaviour[area];
}

/** @param right the right answer, of which the wrong one is made @returns undefined for no answer at all */
export function misbehave(
  fault: DocumentFault | 'hostile',
  right: JsonAnswer,
  url: URL,
): JsonAnswer | undefined {
  const body = typeof right.body === 'object' && right.body !== null ? right.body : {};
  switch (fault) {
    case 'hang':
      return undefined;
    case 'error-500':
      return {
        status: 500,
        body: { error: 'server_error', error_description: 'AADSTS90033: A transient error.' },
      };
    case 'huge':
      return { ...right, body: { ...body, padding: 'x'.repeat(HUGE_BYTES) } };
    case 'many':
      return { ...right, body: manyOf({ ...body }) };
    case 'empty':
      return { ...right, body: 'keys' in body ? { keys: [] } : {} };
    case 'redirect':
      return {
        status: 302,
        headers: { location: `${url.origin}${ELSEWHERE_PATH}${url.pathname}` },
        body: {},
      };
    default:
      return { ...right, body: hostile({ ...body }) };
  }
}

/** A thousand keys that nobody has beside the right ones, or a thousand members. */
function manyOf(body: Readonly<Record<string, unknown>>): unknown {
  const keys: unknown = body['keys'];
  if (!Array.isArray(keys)) {
    return {
      ...body,
      ...Object.fromEntries(Array.from({ length: MANY_KEYS }, (_, index) => [`member_${index}`, index])),
    };
  }
  const [model = {}] = keys;
  const more = Array.from({ length: MANY_KEYS }, () => ({
    ...Object(model),
    kid: randomBytes(20).toString('base64url'),
    n: randomBytes(256).toString('base64url'),
  }));
  return { keys: [...keys, ...more] };
}

function hostile(body: Readonly<Record<string, unknown>>): unknown {
  const elsewhere = Object.entries(body).map(([name, value]) => [
    name,
    name.endsWith('_uri') || name.endsWith('_endpoint') ? `${ATTACKER}/${name}` : value,
  ]);
  // As an own member: what a careless copy would put onto every object.
  return Object.fromEntries([...elsewhere, ['__proto__', { issuer: ATTACKER, isAdmin: true }]]);
}
