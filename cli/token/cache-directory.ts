// Where tokens are kept.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { firstSet } from './azure-variables.ts';
import type { Environment } from './azure-variables.ts';

/**
 * CLUSTER_CONNECT_CACHE_DIR, else the directory that a job of a CI system has for itself and that ends with it: what else
 * there is on an agent is shared by the jobs of everybody. Else beside kubectl's own caches (KUBECACHEDIR, ~/.kube/cache).
 */
export function tokenCacheDirectory(option: string | undefined, environment: Environment): string {
  const own = option ?? firstSet(environment, ['CLUSTER_CONNECT_CACHE_DIR']);
  if (own !== undefined && own !== '') return resolve(own);
  const parent =
    firstSet(environment, ['AGENT_TEMPDIRECTORY', 'RUNNER_TEMP', 'KUBECACHEDIR']) ??
    join(homedir(), '.kube', 'cache');
  return resolve(parent, 'cluster-connect');
}
