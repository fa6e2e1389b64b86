// The agent's side of the same rules. A gateway could be stolen: what its edge should have refused is refused here
// again, before the agent adds its own identity (DESIGN §3).
import type { HeaderList, RequestHead } from './head-types.ts';
import { ACTION, ruleOf } from './request-header-rules.ts';
import { HttpError } from './http-error.ts';
import { holdsBearerSubprotocol } from './subprotocol.ts';
import { readAskedIdentity } from './asked-identity.ts';
import type { AskedIdentity } from './asked-identity.ts';
import { refuseIdentityHeader } from './identity-headers.ts';

export interface ForwardedHeaders {
  /** Value of the one Authorization; empty when there is none. It is not among the headers any more. */
  readonly authorization: string;
  /** For the apiserver, lower case, with Audit-Id set to the request id: framing, identity and Upgrade are to be added. */
  readonly headers: HeaderList;
  /** Whom the client asks to act as. Not among the headers: it may go only after the apiserver was asked. */
  readonly asked: AskedIdentity | undefined;
}

const CLIENT_ADDRESS = /^[0-9A-Fa-f:.]{2,45}$/;

/**
 * Splits the headers of a decoded request head into the credentials and what may go to the apiserver.
 *
 * @throws HttpError for identity headers in any spelling but the exact one (403), repeated singletons, and all that no honest edge lets pass (400).
 */
export function filterRequestHeaders(head: RequestHead): ForwardedHeaders {
  const forwarded: HeaderList = ['audit-id', head.requestId];
  const headers = head.headers;
  let seen = 0;
  let authorization = '';
  let clientAddress = '';
  let asked: HeaderList | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] ?? '';
    const { name, action, once } = ruleOf(headers[i] ?? '');
    if ((seen & once) !== 0)
      throw new HttpError('CC_ERR_HTTP_DUPLICATE_HEADER', `${name} may come once only`);
    seen |= once;
    if (action === ACTION.forward) {
      forwarded.push(name, value);
    } else if (action === ACTION.authorization) {
      authorization = value;
    } else if (action === ACTION.subprotocol && !holdsBearerSubprotocol(value)) {
      forwarded.push(name, value);
    } else if (action === ACTION.clientAddress && clientAddress === '' && CLIENT_ADDRESS.test(value)) {
      clientAddress = value;
      forwarded.push(name, value);
    } else if (action === ACTION.impersonate) {
      (asked ??= []).push(name, value);
    } else if (action === ACTION.identity) {
      refuseIdentityHeader();
    } else {
      throw new HttpError('CC_ERR_HTTP_BAD_HEADER', `the gateway let ${name} pass`);
    }
  }
  return {
    authorization,
    headers: forwarded,
    asked: asked === undefined ? undefined : readAskedIdentity(asked),
  };
}
