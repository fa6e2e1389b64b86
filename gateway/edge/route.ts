// Which cluster a request names: by TLS server name, by host, or by path (DESIGN §6). Pure.
import { hostName, isClusterName, splitClusterPath } from '../../http/index.ts';
import { GatewayError } from '../gateway-error.ts';

export type Route =
  | {
      readonly kind: 'cluster';
      readonly cluster: string;
      readonly target: string;
      readonly pathPrefix: string;
    }
  | { readonly kind: 'api'; readonly target: string }
  | { readonly kind: 'tunnel' };

export interface Router {
  /**
   * @param serverName TLS server name, lower case, empty when there was none
   * @param host the Host header or :authority
   * @throws GatewayError 421 when host and server name belong to different names, 404 for a path that names nothing
   */
  route(serverName: string, host: string, target: string): Route;
  /** The cluster that a TLS server name names; undefined for any other name. */
  clusterOfServerName(serverName: string): string | undefined;
}

export interface RouterOptions {
  /** Host names (no port) of the gateway itself. */
  readonly ownHosts: readonly string[];
  readonly clusterDomain: string;
  readonly hostDomain: string | undefined;
}

export function createRouter(options: RouterOptions): Router {
  const ownHosts = new Set(options.ownHosts.map((host) => host.toLowerCase()));
  const nameSuffix = `.${options.clusterDomain.toLowerCase()}`;
  const hostSuffix = options.hostDomain === undefined ? undefined : `.${options.hostDomain.toLowerCase()}`;

  function clusterOfServerName(serverName: string): string | undefined {
    if (!serverName.endsWith(nameSuffix)) return undefined;
    return labelBefore(serverName, nameSuffix);
  }

  return {
    clusterOfServerName,
    route: (serverName, rawHost, target) => {
      const host = hostName(rawHost);
      if (serverName.endsWith(nameSuffix)) {
        // The default of get-credentials: the gateway's address as server, the cluster as tls-server-name.
        const cluster = clusterOfServerName(serverName);
        if (cluster === undefined) throw notServed();
        if (!ownHosts.has(host) && host !== serverName) throw misdirected();
        return { kind: 'cluster', cluster, target, pathPrefix: '' };
      }
      if (hostSuffix !== undefined && host.endsWith(hostSuffix) && !ownHosts.has(host)) {
        const cluster = labelBefore(host, hostSuffix);
        if (cluster === undefined) throw notServed();
        // A certificate was chosen by the server name: it has to be this host's (security R3).
        if (serverName !== '' && serverName !== host) throw misdirected();
        return { kind: 'cluster', cluster, target, pathPrefix: '' };
      }
      if (!ownHosts.has(host) || (serverName !== '' && !ownHosts.has(serverName))) throw misdirected();
      if (target.startsWith('/clusters/')) {
        const split = splitClusterPath(target);
        if (split === undefined) throw notServed();
        return { kind: 'cluster', ...split, pathPrefix: `/clusters/${split.cluster}` };
      }
      if (target === '/tunnel') return { kind: 'tunnel' };
      if (target.startsWith('/api/v1/')) return { kind: 'api', target };
      throw notServed();
    },
  };
}

function labelBefore(name: string, suffix: string): string | undefined {
  const label = name.slice(0, -suffix.length);
  return isClusterName(label) ? label : undefined;
}

function misdirected(): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_MISDIRECTED',
    'the host of this request is not one that this connection serves',
  );
}

function notServed(): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_NOT_FOUND',
    'nothing is served here; a cluster is at its TLS server name or below /clusters/<name>/',
  );
}
