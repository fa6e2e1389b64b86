// What a verified token becomes. Field for field Kubernetes' own user.Info, so that nothing is lost on the way.
import type { GraphSettings } from './graph/index.ts';

/** A Kubernetes user as the apiserver sees it (k8s.io/apiserver authentication/user.Info). */
export interface UserInfo {
  readonly name: string;
  /** May be empty: then no Impersonate-Uid is sent. */
  readonly uid: string;
  readonly groups: readonly string[];
  /** Keys are lower case (k8s.io/apiserver: extra keys cannot round-trip otherwise). */
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type PrincipalKind = 'user' | 'application' | 'service-account';

/** What a proof-of-possession token adds to the access token in it; who may use it where is judged for each request (pop/pop-gate.ts). */
export interface PopProof {
  /** The claim `u`: the id of the cluster that the token is for. */
  readonly url: string;
  readonly nonce: string;
  /** RFC 7638, of the key that the access token is bound to. */
  readonly thumbprint: string;
  /** SHA-256 of the whole token. */
  readonly digest: string;
  /** Until when it is accepted, by its own age; ms since 1970. */
  readonly usableUntilMs: number;
}

/** An access token that passed every check, and whom it stands for. */
export interface VerifiedToken {
  readonly kind: PrincipalKind;
  /** Entra `tid`; of a ServiceAccount its issuer, `#` and the id of its key. */
  readonly tenantId: string;
  /** Entra `oid`: of the user, or of the service principal; of a ServiceAccount `namespace:name`. */
  readonly objectId: string;
  /** Entra `azp` (v2) or `appid` (v1): the client application; empty when the token names none. */
  readonly applicationId: string;
  /** Entra `uti`, a ServiceAccount token's `jti`; empty when absent. */
  readonly tokenId: string;
  /** Object ids of groups. */
  readonly groups: readonly string[];
  /** When streams of this token end; Infinity for a ServiceAccount's token of the old kind, which never expires. */
  readonly expiresAtMs: number;
  /** Until when new requests need no other look at the token: no later than it expires. */
  readonly recheckAtMs: number;
  readonly user: UserInfo;
  /**
   * The user as Impersonate-* headers, a flat name/value list made once for each token. Empty for a ServiceAccount: its own token goes
   * to the apiserver, and nobody is impersonated.
   */
  readonly impersonation: readonly string[];
  /** Only of a proof-of-possession token. */
  readonly pop?: PopProof;
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
  /** A token whose groups did not fit (over 200): refuse it, go on without groups, or ask Microsoft Graph. */
  readonly groupsOverage: 'fail' | 'without-groups' | 'graph';
  /** For `graph`: with whose permission, and what becomes of a user while Graph cannot be asked. */
  readonly graph?: GraphSettings & { readonly whenUnavailable: 'fail' | 'without-groups' };
  /** A user's token needs one of these scopes (`scp`); none by default. */
  readonly requiredScopes?: readonly string[];
  /** An application's token needs one of these app roles (`roles`); none by default. */
  readonly requiredRoles?: readonly string[];
  /** Plain bearer tokens, proof-of-possession tokens, or (by default) either. */
  readonly accept?: 'bearer' | 'pop' | 'either';
  /** How long after it was signed a proof-of-possession token is accepted; 15 minutes by default. */
  readonly popLifetimeMs?: number;
  /** Tolerated difference of clocks, in seconds, 0 to 60. */
  readonly clockSkewSeconds: number;
  /** PEM of an extra CA for the authority host: a TLS-inspecting proxy, or a test. */
  readonly authorityCa?: string;
  /** `http://[user:password@]host:port` of an outbound proxy to the authority, already matched against NO_PROXY; and to Graph. */
  readonly authorityProxyUrl?: string;
  readonly graphProxyUrl?: string;
}
