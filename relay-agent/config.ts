// The agent's settings, already parsed and checked: this file only says what they are.
import type { EntraSettings } from '../auth/index.ts';
import type { LogLevel } from '../observe/index.ts';

export interface AgentConfig {
  /** The gateway's public URL, e.g. `https://relay.example.com`. */
  readonly gatewayUrl: string;
  /** PEM of the CA that signed the gateway's certificate; without it the system's roots. */
  readonly gatewayCa?: string;
  /** Needed once, to register this agent's public key; never needed again. */
  readonly joinToken?: string;
  /** Holds the agent's private key and what registration answered. */
  readonly stateDir: string;
  /** `http://[user:password@]host:port` of an outbound proxy (HTTPS_PROXY), already matched against NO_PROXY. */
  readonly proxyUrl?: string;
  /** How many tunnels to keep, at least 1; 2 by default. */
  readonly tunnels: number;
  readonly entra: EntraSettings;
  /** Issuers of ServiceAccount tokens that go to the apiserver as they are; none by default. */
  readonly serviceAccountIssuers?: readonly string[];
  /** Who is kept out whatever their token says. */
  readonly denyListFile?: string;
  /** How long a stream may outlive its token; 0 by default. */
  readonly tokenGraceMs?: number;
  /** Of a user's groups only those are sent that a role binding of the cluster names; all by default. */
  readonly groups?: 'all' | 'bound';
  readonly upstream: UpstreamConfig;
  /** `host:port` for /healthz, /readyz and /metrics; none by default: the agent listens on nothing. */
  readonly privateListen?: { readonly host: string; readonly port: number };
  /** How long running streams may go on after SIGTERM. */
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
}

/** The one apiserver that this agent speaks to, and how. */
export interface UpstreamConfig {
  /** e.g. `https://kubernetes.default.svc`; an origin without a path. */
  readonly server: string;
  /** PEM of the CA that signed the apiserver's certificate. */
  readonly ca: string;
  /** File with the agent's ServiceAccount token; re-read before it expires. */
  readonly tokenFile: string;
}
