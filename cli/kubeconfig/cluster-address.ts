// The flags that say which cluster, and by which way: checked alike for a kubeconfig and for somebody who has none yet.
import { usageError } from '../cli-error.ts';
import { isClusterName } from '../../http/index.ts';
import { isDnsName, parseHttpsOrigin } from '../config/parse-text.ts';
import type { ClusterAddress, Route } from './entries.ts';

export interface AddressFlags {
  readonly gateway: string;
  readonly cluster: string;
  readonly clusterDomain: string;
  readonly hostDomain?: string;
}

/** The address but for its CA. @throws CliError CC_ERR_CLI_USAGE */
export function parseAddress(flags: AddressFlags, route: Route): Omit<ClusterAddress, 'ca'> {
  const gatewayUrl = parseHttpsOrigin(flags.gateway);
  if (gatewayUrl === undefined) {
    throw usageError(
      '--gateway is not an https address without a path',
      'Give it like https://relay.example.com',
    );
  }
  if (!isClusterName(flags.cluster)) {
    throw usageError(
      '--cluster is not the name of a cluster',
      'See `cluster-connect cluster list` at the gateway',
    );
  }
  return {
    gatewayUrl,
    clusterName: flags.cluster,
    route,
    clusterDomain: domain('--cluster-domain', flags.clusterDomain),
    ...(route === 'host' ? { hostDomain: hostDomain(flags) } : {}),
  };
}

function hostDomain(flags: AddressFlags): string {
  if (flags.hostDomain !== undefined) return domain('--host-domain', flags.hostDomain);
  throw usageError('--route host needs the domain', "Give the gateway's hostDomain with --host-domain");
}

function domain(flag: string, text: string): string {
  if (isDnsName(text)) return text;
  throw usageError(`${flag} is not a DNS name in lower case`, 'Give it like clusters.example.com');
}
