// A user as Impersonate-* headers, and the last look before they leave. An empty Impersonate-User means to the
// apiserver that nobody is impersonated, and the request runs as the agent itself (facts: H4): so it never leaves here.
import { escapeExtraKey, OWN_EXTRA_DOMAIN } from '../http/index.ts';
import type { AskedIdentity } from '../http/index.ts';
import { AuthError } from './auth-error.ts';
import { headerTextProblem, isReservedName, toHeaderBytes } from './header-text.ts';
import type { UserInfo } from './types.ts';

/**
 * Key of the one extra that says who acts as somebody else: the name under which the apiserver knows the real user,
 * for its audit log and for whoever asks `kubectl auth whoami`. Under a domain of ours, as Kubernetes asks of such
 * keys; a client that asks for it is refused (http/asked-identity.ts).
 */
export const IMPERSONATED_BY = `${OWN_EXTRA_DOMAIN}impersonated-by`;
const IMPERSONATED_BY_HEADER = `impersonate-extra-${escapeExtraKey(IMPERSONATED_BY)}`;

/**
 * A flat name/value list, names in lower case as HTTP/2 wants them, values as latin1 holding UTF-8; one line for each group, because the apiserver splits none.
 *
 * @throws AuthError CC_ERR_AUTH_IDENTITY for a name, group or value that must not become a header
 */
export function impersonationHeaders(user: UserInfo): string[] {
  const headers = ['impersonate-user', checked(user.name, 'user name', true)];
  if (user.uid !== '') headers.push('impersonate-uid', checked(user.uid, 'uid', false));
  for (const group of user.groups) headers.push('impersonate-group', checked(group, 'group', true));
  for (const [key, values] of Object.entries(user.extra)) {
    if (key === '' || key !== key.toLowerCase()) throw refused('extra key', 'is empty or not in lower case');
    const name = `impersonate-extra-${escapeExtraKey(key)}`;
    for (const value of values) headers.push(name, checked(value, 'extra value', false));
  }
  assertImpersonation(headers);
  return headers;
}

/**
 * The headers for a user who acts as somebody else, once the apiserver has said that he may: the asked lines exactly
 * as they came, and one that names him. Nothing else of his: an authorizer that judges by `extra.oid` would take the
 * request for his own.
 *
 * @throws AuthError CC_ERR_AUTH_IDENTITY
 */
export function actingHeaders(user: UserInfo, asked: AskedIdentity): string[] {
  const headers = [...asked.headers, IMPERSONATED_BY_HEADER, checked(user.name, 'user name', true)];
  assertImpersonation(headers);
  return headers;
}

/**
 * Holds for every head that is sent with the agent's own credentials (DESIGN §3): exactly one Impersonate-User,
 * with a value, whatever the case of the name.
 *
 * @param headers a flat name/value list
 * @throws AuthError CC_ERR_AUTH_IDENTITY
 */
export function assertImpersonation(headers: readonly string[]): void {
  let users = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index];
    const isUser = name !== undefined && name.length === 16 && name.toLowerCase() === 'impersonate-user';
    if (!isUser) continue;
    users += 1;
    if ((headers[index + 1] ?? '').trim() === '') throw refused('user name', 'is empty');
  }
  if (users !== 1) throw refused('request', 'does not name exactly one user');
}

function checked(text: string, what: string, isName: boolean): string {
  const problem = headerTextProblem(text);
  if (problem !== undefined) throw refused(what, problem);
  if (isName && isReservedName(text)) throw refused(what, 'begins with "system:"');
  return toHeaderBytes(text);
}

function refused(what: string, problem: string): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_IDENTITY',
    `no Kubernetes user can be made of the token: the ${what} ${problem}`,
  );
}
