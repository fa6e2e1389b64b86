// Whether the route comes from a kubeconfig or from flags, and which flags do not go together.
import { usageError } from '../cli-error.ts';
import { routeOfFlags } from './flag-route.ts';
import type { RouteFlags } from './flag-route.ts';
import type { Outcome } from './hops.ts';
import { probeKubeconfig } from './probe-kubeconfig.ts';
import type { Route } from './route.ts';

/** As commander gives them: what was not typed is not there. */
export interface RouteOptions extends Partial<Omit<RouteFlags, 'signInArguments'>> {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface RouteInput extends RouteOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signInArguments: readonly string[];
}

/** @throws CliError CC_ERR_CLI_USAGE */
export function chooseRoute(input: RouteInput): () => Outcome<Route> {
  const { gateway, cluster, ca, hostDomain, kubeconfig, context, namespace, signInArguments } = input;
  const place = namespace === undefined ? {} : { namespace };
  if (gateway === undefined && cluster === undefined) {
    if (ca !== undefined || hostDomain !== undefined || signInArguments.length > 0) {
      throw usageError(
        'flags for the gateway and for signing in go with --gateway and --cluster',
        'Leave them out to use the kubeconfig, or give both',
      );
    }
    const file = kubeconfig === undefined ? {} : { kubeconfig };
    const named = context === undefined ? {} : { context };
    return () => probeKubeconfig({ ...file, ...named, ...place, environment: input.environment });
  }
  if (gateway === undefined || cluster === undefined) {
    throw usageError('--gateway and --cluster go together', 'Give both, or none to use the kubeconfig');
  }
  if (kubeconfig !== undefined || context !== undefined) {
    throw usageError('--gateway does not go with --kubeconfig or --context', 'Leave one of them out');
  }
  const { route = 'name', clusterDomain = '' } = input;
  return routeOfFlags({
    gateway,
    cluster,
    route,
    clusterDomain,
    ...(ca === undefined ? {} : { ca }),
    ...(hostDomain === undefined ? {} : { hostDomain }),
    ...place,
    signInArguments,
  });
}
