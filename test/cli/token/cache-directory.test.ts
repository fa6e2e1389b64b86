import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tokenCacheDirectory } from '../../../cli/token/cache-directory.ts';

it.each([
  { option: '/own', environment: { CLUSTER_CONNECT_CACHE_DIR: '/env' }, directory: '/own' },
  {
    option: undefined,
    environment: { CLUSTER_CONNECT_CACHE_DIR: '/env', KUBECACHEDIR: '/kube' },
    directory: '/env',
  },
  { option: undefined, environment: { KUBECACHEDIR: '/kube' }, directory: '/kube/cluster-connect' },
  {
    option: undefined,
    environment: { KUBECACHEDIR: '/kube', AGENT_TEMPDIRECTORY: '/agent' },
    directory: '/agent/cluster-connect',
  },
  {
    option: undefined,
    environment: { KUBECACHEDIR: '/kube', RUNNER_TEMP: '/runner' },
    directory: '/runner/cluster-connect',
  },
  { option: undefined, environment: { AGENT_TEMPDIRECTORY: '/agent' }, directory: '/agent/cluster-connect' },
  { option: undefined, environment: { RUNNER_TEMP: '/runner' }, directory: '/runner/cluster-connect' },
  {
    option: undefined,
    environment: { CLUSTER_CONNECT_CACHE_DIR: '', KUBECACHEDIR: '' },
    directory: join(homedir(), '.kube', 'cache', 'cluster-connect'),
  },
])('tokens are in $directory for $environment', ({ option, environment, directory }) => {
  expect(tokenCacheDirectory(option, environment)).toBe(directory);
});
