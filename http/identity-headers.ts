// Who a request is for is ours to state. These headers would make the apiserver believe somebody else's word, so
// they are refused, not dropped: a silently dropped `--as` would run as the caller (security.md H1, H3, H4). What
// kubectl's `--as` sends in its one exact spelling is read in asked-identity.ts, and is a question, not a statement.
import { HttpError } from './http-error.ts';

const ESCAPE = /%([0-9a-f]{2})/g;
const NOT_ALPHANUMERIC = /[^a-z0-9]/g;

/**
 * Whether a lower-case header name is, in any spelling that some hop might normalise, `Impersonate-*` or
 * `X-Remote-*`: percent-decoded, and every separator left out (`impersonate_user`, `x.remote.user`).
 */
export function isIdentityHeader(lowerName: string): boolean {
  const first = lowerName.charCodeAt(0);
  // Nothing after the first letter can change it: other letters are done, which is nearly every header.
  if (first >= 0x61 && first <= 0x7a && first !== 0x69 && first !== 0x78) return false;
  const letters = squeezeName(lowerName);
  return letters.startsWith('impersonate') || letters.startsWith('xremote');
}

/** A name as the loosest reader may see it: percent-decoded, lower case, letters and digits only. */
export function squeezeName(lowerName: string): string {
  return lowerName
    .replace(ESCAPE, (_escape, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .toLowerCase()
    .replace(NOT_ALPHANUMERIC, '');
}

/** For every spelling but the one that client-go writes for `--as`, and for what only a front proxy may state. */
export function refuseIdentityHeader(): never {
  throw new HttpError(
    'CC_ERR_HTTP_IDENTITY_HEADER',
    'an identity header that is not accepted: X-Remote-*, or Impersonate-* otherwise than --as, --as-group and --as-uid write it',
  );
}

const IMPERSONATE_USER = 'impersonate-user';

/**
 * The last look before a request leaves with the agent's own token: without exactly one non-empty Impersonate-User
 * the apiserver would run it as the agent (security.md H1, H4). Names may have any case.
 *
 * @throws HttpError CC_ERR_HTTP_NO_IMPERSONATION (500)
 */
export function assertOneImpersonatedUser(headers: readonly string[]): void {
  let users = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (name.length !== IMPERSONATE_USER.length || name.toLowerCase() !== IMPERSONATE_USER) continue;
    users += (headers[i + 1] ?? '').trim() === '' ? 2 : 1;
  }
  if (users !== 1) {
    throw new HttpError(
      'CC_ERR_HTTP_NO_IMPERSONATION',
      'a request without exactly one impersonated user is never sent',
    );
  }
}

/**
 * The last look before a request leaves with a client's own token: it states no identity beside that.
 *
 * @throws HttpError CC_ERR_HTTP_NO_IMPERSONATION (500)
 */
export function assertNoImpersonation(headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    if (name !== 'authorization' && !isIdentityHeader(name)) continue;
    throw new HttpError(
      'CC_ERR_HTTP_NO_IMPERSONATION',
      "a request with a client's own token is never sent with another identity beside it",
    );
  }
}
