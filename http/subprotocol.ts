// Browsers cannot set Authorization on a WebSocket, so Kubernetes takes a token as a subprotocol. It is taken out
// here: the user's Entra token must reach neither the apiserver nor its logs (facts/kubernetes-wire.md §2).
import { MAX_SUBPROTOCOLS, MAX_TOKEN_LENGTH } from './limits.ts';
import { HttpError } from './http-error.ts';
import { isToken } from './grammar.ts';

export const BEARER_SUBPROTOCOL = 'base64url.bearer.authorization.k8s.io.';

export interface OfferedSubprotocols {
  /** The bearer token; empty when none was offered. */
  readonly token: string;
  /** The value without the bearer subprotocol; empty when nothing else is left. */
  readonly rest: string;
}

/** Cheap test for the usual case: nothing in this value looks like a token, in any case of letters. */
export function holdsBearerSubprotocol(value: string): boolean {
  return value.length >= BEARER_SUBPROTOCOL.length && value.toLowerCase().includes(BEARER_SUBPROTOCOL);
}

/**
 * Takes the one bearer subprotocol out of a Sec-WebSocket-Protocol value.
 *
 * @throws HttpError CC_ERR_HTTP_BAD_HEADER for what is no list of tokens, CC_ERR_HTTP_TWO_CREDENTIALS for two bearers,
 *   CC_ERR_HTTP_BAD_CREDENTIALS for one that is not strict base64url of a visible token.
 */
export function takeBearerSubprotocol(value: string): OfferedSubprotocols {
  const offered = value.split(',', MAX_SUBPROTOCOLS + 1).map((item) => item.trim());
  if (offered.length > MAX_SUBPROTOCOLS || !offered.every(isToken)) {
    throw new HttpError(
      'CC_ERR_HTTP_BAD_HEADER',
      'Sec-WebSocket-Protocol is not a list of at most 16 protocols',
    );
  }
  const others = offered.filter((protocol) => !holdsBearerSubprotocol(protocol));
  const bearers = offered.filter(holdsBearerSubprotocol);
  if (bearers.length > 1) {
    throw new HttpError('CC_ERR_HTTP_TWO_CREDENTIALS', 'more than one bearer subprotocol was offered');
  }
  const [bearer] = bearers;
  return { token: bearer === undefined ? '' : decodeBearer(bearer), rest: others.join(', ') };
}

const VISIBLE = /^[\x21-\x7e]+$/;

function decodeBearer(subprotocol: string): string {
  const encoded = subprotocol.slice(BEARER_SUBPROTOCOL.length);
  const token = Buffer.from(encoded, 'base64url').toString('latin1');
  const exact =
    subprotocol.startsWith(BEARER_SUBPROTOCOL) &&
    Buffer.from(token, 'latin1').toString('base64url') === encoded;
  if (!exact || !VISIBLE.test(token) || token.length > MAX_TOKEN_LENGTH) {
    throw new HttpError('CC_ERR_HTTP_BAD_CREDENTIALS', 'the bearer subprotocol is not base64url of a token');
  }
  return token;
}
