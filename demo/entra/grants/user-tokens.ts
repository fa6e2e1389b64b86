// What a signed-in person's client gets: an access token, and with the scopes for them an ID token and a refresh token,
// which is known here afterwards. Microsoft's v2-oauth2-auth-code-flow.md, "Successful response".
import { randomBytes } from 'node:crypto';
import type { JsonAnswer } from '../answers.ts';
import type { AuthenticatedClient } from '../clients/authenticate-client.ts';
import type { DirectoryUser } from '../directory.ts';
import type { Confirmation } from '../token-request.ts';
import { scopesOf, tokenMembers } from './grant.ts';
import type { GrantContext } from './grant.ts';

export interface UserGrant {
  readonly user: DirectoryUser;
  readonly client: AuthenticatedClient;
  /** As it was asked for. */
  readonly scope: string;
  readonly nonce?: string;
  readonly confirmation?: Confirmation | undefined;
}

export interface RefreshGrant {
  readonly user: DirectoryUser;
  readonly clientId: string;
  readonly scope: string;
}

export interface UserTokens {
  /** @param form of the request: `client_info=1` asks for one @throws RefusedRequest */
  answer(form: URLSearchParams, grant: UserGrant): JsonAnswer;
  findRefresh(refreshToken: string): RefreshGrant | undefined;
}

const MAX_REFRESH_TOKENS = 100;

export function createUserTokens(context: GrantContext): UserTokens {
  const { tenant, ttlSeconds } = context;
  const refreshGrants = new Map<string, RefreshGrant>();

  function issueRefreshToken(grant: RefreshGrant): string {
    for (const oldest of refreshGrants.keys()) {
      if (refreshGrants.size < MAX_REFRESH_TOKENS) break;
      refreshGrants.delete(oldest);
    }
    const refreshToken = `1.${randomBytes(64).toString('base64url')}`;
    refreshGrants.set(refreshToken, grant);
    return refreshToken;
  }

  return {
    answer(form, { user, client, scope, nonce, confirmation }) {
      const { app, credential } = client;
      const { resource, resourceScopes, openid, offlineAccess } = scopesOf(context, scope);
      const accessToken = tenant.issueToken({
        user,
        client: app.clientId,
        credential,
        resource,
        ttlSeconds,
        ...(confirmation !== undefined && { confirmation }),
      });
      const permission = resource.kind === 'graph' ? 'User.Read' : tenant.directory.api.scope;
      // What was asked for is among what was granted: MSAL takes the rest for refused.
      const granted = [...new Set([`${resource.identifier}/${permission}`, ...resourceScopes])].join(' ');
      const idToken = (): string =>
        tenant.issueIdToken(user, app.clientId, nonce === undefined ? {} : { nonce });
      return {
        status: 200,
        body: {
          ...tokenMembers(ttlSeconds, confirmation, granted),
          access_token: accessToken,
          ...(offlineAccess && {
            refresh_token: issueRefreshToken({ user, clientId: app.clientId, scope }),
          }),
          ...(openid && { id_token: idToken() }),
          ...(form.get('client_info') === '1' && { client_info: clientInfo(user, tenant.tenantId) }),
        },
      };
    },
    findRefresh: (refreshToken) => refreshGrants.get(refreshToken),
  };
}

/** Who signed in, for a client's cache. */
export function clientInfo({ objectId }: DirectoryUser, tenantId: string): string {
  return Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString('base64url');
}
