// The head that goes to the apiserver: what the client sent, less everything that says who it is, plus who it really is.
import { assertNoImpersonation, assertOneImpersonatedUser } from '../http/index.ts';
import type { HeaderList } from '../http/index.ts';

/**
 * @param forwarded of filterRequestHeaders: no identity of the client's is in it. Owned by this call.
 * @param impersonation the verified user, or whom the apiserver lets that user act as; a flat name/value list
 * @returns the list with exactly one non-empty impersonate-user
 * @throws HttpError CC_ERR_HTTP_NO_IMPERSONATION otherwise: it would run as the agent itself (security H1, H3, H4)
 */
export function outgoingHeaders(
  forwarded: HeaderList,
  impersonation: readonly string[],
  authorization: string,
): HeaderList {
  for (const field of impersonation) forwarded.push(field);
  forwarded.push('authorization', authorization);
  assertOneImpersonatedUser(forwarded);
  return forwarded;
}

/**
 * The head of a request that a ServiceAccount's own token goes with: the client's word for who it is, for the apiserver to judge.
 *
 * @param forwarded of filterRequestHeaders: no identity of the client's is in it. Owned by this call.
 * @param authorization the client's own
 * @throws HttpError CC_ERR_HTTP_NO_IMPERSONATION where somebody is impersonated nevertheless
 */
export function passedThroughHeaders(forwarded: HeaderList, authorization: string): HeaderList {
  assertNoImpersonation(forwarded);
  forwarded.push('authorization', authorization);
  return forwarded;
}
