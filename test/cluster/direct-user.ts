// A user twice: with an Entra token through the relay, and with a client certificate of the cluster's CA straight at
// the apiserver, whose common name is the token's object id and whose organizations are its groups. The pair for
// whatever asks who somebody is: an administrator who impersonates the user cannot also act as a third one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { issueClientCertificate } from '../../demo/control-plane/index.ts';
import type { KeyedCertificate, KubeconfigCluster, KubeconfigUser } from '../../demo/control-plane/index.ts';
import { writeKubeconfigTo } from './kubeconfig.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import type { KubectlPair, Relay } from './relay-fixture.ts';
import { HTTP_2, kubectlFile } from './transports.ts';
import type { Transport } from './transports.ts';

export function certificateOf(relay: Relay, user: string): KeyedCertificate {
  const { objectId, groups } = relay.user(user);
  const caKeyPem = readFileSync(join(inject('controlPlane').directory, 'ca.key'), 'utf8');
  return issueClientCertificate(caKeyPem, { name: objectId, groups });
}

/** `more` goes into both kubeconfigs: `as-user-extra` has no flag. */
export function certificatePair(
  relay: Relay,
  user: string,
  { transport = HTTP_2, more = {} }: { transport?: Transport; more?: KubeconfigUser } = {},
): KubectlPair {
  const { certificatePem, privateKeyPem } = certificateOf(relay, user);
  const certificate = {
    'client-certificate-data': Buffer.from(certificatePem).toString('base64'),
    'client-key-data': Buffer.from(privateKeyPem).toString('base64'),
  };
  const gateway: KubeconfigCluster = {
    server: relay.gateway.url,
    caPem: relay.gateway.authorityPem,
    tlsServerName: 'harbour.cluster-connect.internal',
  };
  const kubectl = (name: string, cluster: KubeconfigCluster, credentials: KubeconfigUser): Kubectl => {
    const folder = join(relay.directory, `certificate-${(folders += 1)}-${name}`);
    const file = writeKubeconfigTo(folder, cluster, { ...credentials, ...more });
    return createKubectl(kubectlFile(inject('tools'), transport), file, transport.environment);
  };
  return {
    direct: kubectl('direct', inject('controlPlane'), certificate),
    relayed: kubectl('relayed', gateway, { token: relay.entra.issueToken({ user }) }),
  };
}

let folders = 0;
