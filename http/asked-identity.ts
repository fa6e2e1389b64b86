// Whom a client asks to act as (kubectl --as, --as-group, --as-uid): read once for the gateway's edge, which only
// refuses what is not clean, and once more by the agent, which has the asking reviewed (kubernetes-wire.md §5).
import { MAX_ASKED_BYTES, MAX_ASKED_LINES } from './limits.ts';
import type { HeaderList } from './head-types.ts';
import { HttpError } from './http-error.ts';
import { headerText } from './header-text.ts';
import { parseExtraKey } from './extra-key.ts';
import { refuseIdentityHeader } from './identity-headers.ts';

export const EXTRA_PREFIX = 'impersonate-extra-';

/** Keys under this name are ours: a client that could state one would forge what the audit log says of it. */
export const OWN_EXTRA_DOMAIN = 'cluster-connect.internal/';

export interface AskedIdentity {
  /** The lines as they came, names in lower case: what goes to the apiserver once it is allowed. */
  readonly headers: HeaderList;
  /** Not empty. */
  readonly user: string;
  /** Empty when none was asked for. */
  readonly uid: string;
  readonly groups: readonly string[];
  /** Key and value of each line, in order. */
  readonly extra: readonly (readonly [key: string, value: string])[];
}

/**
 * Reads Impersonate-User (once), -Uid (once), -Group and -Extra-<key>. Whether user and uid came twice was looked at
 * with the header rules.
 *
 * @param headers flat, names in lower case, none but these four kinds
 * @throws HttpError 400 without a user, where an apiserver before 1.36 answers a text with 500; 400 for a value that two
 *   hops could read in two ways; 403 for a key of ours; 431 for too many
 */
export function readAskedIdentity(headers: HeaderList): AskedIdentity {
  if (headers.length > 2 * MAX_ASKED_LINES) throw tooLarge('too many Impersonate-* header lines');
  let user = '';
  let uid = '';
  let bytes = 0;
  const groups: string[] = [];
  const extra: (readonly [string, string])[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const raw = headers[i + 1] ?? '';
    bytes += name.length + raw.length;
    if (bytes > MAX_ASKED_BYTES) throw tooLarge('the Impersonate-* headers are too large');
    const text = headerText(raw);
    if (text === undefined) throw unclean(name);
    if (name === 'impersonate-user') {
      user = text;
    } else if (name === 'impersonate-uid') {
      if (text === '') throw unclean(name);
      uid = text;
    } else if (name === 'impersonate-group') {
      groups.push(text);
    } else {
      const key = name.startsWith(EXTRA_PREFIX) ? parseExtraKey(name.slice(EXTRA_PREFIX.length)) : undefined;
      if (key === undefined || key.startsWith(OWN_EXTRA_DOMAIN)) refuseIdentityHeader();
      extra.push([key, text]);
    }
  }
  if (user === '') {
    throw new HttpError(
      'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER',
      'impersonation needs the name of a user (--as); an empty one, or groups, uid or extra alone, are refused',
    );
  }
  return { headers, user, uid, groups, extra };
}

function unclean(name: string): HttpError {
  return new HttpError(
    'CC_ERR_HTTP_BAD_HEADER',
    `the value of ${name} is empty, not UTF-8, or has control characters or white space at an end`,
  );
}

function tooLarge(message: string): HttpError {
  return new HttpError('CC_ERR_HTTP_HEADERS_TOO_LARGE', message);
}
