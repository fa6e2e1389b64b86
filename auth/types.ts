// What a verified token becomes. Field for field Kubernetes' own user.Info, so that nothing is lost on the way.

/** A Kubernetes user as the apiserver sees it (k8s.io/apiserver authentication/user.Info). */
export interface UserInfo {
  readonly name: string;
  /** May be empty: then no Impersonate-Uid is sent. */
  readonly uid: string;
  readonly groups: readonly string[];
  /** Keys are lower case (k8s.io/apiserver: extra keys cannot round-trip otherwise). */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type PrincipalKind = 'user' | 'application';

/** An access token that passed every check, and whom it stands for. */
export interface VerifiedToken {
  readonly kind: PrincipalKind;
  /** Entra `tid`. */
  readonly tenantId: string;
  /** Entra `oid`: of the user, or of the service principal. */
  readonly objectId: string;
  /** Entra `azp` (v2) or `appid` (v1): the client application; empty when the token names none. */
  readonly applicationId: string;
  /** Entra `uti`; empty when absent. */
  readonly tokenId: string;
  /** Object ids of groups. */
  readonly groups: readonly string[];
  readonly expiresAtMs: number;
  readonly user: UserInfo;
  /** The user as Impersonate-* headers, a flat name/value list made once for each token. */
  readonly impersonation: readonly string[];
}

/** Turns a bearer token into a verified identity; never answers for a token it could not check. */
export interface TokenVerifier {
  /** The hot path: what an earlier `verify` found, if that token has not expired since. Never throws. */
  cached(token: string): VerifiedToken | undefined;
  /** @throws AuthError for a token that is refused, or when its keys could not be fetched. */
  verify(token: string): Promise<VerifiedToken>;
  close(): Promise<void>;
}

export interface EntraSettings {
  /** Where tokens come from, e.g. `https://login.microsoftonline.com`. Sovereign clouds and tests set another. */
  readonly authorityHost: string;
  /** Tenant ids (GUIDs) whose tokens are accepted. */
  readonly tenants: readonly string[];
  /** Accepted `aud` values: the API's client id and, for v1 tokens, its App ID URIs. */
  readonly audiences: readonly string[];
  /** `oid` is immutable; `upn` follows Azure Arc's convention. */
  readonly usernameClaim: 'oid' | 'upn';
  /** A token whose groups did not fit (over 200): refuse it, or go on without groups. */
  readonly groupsOverage: 'fail' | 'without-groups';
  /** Tolerated difference of clocks, in seconds, 0 to 60. */
  readonly clockSkewSeconds: number;
  /** PEM of an extra CA for the authority host: a TLS-inspecting proxy, or a test. */
  readonly authorityCa?: string;
}
