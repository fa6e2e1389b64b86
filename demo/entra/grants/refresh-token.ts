// New tokens for a person who signed in before: RFC 6749 §6. The old refresh token stays good, as at Entra.
import { RefusedRequest, required } from '../answers.ts';
import type { Grant } from './grant.ts';
import { readProofKey } from './proof-key.ts';
import type { UserTokens } from './user-tokens.ts';

export function createRefreshTokenGrant(userTokens: UserTokens): Grant {
  return (form, client) => {
    const grant = userTokens.findRefresh(required(form, 'refresh_token'));
    if (grant === undefined || grant.clientId !== client.app.clientId) {
      throw new RefusedRequest(
        'invalid_grant',
        70000,
        'Provided grant is invalid or malformed: the refresh token is not known.',
      );
    }
    const scope = form.get('scope') ?? grant.scope;
    return userTokens.answer(form, { user: grant.user, client, scope, confirmation: readProofKey(form) });
  };
}
