// Where a request is to go and who sends it, from a kubeconfig or from flags: what every probe begins with.

export interface ExecPlugin {
  /** As the kubeconfig says, or absolute where it was relative to its file. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly apiVersion: string;
  readonly interactiveMode: string;
  readonly provideClusterInfo: boolean;
  readonly installHint: string;
  /** The cluster's extension `client.authentication.k8s.io/exec`. */
  readonly clusterConfig?: unknown;
}

/** What kubectl would send, in its order: a token file, a token, an exec plugin. */
export type Credential =
  | { readonly kind: 'exec'; readonly plugin: ExecPlugin }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'token-file'; readonly file: string }
  | { readonly kind: 'none'; readonly why: string }
  /** Flags without a word about signing in: no fault, but nothing to try either. */
  | { readonly kind: 'not-given' };

export interface Route {
  /** The name of the context, or of the cluster where there is no kubeconfig. */
  readonly name: string;
  readonly server: URL;
  /** Without a slash at its end; empty for most. */
  readonly pathPrefix: string;
  /** `tls-server-name`. */
  readonly serverName?: string;
  /** PEM; without it the roots of the system. */
  readonly ca?: string;
  /** `proxy-url` of the kubeconfig: goes before every variable. */
  readonly proxyUrl?: string;
  readonly insecure: boolean;
  readonly namespace: string;
  /** `as`, `as-group` and their like, as headers: a flat list. */
  readonly actAs: readonly string[];
  readonly credential: Credential;
}

/** The host as sockets want it: an IPv6 address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
}
