// The route for somebody who has no kubeconfig yet: what get-credentials would write, from the same flags.
import { parseAddress } from '../kubeconfig/cluster-address.ts';
import type { AddressFlags } from '../kubeconfig/cluster-address.ts';
import { EXEC_API_VERSION, serverUrl, tlsServerName } from '../kubeconfig/entries.ts';
import { readCertificates } from '../kubeconfig/read-certificates.ts';
import { failed, ok } from './hops.ts';
import type { Outcome } from './hops.ts';
import type { Credential, Route } from './route.ts';

export interface RouteFlags extends AddressFlags {
  readonly ca?: string;
  readonly route: 'name' | 'path' | 'host';
  readonly namespace?: string;
  /** For get-token, as they were typed; empty when nothing was said about signing in. */
  readonly signInArguments: readonly string[];
}

/** @throws CliError CC_ERR_CLI_USAGE for flags that cannot be understood */
export function routeOfFlags(flags: RouteFlags): () => Outcome<Route> {
  const address = parseAddress(flags, flags.route);
  const server = new URL(serverUrl(address));
  const serverName = tlsServerName(address);
  return () => {
    const found = flags.ca === undefined ? undefined : readCertificates(flags.ca);
    if (found !== undefined && 'fault' in found) {
      return failed('ca-unusable', {
        message: `--ca ${flags.ca} ${found.fault}`,
        advice: "Name the PEM file with the gateway's CA: its operator has it (`cluster add` names it).",
      });
    }
    const route: Route = {
      name: flags.cluster,
      server,
      pathPrefix: server.pathname.replace(/\/$/, ''),
      ...(serverName === undefined ? {} : { serverName }),
      ...(found === undefined ? {} : { ca: found.pem }),
      insecure: false,
      namespace: flags.namespace ?? 'default',
      actAs: [],
      credential: credentialOf(flags.signInArguments),
    };
    return ok(route, {
      message: `none: --gateway ${server.origin}, cluster ${flags.cluster}`,
      facts: {
        server: server.href,
        cluster: flags.cluster,
        tlsServerName: serverName ?? '',
        ownCa: found !== undefined,
      },
    });
  };
}

/** This very program as the plugin: the version that is asked is the one that answers. */
function credentialOf(signInArguments: readonly string[]): Credential {
  if (signInArguments.length === 0) return { kind: 'not-given' };
  return {
    kind: 'exec',
    plugin: {
      command: process.execPath,
      args: [process.argv[1] ?? '', 'get-token', ...signInArguments],
      env: [],
      apiVersion: EXEC_API_VERSION,
      interactiveMode: 'IfAvailable',
      provideClusterInfo: false,
      installHint: '',
    },
  };
}
