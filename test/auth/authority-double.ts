// An authority without a socket: the documents of some stand-in tenants, counted, and made to fail on demand.
import { createEntraVerifier } from '../../auth/index.ts';
import type { EntraSettings, TokenVerifier } from '../../auth/index.ts';
import { resolveAuthority } from '../../auth/entra-clouds.ts';
import type { Authority } from '../../auth/entra-clouds.ts';
import type { KeyFetch } from '../../auth/key-fetch.ts';
import type { Tenant } from '../../demo/entra/index.ts';

export const ORIGIN = 'https://login.example.test';

/** @throws TypeError for what is no authority */
export function authorityAt(origin: string): Authority {
  const authority = resolveAuthority(origin);
  if (authority === undefined) throw new TypeError('not an authority');
  return authority;
}

export interface AuthorityDouble {
  readonly keyFetch: KeyFetch;
  /** Paths asked for, in order. */
  readonly requested: string[];
  /** Replaces what a fetch answers; undefined goes back to the tenants' documents. */
  answerWith(answer: ((url: string) => Promise<unknown>) | undefined): void;
}

export function createAuthorityDouble(...tenants: readonly Tenant[]): AuthorityDouble {
  const requested: string[] = [];
  let override: ((url: string) => Promise<unknown>) | undefined;
  const read = async (url: string): Promise<unknown> => {
    const { pathname } = new URL(url);
    requested.push(pathname);
    if (override !== undefined) return override(url);
    for (const tenant of tenants) {
      const document = tenant.document(pathname);
      if (document !== undefined) return document;
    }
    throw new Error('no such document');
  };
  return {
    keyFetch: { fetchJson: read, close: () => Promise.resolve() },
    requested,
    answerWith: (answer) => {
      override = answer;
    },
  };
}

export function settingsFor(tenant: Tenant, changes: Partial<EntraSettings> = {}): EntraSettings {
  return {
    authorityHost: ORIGIN,
    tenants: [tenant.tenantId],
    audiences: [tenant.directory.api.clientId, tenant.directory.api.appIdUri],
    usernameClaim: 'oid',
    groupsOverage: 'fail',
    clockSkewSeconds: 30,
    ...changes,
  };
}

export function verifierFor(
  tenant: Tenant,
  double: AuthorityDouble = createAuthorityDouble(tenant),
  changes: Partial<EntraSettings> = {},
): TokenVerifier {
  return createEntraVerifier(settingsFor(tenant, changes), { keyFetch: double.keyFetch });
}

/** The code of what was thrown or rejected; a test that expects a refusal compares it. */
export async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? String(error.code)
      : `not a coded error: ${String(error)}`;
  }
  return 'no error';
}
