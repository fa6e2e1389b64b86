// Kubeconfigs with everything inside: one for the administrator, straight to the apiserver, and any other.
import { stringify } from 'yaml';
import type { ApiserverAddress } from './apiserver-client.ts';

export interface KubeconfigCluster {
  readonly server: string;
  readonly caPem: string;
  /** Where the certificate is for another name than the address. */
  readonly tlsServerName?: string;
  /** `http://127.0.0.1:port`: where the server is reached through a proxy. */
  readonly proxyUrl?: string;
}

/** What a kubeconfig's `user` may hold, as far as it is used here. */
export interface KubeconfigUser {
  readonly token?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key-data'?: string;
  readonly as?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
}

export interface ActingAs {
  readonly name: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One cluster, one user, one context. Holds a secret: to be written for its owner only. */
export function renderKubeconfig(cluster: KubeconfigCluster, user: KubeconfigUser): string {
  const { server, caPem, tlsServerName, proxyUrl } = cluster;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'cluster',
        cluster: {
          server,
          ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
          ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
          'certificate-authority-data': base64(caPem),
        },
      },
    ],
    users: [{ name: 'user', user }],
    contexts: [{ name: 'context', context: { cluster: 'cluster', user: 'user' } }],
    'current-context': 'context',
  });
}

/** With `actingAs` kubectl impersonates that user by itself, as the agent does for a user of the relay. */
export function adminUser({ admin }: ApiserverAddress, actingAs?: ActingAs): KubeconfigUser {
  const credentials = {
    'client-certificate-data': base64(admin.certificatePem),
    'client-key-data': base64(admin.privateKeyPem),
  };
  if (actingAs === undefined) return credentials;
  const { name, groups, extra } = actingAs;
  return { ...credentials, as: name, 'as-groups': groups, 'as-user-extra': extra };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
