// Every way in which a kubectl can talk to a cluster behind the relay: its age, its protocols, and the route that
// names the cluster. The tests run over these, so that each is measured against the same kubectl without the relay.
import type { KubeconfigCluster } from '../../demo/control-plane/index.ts';
import type { ToolPaths } from './tools/find-tools.ts';

export interface Transport {
  readonly name: string;
  readonly kubectl: 'recent' | 'old';
  /** How kubectl is told which protocols to speak. */
  readonly environment: Readonly<Record<string, string>>;
  /** get-credentials' --route. */
  readonly route: 'name' | 'path' | 'host';
}

const HTTP_1 = { DISABLE_HTTP2: '1' };
const NO_WEBSOCKETS = {
  KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
  KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false',
};

/** What get-credentials' defaults give, with WebSocket streams. */
export const HTTP_2: Transport = { name: 'HTTP/2', kubectl: 'recent', environment: {}, route: 'name' };
export const HTTP_1_1: Transport = {
  name: 'HTTP/1.1',
  kubectl: 'recent',
  environment: HTTP_1,
  route: 'name',
};
/** Differs from HTTP/2 only in exec, attach, cp and port-forward. */
export const SPDY: Transport = {
  name: 'SPDY',
  kubectl: 'recent',
  environment: NO_WEBSOCKETS,
  route: 'name',
};
export const PATH_ROUTE: Transport = {
  name: 'path route',
  kubectl: 'recent',
  environment: {},
  route: 'path',
};
export const HOST_ROUTE: Transport = {
  name: 'host route',
  kubectl: 'recent',
  environment: {},
  route: 'host',
};
/** Its streams are SPDY: it knows nothing else. */
export const OLD_KUBECTL: Transport = {
  name: 'kubectl 1.20',
  kubectl: 'old',
  environment: {},
  route: 'name',
};
const OLD_HTTP_1_1: Transport = {
  name: 'kubectl 1.20, HTTP/1.1',
  kubectl: 'old',
  environment: HTTP_1,
  route: 'name',
};
const OLD_PATH_ROUTE: Transport = {
  name: 'kubectl 1.20, path route',
  kubectl: 'old',
  environment: {},
  route: 'path',
};
const OLD_HOST_ROUTE: Transport = {
  name: 'kubectl 1.20, host route',
  kubectl: 'old',
  environment: {},
  route: 'host',
};

export const TRANSPORTS: readonly Transport[] = [
  HTTP_2,
  HTTP_1_1,
  SPDY,
  PATH_ROUTE,
  HOST_ROUTE,
  OLD_KUBECTL,
  OLD_HTTP_1_1,
  OLD_PATH_ROUTE,
  OLD_HOST_ROUTE,
];

/** For exec, attach, cp, port-forward and logs: where the HTTP version of ordinary requests plays no part, it is left out. */
export const STREAM_TRANSPORTS: readonly Transport[] = [HTTP_2, SPDY, PATH_ROUTE, HOST_ROUTE, OLD_KUBECTL];

/** For tests of bodies and watches, which depend on the HTTP version alone. */
export const HTTP_TRANSPORTS: readonly Transport[] = [HTTP_2, HTTP_1_1];

/** A name for files and objects: letters, digits and hyphens. */
export function slugOf({ name }: Transport): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

export function kubectlFile(tools: ToolPaths, { kubectl }: Transport): string {
  return kubectl === 'old' ? tools.oldKubectl : tools.kubectl;
}

/** Where the gateway of a test is, for clients. */
export interface GatewayAddress {
  /** e.g. `https://127.0.0.1:34567` */
  readonly publicUrl: string;
  readonly caPem: string;
  readonly clusterDomain: string;
  readonly hostDomain: string;
  /** A proxy that finds every name of `hostDomain` at the gateway: no test depends on DNS. */
  readonly proxyUrl: string;
}

/** What get-credentials writes for the route (facts/kubernetes-wire.md §4), but for the proxy in place of DNS. */
export function clusterOfRoute(
  route: Transport['route'],
  clusterName: string,
  { publicUrl, caPem, clusterDomain, hostDomain, proxyUrl }: GatewayAddress,
): KubeconfigCluster {
  if (route === 'path') return { server: `${publicUrl}/clusters/${clusterName}`, caPem };
  if (route === 'name') return { server: publicUrl, caPem, tlsServerName: `${clusterName}.${clusterDomain}` };
  const { port } = new URL(publicUrl);
  return { server: `https://${clusterName}.${hostDomain}:${port}`, caPem, proxyUrl };
}
