// Impersonate-* headers, obeyed exactly as kube-apiserver obeys them (facts: kubernetes-wire §5): the agent's whole
// work ends in these headers, so a lenient stand-in would hide its mistakes.
import type { UserInfo } from '../../../auth/index.ts';
import { badRequest } from '../status-error.ts';
import { forbiddenError, impersonationOfUser } from './authorizer.ts';
import type { Attributes, Authorizer } from './authorizer.ts';
import {
  ANONYMOUS,
  AUTHENTICATED,
  UNAUTHENTICATED,
  parseServiceAccountUser,
  serviceAccountGroups,
} from './token-table.ts';

const EXTRA_PREFIX = 'impersonate-extra-';

interface Wanted {
  user: string;
  uid: string;
  /** Undefined when no Impersonate-Group line came. */
  groups: string[] | undefined;
  readonly extra: Map<string, string[]>;
}

/**
 * The user a request runs as: the caller, or whom the caller may impersonate.
 * `rawHeaders` is a flat name/value list with every line as it came: groups are never split at commas.
 * @throws StatusError 400 (other headers without a user), 403
 */
export function impersonate(
  caller: UserInfo,
  rawHeaders: readonly string[],
  authorizer: Authorizer,
): UserInfo {
  const wanted = readHeaders(rawHeaders);
  if (wanted.user === '') {
    if (wanted.groups === undefined && wanted.uid === '' && wanted.extra.size === 0) return caller;
    throw badRequest('impersonation of groups, uid or extra was requested without impersonating a user');
  }
  for (const attributes of authorizations(wanted)) {
    if (!authorizer.allows(caller, attributes)) throw forbiddenError(caller, attributes);
  }
  return {
    name: wanted.user,
    uid: wanted.uid,
    groups: groupsOf(wanted),
    extra: Object.fromEntries(wanted.extra),
  };
}

function readHeaders(rawHeaders: readonly string[]): Wanted {
  const wanted: Wanted = { user: '', uid: '', groups: undefined, extra: new Map() };
  let userSeen = false;
  let uidSeen = false;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = Buffer.from(rawHeaders[index + 1] ?? '', 'latin1').toString('utf8');
    // Only the first line of user and uid counts, as Go's Header.Get reads them.
    if (name === 'impersonate-user' && !userSeen) {
      wanted.user = value;
      userSeen = true;
    } else if (name === 'impersonate-uid' && !uidSeen) {
      wanted.uid = value;
      uidSeen = true;
    } else if (name === 'impersonate-group') {
      wanted.groups = [...(wanted.groups ?? []), value];
    } else if (name.startsWith(EXTRA_PREFIX)) {
      const key = decodeKey(name.slice(EXTRA_PREFIX.length));
      wanted.extra.set(key, [...(wanted.extra.get(key) ?? []), value]);
    }
  }
  return wanted;
}

/** Percent-decoded; a malformed key is kept as it is. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function* authorizations(wanted: Wanted): Generator<Attributes> {
  yield impersonationOfUser(wanted.user);
  const base = { verb: 'impersonate', group: '', subresource: '', namespace: '' };
  for (const name of wanted.groups ?? []) yield { ...base, resource: 'groups', name };
  const identity = { ...base, group: 'authentication.k8s.io' };
  for (const [key, values] of wanted.extra) {
    for (const name of values) yield { ...identity, resource: 'userextras', subresource: key, name };
  }
  if (wanted.uid !== '') yield { ...identity, resource: 'uids', name: wanted.uid };
}

function groupsOf(wanted: Wanted): string[] {
  const account = parseServiceAccountUser(wanted.user);
  const groups = wanted.groups ?? (account === undefined ? [] : serviceAccountGroups(account.namespace));
  if (wanted.user === ANONYMOUS) {
    return groups.includes(UNAUTHENTICATED) ? groups : [...groups, UNAUTHENTICATED];
  }
  const stated = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED);
  return stated ? groups : [...groups, AUTHENTICATED];
}
