// The route for somebody who has no kubeconfig yet: what get-credentials would write, from the same flags.
import { isDnsName, parseHttpsOrigin } from '../config/parse-text.ts';
import { certificatesIn } from '../config/pem.ts';
import { usageError } from '../cli-error.ts';
import { FILE_LIMITS, describeFault, readBoundedFile } from '../files/read-bounded.ts';
import { isClusterName } from '../../http/index.ts';
import { failed, ok } from './hops.ts';
import type { Outcome } from './hops.ts';
import type { Credential, Route } from './route.ts';

export interface RouteFlags {
  readonly gateway: string;
  readonly cluster: string;
  readonly ca?: string;
  readonly route: 'name' | 'path' | 'host';
  readonly clusterDomain: string;
  readonly hostDomain?: string;
  readonly namespace?: string;
  /** For get-token, as they were typed; empty when nothing was said about signing in. */
  readonly signInArguments: readonly string[];
}

const EXEC_API_VERSION = 'client.authentication.k8s.io/v1';

/** @throws CliError CC_ERR_CLI_USAGE for flags that cannot be understood */
export function routeOfFlags(flags: RouteFlags): () => Outcome<Route> {
  const { server, serverName, pathPrefix } = addressOf(flags);
  return () => {
    const file = flags.ca === undefined ? undefined : readBoundedFile(flags.ca, FILE_LIMITS.pem);
    const ca = file !== undefined && 'text' in file ? certificatesIn(file.text) : undefined;
    if (file !== undefined && ca === undefined) {
      return failed('ca-unusable', {
        message: `--ca ${flags.ca} ${'fault' in file ? describeFault(file) : 'holds no usable PEM certificate'}`,
        advice: "Name the PEM file with the gateway's CA: its operator has it (`cluster add` names it).",
      });
    }
    const route: Route = {
      name: flags.cluster,
      server,
      pathPrefix,
      ...(serverName === undefined ? {} : { serverName }),
      ...(ca === undefined ? {} : { ca }),
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
        ownCa: ca !== undefined,
      },
    });
  };
}

function addressOf(flags: RouteFlags): { server: URL; serverName?: string; pathPrefix: string } {
  const { gateway, cluster, clusterDomain, hostDomain } = flags;
  const origin = parseHttpsOrigin(gateway);
  if (origin === undefined) {
    throw usageError(
      '--gateway is not an https address without a path',
      'Give it like https://relay.example.com',
    );
  }
  if (!isClusterName(cluster))
    throw usageError('--cluster is not the name of a cluster', 'Give it with --cluster');
  for (const [flag, domain] of [
    ['--cluster-domain', clusterDomain],
    ['--host-domain', hostDomain ?? ''],
  ] as const) {
    if (domain !== '' && !isDnsName(domain)) {
      throw usageError(`${flag} is not a DNS name in lower case`, 'Give it like clusters.example.com');
    }
  }
  if (flags.route === 'name') {
    return { server: new URL(origin), serverName: `${cluster}.${clusterDomain}`, pathPrefix: '' };
  }
  if (flags.route === 'path') {
    const pathPrefix = `/clusters/${cluster}`;
    return { server: new URL(`${origin}${pathPrefix}`), pathPrefix };
  }
  if (hostDomain === undefined) {
    throw usageError('--route host needs the domain', "Give the gateway's hostDomain with --host-domain");
  }
  const { port } = new URL(origin);
  return {
    server: new URL(`https://${cluster}.${hostDomain}${port === '' ? '' : `:${port}`}`),
    pathPrefix: '',
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
