// Where tokens are kept.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { firstSet } from './azure-variables.ts';
import type { Environment } from './azure-variables.ts';

/**
 * CLUSTER_CONNECT_CACHE_DIR, else beside kubectl's own caches (KUBECACHEDIR, ~/.kube/cache). A job of a CI system has a
 * directory of its own that ends with it: the home of an agent is shared by the jobs of everybody.
 */
export function tokenCacheDirectory(option: string | undefined, environment: Environment): string {
  const own = option ?? firstSet(environment, ['CLUSTER_CONNECT_CACHE_DIR']);
  if (own !== undefined && own !== '') return resolve(own);
  const parent =
    firstSet(environment, ['KUBECACHEDIR', 'AGENT_TEMPDIRECTORY', 'RUNNER_TEMP']) ??
    join(homedir(), '.kube', 'cache');
  return resolve(parent, 'cluster-connect');
}
