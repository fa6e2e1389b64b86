// What a failed lookup says: fixed words to the client, the reason for the log in the cause, and a secret to nobody.
import { AuthError } from '../auth-error.ts';
import { isJsonObject } from '../strict-json.ts';

/** Graph, or the way there: later it may do better. */
export function unavailable(detail: string, cause?: unknown): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_GRAPH_UNAVAILABLE',
    'the groups did not fit into the token, and cannot be looked up at Microsoft Graph now: try again',
    { cause: new Error(detail, { cause }) },
  );
}

/** Not the user's business, so only the cause says it. */
export function missingPermission(permission: string, sign: string): AuthError {
  return unavailable(
    `the application lacks a permission (${sign}): give its registration the application permission ${permission} ` +
      'of Microsoft Graph, with the consent of an administrator',
  );
}

/** The directory has no such object any more, though its tokens go on until they expire. */
export function principalGone(): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_IDENTITY',
    'the directory no longer has the user or service principal that the token is for',
  );
}

export function tooManyGroups(limit: number): AuthError {
  return new AuthError(
    'CC_ERR_AUTH_GROUPS_OVERAGE',
    `the groups did not fit into the token, and there are more than ${limit}: assign the groups that matter to the application`,
  );
}

/** The code of Graph's error JSON, if it looks like one. It goes into logs. */
export function graphErrorCode(body: unknown): string {
  const error = isJsonObject(body) ? body['error'] : undefined;
  const code = isJsonObject(error) ? error['code'] : undefined;
  return typeof code === 'string' && /^[A-Za-z][\w.]{0,63}$/.test(code) ? code : 'without a code';
}
