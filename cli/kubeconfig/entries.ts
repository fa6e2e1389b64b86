// The three entries of a kubeconfig that lead to one cluster through the gateway. Pure, and without any secret.

export type Route = 'name' | 'path' | 'host';

export interface KubeconfigRequest {
  /** An https origin. */
  readonly gatewayUrl: string;
  readonly clusterName: string;
  readonly route: Route;
  readonly clusterDomain: string;
  /** Only for `--route host`. */
  readonly hostDomain?: string;
  /** PEM of the CA that signs the certificate the client will meet; without it the system's roots. */
  readonly ca?: string;
  /** The name of all three entries. */
  readonly context: string;
  readonly exec: { readonly command: string; readonly args: readonly string[] };
}

export interface KubeconfigEntries {
  readonly name: string;
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly user: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

export const EXEC_API_VERSION = 'client.authentication.k8s.io/v1';
const INSTALL_HINT = `cluster-connect is not installed or not on PATH.
Install it, or write this kubeconfig again with get-credentials, then run your command again.`;

/** facts/kubernetes-wire.md §4: field names of clientcmd/api/v1, and which kubectl commands keep which route. */
export function kubeconfigEntries(request: KubeconfigRequest): KubeconfigEntries {
  return {
    name: request.context,
    cluster: {
      server: SERVERS[request.route](request),
      ...(request.route === 'name'
        ? { 'tls-server-name': `${request.clusterName}.${request.clusterDomain}` }
        : {}),
      ...(request.ca === undefined
        ? {}
        : { 'certificate-authority-data': Buffer.from(request.ca, 'utf8').toString('base64') }),
    },
    user: {
      exec: {
        apiVersion: EXEC_API_VERSION,
        command: request.exec.command,
        args: [...request.exec.args],
        interactiveMode: 'IfAvailable',
        provideClusterInfo: false,
        installHint: INSTALL_HINT,
      },
    },
    context: { cluster: request.context, user: request.context },
  };
}

const SERVERS: Readonly<Record<Route, (request: KubeconfigRequest) => string>> = {
  name: (request) => request.gatewayUrl,
  path: (request) => `${request.gatewayUrl}/clusters/${request.clusterName}`,
  host: hostServer,
};

function hostServer(request: KubeconfigRequest): string {
  if (request.hostDomain === undefined) throw new TypeError('the host route needs hostDomain');
  const { port } = new URL(request.gatewayUrl);
  return `https://${request.clusterName}.${request.hostDomain}${port === '' ? '' : `:${port}`}`;
}
