// Which cluster, by which way and under which name: get-credentials' options about the cluster, checked.
import { CliError, usageError } from '../cli-error.ts';
import { parseAddress } from '../kubeconfig/cluster-address.ts';
import type { AddressFlags } from '../kubeconfig/cluster-address.ts';
import type { ClusterAddress, Route } from '../kubeconfig/entries.ts';
import { readCertificates } from '../kubeconfig/read-certificates.ts';

export interface ClusterOptions extends AddressFlags {
  readonly ca?: string;
  readonly context?: string;
}

const CONTEXT_NAME = /^[\w.@:/-]{1,253}$/;

/** @throws CliError */
export function clusterAddress(options: ClusterOptions, route: Route): ClusterAddress {
  const address = parseAddress(options, route);
  const ca = readCa(options, route);
  return { ...address, ...(ca === undefined ? {} : { ca }) };
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

// No public CA signs a name under the cluster domain: without the gateway's CA no connection could ever succeed.
function readCa(options: ClusterOptions, route: Route): string | undefined {
  if (options.ca === undefined) {
    if (route !== 'name') return undefined;
    throw usageError(
      "--route name needs the gateway's CA",
      'Give the PEM file that `cluster-connect cluster add` names with --ca, or use --route path or host',
    );
  }
  const found = readCertificates(options.ca);
  if ('pem' in found) return found.pem;
  throw new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `--ca ${options.ca} ${found.fault}`,
    'Name the PEM file of the CA',
  );
}
