// What every grant is given: the tenant that answers, who asks, and for how long its tokens are good.
import type { JsonAnswer } from '../answers.ts';
import { readScopes } from '../resources.ts';
import type { RequestedScopes } from '../resources.ts';
import type { AuthenticatedClient } from '../clients/authenticate-client.ts';
import type { Tenant } from '../tenant.ts';
import type { Confirmation } from '../token-request.ts';

export interface GrantContext {
  readonly tenant: Tenant;
  readonly origin: string;
  readonly ttlSeconds: number;
}

/** @throws RefusedRequest */
export type Grant = (form: URLSearchParams, client: AuthenticatedClient) => JsonAnswer;

export function scopesOf({ tenant, origin }: GrantContext, scope: string): RequestedScopes {
  return readScopes(scope, tenant.directory, origin, tenant.tenantId);
}

/** The members that every token answer has, in Entra's order, with the granted scopes where there is a user. */
export function tokenMembers(
  ttlSeconds: number,
  confirmation: Confirmation | undefined,
  scope?: string,
): Readonly<Record<string, unknown>> {
  return {
    token_type: confirmation === undefined ? 'Bearer' : 'pop',
    ...(scope !== undefined && { scope }),
    expires_in: ttlSeconds,
    ext_expires_in: ttlSeconds,
  };
}
