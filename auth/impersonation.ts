// A user as Impersonate-* headers, and the last look before they leave. An empty Impersonate-User means to the
// apiserver that nobody is impersonated, and the request runs as the agent itself (facts: H4): so it never leaves here.
import { AuthError } from './auth-error.ts';
import { headerTextProblem, isReservedName, toHeaderBytes } from './header-text.ts';
import type { UserInfo } from './types.ts';

// RFC 9110 §5.6.2 tchar without `%`, which starts an escape (client-go, headerKeyEscape).
const TOKEN_CHARACTER = /[!#$&'*+\-.^_`|~0-9a-zA-Z]/;

/**
 * A flat name/value list, values as latin1 holding UTF-8; one line for each group, because the apiserver splits none.
 *
 * @throws AuthError CC_ERR_AUTH_IDENTITY for a name, group or value that must not become a header
 */
export function impersonationHeaders(user: UserInfo): string[] {
  const headers = ['Impersonate-User', checked(user.name, 'user name', true)];
  if (user.uid !== '') headers.push('Impersonate-Uid', checked(user.uid, 'uid', false));
  for (const group of user.groups) headers.push('Impersonate-Group', checked(group, 'group', true));
  for (const [key, values] of Object.entries(user.extra)) {
    if (key === '' || key !== key.toLowerCase()) throw refused('extra key', 'is empty or not in lower case');
    const name = `Impersonate-Extra-${escapeExtraKey(key)}`;
    for (const value of values) headers.push(name, checked(value, 'extra value', false));
  }
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

function escapeExtraKey(key: string): string {
  let escaped = '';
  for (const byte of Buffer.from(key, 'utf8')) {
    const character = String.fromCharCode(byte);
    escaped += TOKEN_CHARACTER.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

function refused(what: string, problem: string): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_IDENTITY',
    `no Kubernetes user can be made of the token: the ${what} ${problem}`,
  );
}
