// What a token says of itself, without its signature: nothing is checked here, that is for gateway and agent to do.
import { isEntry, textOf } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Facts } from './hops.ts';
import { shown } from './scrub.ts';
import { readJson } from './status.ts';

export interface TokenClaims {
  /** For the report; holds no part of the token itself. */
  readonly facts: Facts;
  /** In seconds since 1970; undefined where the token does not say. */
  readonly expiresAt: number | undefined;
  /** Who it is, on one line. */
  readonly summary: string;
}

/** @param nowMs by the gateway's clock */
export function describeToken(token: string, nowMs: number): TokenClaims {
  const outer = readJwt(token);
  if (outer === undefined) {
    return {
      facts: { format: 'opaque' },
      expiresAt: undefined,
      summary: 'a token that is no JWT: what it says cannot be shown',
    };
  }
  const isPop = textOf(outer.header, 'typ').toLowerCase() === 'pop';
  const inner = isPop ? readJwt(textOf(outer.payload, 'at')) : outer;
  const payload = inner?.payload ?? {};
  const facts = {
    format: 'jwt',
    proof: isPop ? 'pop' : 'bearer',
    ...registeredFacts(payload, inner?.header ?? {}),
    ...timeFacts(payload, nowMs),
    ...(isPop ? popFacts(outer.payload, nowMs) : {}),
  };
  return { facts, expiresAt: secondsOf(payload['exp']), summary: summaryOf(facts) };
}

function readJwt(token: string): { header: Entry; payload: Entry } | undefined {
  const [header, payload, signature, ...more] = token.split('.', 5);
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined;
  const [readHeader, readPayload] = [decoded(header), decoded(payload)];
  return readHeader === undefined || readPayload === undefined
    ? undefined
    : { header: readHeader, payload: readPayload };
}

function decoded(part: string): Entry | undefined {
  return readJson(Buffer.from(part, 'base64url').toString('utf8'));
}

function registeredFacts(payload: Entry, header: Entry) {
  const scopes = textOf(payload, 'scp')
    .split(' ')
    .filter((scope) => scope !== '');
  const account = accountOf(payload);
  return {
    issuer: claim(payload, 'iss'),
    audience: textsOf(payload['aud']),
    tenant: claim(payload, 'tid'),
    version: claim(payload, 'ver'),
    kind: kindOf(payload, scopes, account),
    objectId: claim(payload, 'oid'),
    applicationId: claim(payload, 'azp') || claim(payload, 'appid'),
    tokenId: claim(payload, 'uti') || claim(payload, 'jti'),
    ...(account === '' ? {} : { serviceAccount: account }),
    scopes: scopes.map(shown),
    roles: textsOf(payload['roles']),
    groups: groupsOf(payload),
    keyId: claim(header, 'kid'),
    algorithm: claim(header, 'alg'),
  };
}

function kindOf(payload: Entry, scopes: readonly string[], account: string): string {
  if (account !== '') return 'service-account';
  if (payload['idtyp'] === 'app') return 'application';
  if (payload['idtyp'] === 'user' || scopes.length > 0) return 'user';
  // Without the optional idtyp an application is known by its subject, which is its own object id.
  return payload['oid'] !== undefined && payload['oid'] === payload['sub'] ? 'application' : 'unknown';
}

/** `namespace:name`; empty for any other token. */
function accountOf(payload: Entry): string {
  const [, account = ''] = /^system:serviceaccount:(.+)$/.exec(textOf(payload, 'sub')) ?? [];
  return shown(account);
}

/** How many; Entra leaves them out when there are too many for a token. */
function groupsOf(payload: Entry): number | string {
  const { _claim_names: names, groups, hasgroups } = payload;
  if (Array.isArray(groups)) return groups.length;
  return (isEntry(names) && 'groups' in names) || hasgroups === true ? 'overage' : 0;
}

function timeFacts(payload: Entry, nowMs: number) {
  const expiresAt = secondsOf(payload['exp']);
  return {
    issuedAt: dateOf(payload['iat']),
    notBefore: dateOf(payload['nbf']),
    expiresAt: dateOf(payload['exp']),
    ...(expiresAt === undefined ? {} : { remainingSeconds: Math.floor(expiresAt - nowMs / 1000) }),
  };
}

function popFacts(payload: Entry, nowMs: number): Facts {
  const madeAt = secondsOf(payload['ts']);
  return {
    popCluster: claim(payload, 'u'),
    popMadeAt: dateOf(payload['ts']),
    ...(madeAt === undefined ? {} : { popAgeSeconds: Math.floor(nowMs / 1000 - madeAt) }),
  };
}

function claim(payload: Entry, name: string): string {
  return shown(textOf(payload, name));
}

function textsOf(value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts
    .filter((text) => typeof text === 'string')
    .slice(0, 50)
    .map(shown);
}

/** Date cannot print what is later than the year 9999. */
const MAX_SECONDS = 253_402_300_799;

function secondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= MAX_SECONDS ? value : undefined;
}

function dateOf(value: unknown): string {
  const seconds = secondsOf(value);
  return seconds === undefined
    ? ''
    : new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

function summaryOf(facts: Facts): string {
  const { kind, objectId, serviceAccount, remainingSeconds, proof } = facts;
  const who =
    [serviceAccount, objectId].find((one) => typeof one === 'string' && one !== '') ?? '(no object id)';
  const left = typeof remainingSeconds === 'number' ? `, ${remainingText(remainingSeconds)}` : '';
  return `${kind === 'unknown' ? 'a token of' : String(kind)} ${String(who)}${proof === 'pop' ? ' with proof of possession' : ''}${left}`;
}

export function remainingText(seconds: number): string {
  const count = Math.abs(seconds);
  const text =
    count < 120
      ? `${count} s`
      : count < 7200
        ? `${Math.round(count / 60)} min`
        : `${Math.round(count / 3600)} h`;
  return seconds < 0 ? `expired ${text} ago` : `expires in ${text}`;
}
