// A tenant of the stand-in without its server: directory, keys, documents, tokens. Tests use it where no socket is needed.
// It signs anything for anybody. It is a stand-in for demos and tests, and nothing that anyone should trust.
import { randomUUID } from 'node:crypto';
import { DEFAULT_DIRECTORY } from './directory.ts';
import type { Directory, DirectoryUser } from './directory.ts';
import { createSigningKey, publishedKey, signJwt } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';
import { accessTokenClaims, idTokenClaims } from './token-claims.ts';
import type { ClaimsContext, TokenRequest } from './token-claims.ts';

export interface TenantOptions {
  /** `https://host[:port]` of the authority. */
  readonly origin: string;
  /** A new GUID by default. */
  readonly tenantId?: string;
  readonly directory?: Partial<Directory>;
  /** A fixed issuer instead of one under `origin`, such as Entra's own. */
  readonly issuer?: (version: 1 | 2) => string;
}

export interface Tenant {
  readonly tenantId: string;
  readonly directory: Directory;
  issuer(version: 1 | 2): string;
  issueToken(request: TokenRequest): string;
  issueIdToken(user: DirectoryUser, clientId: string): string;
  /** The document at a path of the authority; undefined for a path that is not one of this tenant's documents. */
  document(path: string): unknown;
  /** Signs with a new key from now on. The old ones stay published, as at Entra, unless they are withdrawn. */
  rotateKeys(options?: { readonly withdrawOld?: boolean }): SigningKey;
}

export function createTenant(options: TenantOptions): Tenant {
  const { origin, tenantId = randomUUID() } = options;
  const directory: Directory = { ...DEFAULT_DIRECTORY, ...options.directory };
  const base = `${origin}/${tenantId}`;
  const issuer = options.issuer ?? ((version) => (version === 1 ? `${base}/` : `${base}/v2.0`));
  const context: ClaimsContext = { directory, tenantId, issuer };
  let signingKey = createSigningKey();
  let published: readonly SigningKey[] = [signingKey];

  const keySet = (version: 1 | 2): unknown => ({
    keys: published.map((key) => publishedKey(key, issuer(version))),
  });
  const documents: Readonly<Record<string, () => unknown>> = {
    [`/${tenantId}/.well-known/openid-configuration`]: () => metadata(base, issuer(1), 1),
    [`/${tenantId}/v2.0/.well-known/openid-configuration`]: () => metadata(base, issuer(2), 2),
    [`/${tenantId}/discovery/keys`]: () => keySet(1),
    [`/${tenantId}/discovery/v2.0/keys`]: () => keySet(2),
  };

  return {
    tenantId,
    directory,
    issuer,
    document: (path) => (Object.hasOwn(documents, path) ? documents[path]?.() : undefined),
    issueToken(request) {
      const claims = { ...accessTokenClaims(context, request), ...request.overrides };
      return signJwt(request.signWith ?? signingKey, request.header ?? {}, claims);
    },
    issueIdToken: (user, clientId) => signJwt(signingKey, {}, idTokenClaims(context, user, clientId)),
    rotateKeys({ withdrawOld = false } = {}) {
      signingKey = createSigningKey();
      published = withdrawOld ? [signingKey] : [...published, signingKey];
      return signingKey;
    },
  };
}

/** OpenID Connect Discovery 1.0 §3, with the members that Entra publishes and clients read. */
function metadata(base: string, issuer: string, version: 1 | 2): unknown {
  const infix = version === 1 ? '' : '/v2.0';
  return {
    token_endpoint: `${base}/oauth2${infix}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    jwks_uri: `${base}/discovery${infix}/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer,
    device_authorization_endpoint: `${base}/oauth2${infix}/devicecode`,
    authorization_endpoint: `${base}/oauth2${infix}/authorize`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'name', 'oid', 'preferred_username', 'tid', 'ver'],
    tenant_region_scope: 'EU',
    cloud_instance_name: new URL(base).host,
  };
}
