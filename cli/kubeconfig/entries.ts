// The three entries of a kubeconfig that lead to one cluster through the gateway. Pure, and without any secret.
import type { ExecPlugin } from './exec-plugin.ts';

export type Route = 'name' | 'path' | 'host';

export interface ClusterAddress {
  /** An https origin. */
  readonly gatewayUrl: string;
  readonly clusterName: string;
  readonly route: Route;
  readonly clusterDomain: string;
  /** Only for `--route host`. */
  readonly hostDomain?: string;
  /** PEM of the CA that signs the certificate the client will meet; without it the system's roots. */
  readonly ca?: string;
}

export interface KubeconfigRequest extends ClusterAddress {
  /** The name of all three entries. */
  readonly context: string;
  readonly exec: ExecPlugin;
  /** Whether the plugin may ask at the terminal. */
  readonly interactiveMode: 'IfAvailable' | 'Never';
}

export interface KubeconfigEntries {
  readonly name: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly user: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

export const EXEC_API_VERSION = 'client.authentication.k8s.io/v1';

/** facts/kubernetes-wire.md §4: field names of clientcmd/api/v1, and which kubectl commands keep which route. */
export function kubeconfigEntries(request: KubeconfigRequest): KubeconfigEntries {
  const name = tlsServerName(request);
  return {
    name: request.context,
    cluster: {
      server: serverUrl(request),
      ...(name === undefined ? {} : { 'tls-server-name': name }),
      ...(request.ca === undefined
        ? {}
        : { 'certificate-authority-data': Buffer.from(request.ca, 'utf8').toString('base64') }),
    },
    user: {
      exec: {
        apiVersion: EXEC_API_VERSION,
        command: request.exec.command,
        args: [...request.exec.args],
        interactiveMode: request.interactiveMode,
        provideClusterInfo: false,
        installHint: request.exec.installHint,
      },
    },
    context: { cluster: request.context, user: request.context },
  };
}

/** What a client calls the cluster's server; by the name route it needs the TLS server name as well. */
export function serverUrl(address: ClusterAddress): string {
  return SERVERS[address.route](address);
}

/** The name in the handshake that stands for the cluster; undefined where the address itself does. */
export function tlsServerName({ route, clusterName, clusterDomain }: ClusterAddress): string | undefined {
  return route === 'name' ? `${clusterName}.${clusterDomain}` : undefined;
}

const SERVERS: Readonly<Record<Route, (address: ClusterAddress) => string>> = {
  name: ({ gatewayUrl }) => gatewayUrl,
  path: ({ gatewayUrl, clusterName }) => `${gatewayUrl}/clusters/${clusterName}`,
  host: hostServer,
};

function hostServer({ gatewayUrl, clusterName, hostDomain }: ClusterAddress): string {
  if (hostDomain === undefined) throw new TypeError('the host route needs hostDomain');
  const { port } = new URL(gatewayUrl);
  return `https://${clusterName}.${hostDomain}${port === '' ? '' : `:${port}`}`;
}
