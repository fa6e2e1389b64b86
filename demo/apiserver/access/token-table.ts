// Who a bearer token is. Tokens look like ServiceAccount tokens (a signed JWT), but the stand-in knows its own by
// their hash, so nothing else is ever accepted.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { UserInfo } from '../../../auth/index.ts';
import { MAX_TOKENS } from '../limits.ts';
import { StatusError, tooManyRequests } from '../status-error.ts';

export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
export const ANONYMOUS = 'system:anonymous';
const SERVICE_ACCOUNT =
  /^system:serviceaccount:([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?):([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/;
const ISSUER = 'https://kubernetes.default.svc.cluster.local';

interface Entry {
  readonly user: UserInfo;
  readonly expiresAtMs: number;
}

export interface TokenTable {
  /** A token for a user that is not a ServiceAccount, such as the demo's administrator. */
  issue(user: UserInfo, lifetimeSeconds: number): string;
  /** What TokenRequest answers. */
  issueServiceAccount(account: AccountName, lifetimeSeconds: number): string;
  /** The user of `Authorization: Bearer ...`. @throws StatusError 401 */
  authenticate(authorization: string | undefined): UserInfo;
  /** The user of a token, for TokenReview; undefined when it is not one of ours or expired. */
  find(token: string): UserInfo | undefined;
}

export interface AccountName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export function serviceAccountUser({ namespace, name }: { namespace: string; name: string }): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** The account behind a name such as `system:serviceaccount:default:ci`, or undefined for other users. */
export function parseServiceAccountUser(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, , name] = SERVICE_ACCOUNT.exec(user) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

export function createTokenTable(): TokenTable {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const entries = new Map<string, Entry>();

  function add(user: UserInfo, lifetimeSeconds: number, claims: object): string {
    const nowMs = Date.now();
    for (const [hash, entry] of entries) if (entry.expiresAtMs <= nowMs) entries.delete(hash);
    if (entries.size >= MAX_TOKENS) throw tooManyRequests(`the stand-in keeps at most ${MAX_TOKENS} tokens`);
    const issuedAt = Math.floor(nowMs / 1000);
    const payload = {
      aud: [ISSUER],
      iss: ISSUER,
      sub: user.name,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      jti: randomUUID(),
      ...claims,
    };
    const text = `${encodePart({ alg: 'ES256', typ: 'JWT' })}.${encodePart(payload)}`;
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const token = `${text}.${signature.toString('base64url')}`;
    entries.set(hashOf(token), { user, expiresAtMs: nowMs + lifetimeSeconds * 1000 });
    return token;
  }

  function find(token: string): UserInfo | undefined {
    const entry = entries.get(hashOf(token));
    return entry !== undefined && entry.expiresAtMs > Date.now() ? entry.user : undefined;
  }

  return {
    find,
    issue: (user, lifetimeSeconds) => add(user, lifetimeSeconds, {}),
    issueServiceAccount(account, lifetimeSeconds) {
      const { namespace, name, uid } = account;
      const groups = [...serviceAccountGroups(namespace), AUTHENTICATED];
      const user = { name: serviceAccountUser(account), uid, groups, extra: {} };
      return add(user, lifetimeSeconds, { 'kubernetes.io': { namespace, serviceaccount: { name, uid } } });
    },
    authenticate(authorization) {
      const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      const user = token === undefined ? undefined : find(token);
      if (user === undefined) throw new StatusError('Unauthorized', 'Unauthorized');
      return user;
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
