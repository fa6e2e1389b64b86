// The gateway's settings, already parsed and checked: this file only says what they are.
import type { EntraSettings } from '../auth/index.ts';
import type { LogLevel } from '../observe/index.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

/** Roles grow to the right: a viewer reads, a user reads and writes, an admin also manages the cluster. */
export type AccessRole = 'viewer' | 'user' | 'admin';

/** Who may reach a cluster through the gateway. Nobody may whom no rule names. */
export interface AccessRule {
  /** Cluster names; `*` is every cluster. */
  readonly clusters: readonly string[];
  readonly role: AccessRole;
  /** Entra object ids. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Application (client) ids or object ids of service principals: match app-only tokens, never a user's. */
  readonly applications: readonly string[];
}

/** Which ServiceAccounts of which clusters may come with their own tokens. */
export interface ServiceAccountRule {
  /** The names of the one cluster whose keys these are. */
  readonly clusters: readonly string[];
  /** As the tokens name it (`iss`). */
  readonly issuers: readonly string[];
  /** The cluster's public keys, as text: the JWK set of `kubectl get --raw /openid/v1/jwks`. */
  readonly keys: string;
  /** `namespace:name`. */
  readonly accounts: readonly string[];
  readonly role: AccessRole;
}

export interface GatewayConfig {
  readonly listen: ListenAddress;
  /** /healthz, /readyz and /metrics: plain HTTP, never exposed. */
  readonly privateListen: ListenAddress;
  /** Where clients and agents find the gateway, e.g. `https://relay.example.com`; an origin without a path. */
  readonly publicUrl: string;
  /** Holds the gateway's own CA, its keys and its database. */
  readonly dataDir: string;
  /** `<cluster>.<clusterDomain>` is a cluster's TLS server name. */
  readonly clusterDomain: string;
  /** `<cluster>.<hostDomain>` is a cluster's host name, where the operator has a wildcard certificate. */
  readonly hostDomain?: string;
  /** The certificate for the gateway's own name (and host domain); without it the own CA issues one. */
  readonly tls?: { readonly certificateFile: string; readonly privateKeyFile: string };
  readonly entra: EntraSettings;
  readonly access: readonly AccessRule[];
  /** None by default: then no ServiceAccount's token is accepted. */
  readonly serviceAccounts?: readonly ServiceAccountRule[];
  /** Who is kept out whatever the rules say. */
  readonly denyListFile?: string;
  /** How long a stream may outlive its token; 0 by default. */
  readonly tokenGraceMs?: number;
  /** Who may use a proof-of-possession token again: the address that used it first (by default), or any. */
  readonly popHolder?: 'address' | 'any';
  /** How long running requests may go on after SIGTERM. */
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
}

/** What `cluster-connect gateway` runs: one gateway, or several processes of it behind one port. */
export interface GatewayServiceConfig extends GatewayConfig {
  /** `auto` is one for each core that this process may use. */
  readonly processes: number | 'auto';
}
