// A kubeconfig of somebody's own, as far as the agent has to know it: where the apiserver is and which CA it has.
import { rootCertificates } from 'node:tls';
import { DemoError } from '../demo-error.ts';

export interface OwnUpstream {
  readonly server: string;
  readonly caPem: string;
}

/**
 * @param text what `kubectl config view --raw --minify --flatten -o json` prints
 * @throws DemoError CC_ERR_DEMO_CLUSTER for what the agent cannot do
 */
export function readOwnUpstream(text: string): OwnUpstream {
  const cluster = firstCluster(JSON.parse(text));
  const server = cluster['server'];
  if (typeof server !== 'string' || !URL.canParse(server)) throw refusal('names no server');
  const url = new URL(server);
  if (url.protocol !== 'https:') throw refusal(`has the server ${url.origin}, which is not https`);
  if (url.pathname !== '/') {
    throw refusal(
      `has the server ${server}: the agent speaks to an apiserver itself, not to a path of a proxy`,
    );
  }
  for (const key of ['insecure-skip-tls-verify', 'tls-server-name', 'proxy-url']) {
    if (key in cluster) throw refusal(`sets ${key}, which the agent does not support`);
  }
  const authority = cluster['certificate-authority-data'];
  const caPem =
    typeof authority === 'string'
      ? Buffer.from(authority, 'base64').toString('utf8')
      : // Without one, kubectl trusts the roots of the system.
        rootCertificates.join('\n');
  return { server: url.origin, caPem };
}

function firstCluster(config: unknown): Record<string, unknown> {
  if (
    typeof config === 'object' &&
    config !== null &&
    'clusters' in config &&
    Array.isArray(config.clusters)
  ) {
    const entry: unknown = config.clusters[0];
    if (typeof entry === 'object' && entry !== null && 'cluster' in entry) {
      const { cluster } = entry;
      if (typeof cluster === 'object' && cluster !== null) return { ...cluster };
    }
  }
  throw refusal('has no cluster');
}

function refusal(what: string): DemoError {
  return new DemoError('CC_ERR_DEMO_CLUSTER', `the context of --kubeconfig ${what}`);
}
