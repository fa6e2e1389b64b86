// Asks the token endpoint for a token that is bound to a key of ours, whatever the way to sign in: two more form fields in
// each request for a token. MSAL for Node has no way to ask for it, and need not know: what it gets back is called Bearer.
import { CliError } from '../../cli-error.ts';
import type { Send } from '../bounded-network.ts';
import type { KeyBinding } from '../sign-in-request.ts';

export function withBinding(send: Send, key: KeyBinding): Send {
  return async (method, url, options) => {
    const form = new URLSearchParams(options.body ?? '');
    if (method !== 'POST' || !form.has('grant_type')) return send(method, url, options);
    form.set('token_type', 'pop');
    form.set('req_cnf', key.requestConfirmation);
    const answer = await send(method, url, { ...options, body: form.toString() });
    const { body } = answer;
    if (typeof body !== 'object' || body === null || !('access_token' in body)) return answer;
    // An authority that does not know the fields passes over them: its token would be anybody's who finds it.
    const type = 'token_type' in body ? body.token_type : undefined;
    if (typeof type === 'string' && type.toLowerCase() === 'pop') {
      return { ...answer, body: { ...body, token_type: 'Bearer' } };
    }
    throw new CliError(
      'CC_ERR_CLI_SIGN_IN_FAILED',
      `${new URL(url).origin} gave a token that is not bound to this machine's key`,
      'Leave --pop-enabled out if this authority has no proof-of-possession tokens',
    );
  };
}
