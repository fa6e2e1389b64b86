// A token for the application itself: RFC 6749 §4.4, Microsoft's v2-oauth2-client-creds-grant-flow.md.
import { RefusedRequest, required } from '../answers.ts';
import { scopesOf, tokenMembers } from './grant.ts';
import type { Grant, GrantContext } from './grant.ts';
import { readProofKey } from './proof-key.ts';

export function createClientCredentials(context: GrantContext): Grant {
  const { tenant, ttlSeconds } = context;
  return (form, { app, credential }) => {
    if (credential === 'none') {
      throw new RefusedRequest(
        'invalid_client',
        7000216,
        "'client_assertion' or 'client_secret' is required for the 'client_credentials' grant type.",
        401,
      );
    }
    const scope = required(form, 'scope');
    // MSAL for Go adds the scopes of OpenID Connect even here, and Entra passes over them.
    const { resource, isDefault } = scopesOf(context, scope);
    if (!isDefault) {
      throw new RefusedRequest(
        'invalid_scope',
        1002012,
        `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      );
    }
    const confirmation = readProofKey(form);
    const accessToken = tenant.issueToken({
      app,
      credential,
      resource,
      ttlSeconds,
      ...(confirmation !== undefined && { confirmation }),
    });
    return { status: 200, body: { ...tokenMembers(ttlSeconds, confirmation), access_token: accessToken } };
  };
}
