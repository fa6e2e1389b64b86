// Which cluster, by which way and under which name: get-credentials' options about the cluster, checked.
import { CliError, usageError } from '../cli-error.ts';
import { isClusterName } from '../../http/index.ts';
import { isDnsName, parseHttpsOrigin } from '../config/parse-text.ts';
import { certificatesIn } from '../config/pem.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import type { ClusterAddress, Route } from '../kubeconfig/entries.ts';

export interface ClusterOptions {
  readonly gateway: string;
  readonly cluster: string;
  readonly ca?: string;
  readonly clusterDomain: string;
  readonly hostDomain?: string;
  readonly context?: string;
}

const CONTEXT_NAME = /^[\w.@:/-]{1,253}$/;

/** @throws CliError */
export function clusterAddress(options: ClusterOptions, route: Route): ClusterAddress {
  const gatewayUrl = parseHttpsOrigin(options.gateway);
  if (gatewayUrl === undefined) {
    throw usageError(
      '--gateway is not an https address without a path',
      'Give it like https://relay.example.com',
    );
  }
  if (!isClusterName(options.cluster)) {
    throw usageError(
      '--cluster is not the name of a cluster',
      'See `cluster-connect cluster list` at the gateway',
    );
  }
  const ca = readCa(options, route);
  return {
    gatewayUrl,
    clusterName: options.cluster,
    route,
    clusterDomain: domain('--cluster-domain', options.clusterDomain),
    ...(route === 'host' ? { hostDomain: hostDomain(options) } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** @throws CliError */
export function contextName(options: ClusterOptions): string {
  const context = options.context ?? options.cluster;
  if (CONTEXT_NAME.test(context)) return context;
  throw usageError(
    '--context has characters that make trouble in a shell',
    'Use letters, digits and . _ - @ : /',
  );
}

function hostDomain(options: ClusterOptions): string {
  if (options.hostDomain !== undefined) return domain('--host-domain', options.hostDomain);
  throw usageError('--route host needs the domain', "Give the gateway's hostDomain with --host-domain");
}

function domain(flag: string, text: string): string {
  if (isDnsName(text)) return text;
  throw usageError(`${flag} is not a DNS name in lower case`, 'Give it like clusters.example.com');
}

// No public CA signs a name under the cluster domain: without the gateway's CA no connection could ever succeed.
function readCa(options: ClusterOptions, route: Route): string | undefined {
  if (options.ca === undefined) {
    if (route !== 'name') return undefined;
    throw usageError(
      "--route name needs the gateway's CA",
      'Give the PEM file that `cluster-connect cluster add` names with --ca, or use --route path or host',
    );
  }
  const file = readBoundedFile(options.ca, FILE_LIMITS.pem);
  const certificates = 'text' in file ? certificatesIn(file.text) : undefined;
  if (certificates !== undefined) return certificates;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--ca ${options.ca} ${'fault' in file ? describeFault(file) : 'holds no usable PEM certificate'}`,
    'Name the PEM file of the CA',
  );
}
