// One way to send a token, read strictly: what two hops could read differently is refused (facts: H6, H7).
import { AuthError } from './auth-error.ts';
import { MAX_POP_TOKEN_BYTES } from './limits.ts';

const SCHEME = 'Bearer ';
// What would separate a second credential, or hide one. The token's own alphabet is checked where the token is read
// for the first time: a pattern over 3 KB here would cost each request 2 µs, on both hops.
const SEPARATORS = [' ', ',', '\t', '"', ';'] as const;

/**
 * The token of an Authorization header: exactly `Bearer`, one space and the token (RFC 6750 §2.1).
 *
 * @param authorizationValue the value of the one Authorization header; '' when the request has none
 * @throws AuthError CC_ERR_AUTH_MISSING, CC_ERR_AUTH_HEADER or CC_ERR_AUTH_TOO_LARGE
 */
export function bearerToken(authorizationValue: string): string {
  if (authorizationValue === '') {
    throw new AuthError(
      'CC_ERR_AUTH_MISSING',
      'no credentials: send an Authorization header with a bearer token',
    );
  }
  if (!authorizationValue.startsWith(SCHEME) || authorizationValue.length === SCHEME.length) {
    throw new AuthError(
      'CC_ERR_AUTH_HEADER',
      'the Authorization header is not "Bearer", one space and a token',
    );
  }
  if (authorizationValue.length > SCHEME.length + MAX_POP_TOKEN_BYTES) {
    throw new AuthError('CC_ERR_AUTH_TOO_LARGE', `the token is longer than ${MAX_POP_TOKEN_BYTES} bytes`);
  }
  for (const separator of SEPARATORS) {
    if (authorizationValue.includes(separator, SCHEME.length)) {
      throw new AuthError('CC_ERR_AUTH_HEADER', 'the Authorization header holds more than one token');
    }
  }
  return authorizationValue.slice(SCHEME.length);
}
