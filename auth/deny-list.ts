// Who is kept out whatever their token says: users, applications, single tokens, ServiceAccounts. One entry a line, so that
// a person or a script can add one in a hurry.
import { AuthError } from './auth-error.ts';
import { asGuid } from './guid.ts';
import { MAX_DENY_LIST_BYTES, MAX_DENY_LIST_ENTRIES } from './limits.ts';
import type { VerifiedToken } from './types.ts';

export interface DenyList {
  denies(token: VerifiedToken): boolean;
  /** Called after the list changed: what was let in before may have to go. */
  onChange(listener: () => void): void;
}

/** Kind and id, such as `user 1b7e…`; ids of directory objects in lower case. */
export type DenyEntries = ReadonlySet<string>;

export type ParsedDenyList = { readonly entries: DenyEntries } | { readonly problems: readonly string[] };

const MAX_PROBLEMS = 10;
const TOKEN_ID = /^[\w-]{8,128}$/;
const SERVICE_ACCOUNT = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/;

/** What each kind of line names, in words for whoever wrote it wrong, and how it is read. */
const KINDS: Readonly<Record<string, { readonly names: string; read(id: string): string | undefined }>> = {
  user: { names: 'an object id', read: asGuid },
  application: { names: 'a client id, or the object id of a service principal', read: asGuid },
  token: { names: 'the claim "uti" or "jti" of a token', read: (id) => (TOKEN_ID.test(id) ? id : undefined) },
  'service-account': {
    names: 'namespace:name',
    read: (id) => (SERVICE_ACCOUNT.test(id) ? id : undefined),
  },
};

/** `user <object id>`, `application <id>`, `token <uti>`, `service-account <namespace:name>`; `#` begins a comment. */
export function parseDenyList(text: string): ParsedDenyList {
  if (Buffer.byteLength(text) > MAX_DENY_LIST_BYTES)
    return { problems: [`is larger than ${MAX_DENY_LIST_BYTES} bytes`] };
  const entries = new Set<string>();
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [kind = '', id = '', ...rest] = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (kind === '') continue;
    const rule = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    const read = rest.length === 0 ? rule?.read(id) : undefined;
    if (read !== undefined) entries.add(`${kind} ${read}`);
    else if (rule === undefined)
      problems.push(`has a line ${index + 1} that begins with none of ${Object.keys(KINDS).join(', ')}`);
    else problems.push(`has a line ${index + 1} that does not name ${rule.names}`);
  }
  if (entries.size > MAX_DENY_LIST_ENTRIES) problems.push(`has more than ${MAX_DENY_LIST_ENTRIES} entries`);
  return problems.length === 0 ? { entries } : { problems: problems.slice(0, MAX_PROBLEMS) };
}

/** An application is denied with everything that it does: in its own name, and for users. */
export function isDenied(entries: DenyEntries, token: VerifiedToken): boolean {
  if (entries.size === 0) return false;
  const { kind, objectId, applicationId, tokenId } = token;
  return (
    entries.has(`${kind} ${objectId}`) ||
    entries.has(`application ${applicationId}`) ||
    entries.has(`token ${tokenId}`)
  );
}

export function deniedError(): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_DENIED',
    'access was withdrawn: the user, the application or this token is on the deny list',
  );
}
