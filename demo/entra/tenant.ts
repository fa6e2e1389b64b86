// A tenant of the double without its server: directory, keys, documents, tokens. Tests use it where no socket is needed.
// It signs anything for anybody. It is a double for demos and tests, and nothing that anyone should trust.
import { randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DEFAULT_DIRECTORY } from './default-directory.ts';
import type { Directory, DirectoryUser } from './directory.ts';
import { metadata } from './documents.ts';
import { createSigningKey, publishedKey, signJwt } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';
import { accessTokenClaims, idTokenClaims } from './token-claims.ts';
import type { ClaimsContext, IdTokenRequest, TokenRequest } from './token-request.ts';

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
  readonly issuer: (version: 1 | 2) => string;
  issueToken(request: TokenRequest): string;
  issueIdToken(user: DirectoryUser, clientId: string, request?: IdTokenRequest): string;
  /** The document at a path of the authority; undefined for a path that is not one of this tenant's documents. */
  document(path: string): unknown;
  /** As its key set says them, with the issuer of that version. */
  publishedKeys(version: 1 | 2): readonly Record<string, unknown>[];
  readonly publicKey: (keyId: unknown) => KeyObject | undefined;
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

  const publishedKeys = (version: 1 | 2): readonly Record<string, unknown>[] =>
    published.map((key) => publishedKey(key, issuer(version)));
  const documents: Readonly<Record<string, () => unknown>> = {
    [`/${tenantId}/.well-known/openid-configuration`]: () =>
      metadata({ origin, tenant: tenantId, version: 1, issuer: issuer(1) }),
    [`/${tenantId}/v2.0/.well-known/openid-configuration`]: () =>
      metadata({ origin, tenant: tenantId, version: 2, issuer: issuer(2) }),
    [`/${tenantId}/discovery/keys`]: () => ({ keys: publishedKeys(1) }),
    [`/${tenantId}/discovery/v2.0/keys`]: () => ({ keys: publishedKeys(2) }),
  };

  return {
    tenantId,
    directory,
    issuer,
    publishedKeys,
    publicKey: (keyId) => published.find((key) => key.keyId === keyId)?.publicKey,
    document: (path) => (Object.hasOwn(documents, path) ? documents[path]?.() : undefined),
    issueToken(request) {
      const claims = { ...accessTokenClaims(context, request), ...request.overrides };
      const key = request.signWith ?? signingKey;
      // Tokens of version 1 name their key twice, as access-tokens.md shows.
      const named = claims['ver'] === '1.0' ? { x5t: key.keyId } : {};
      return signJwt(key, { ...named, ...request.header }, claims);
    },
    issueIdToken: (user, clientId, request = {}) =>
      signJwt(signingKey, {}, idTokenClaims(context, user, clientId, request)),
    rotateKeys({ withdrawOld = false } = {}) {
      signingKey = createSigningKey();
      published = withdrawOld ? [signingKey] : [...published, signingKey];
      return signingKey;
    },
  };
}
