// The flags and files of etcd and kube-apiserver, as few as a cluster with RBAC and an audit log needs.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterCertificates } from './certificates.ts';

// Metadata, not bodies: the tests ask who did what, and some of their bodies are megabytes.
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`;

const TOKEN_ISSUER = 'https://kubernetes.default.svc';

/** Writes what the flags below name. Everything secret is for the owner only. */
export async function writeServerFiles(directory: string, certificates: ClusterCertificates): Promise<void> {
  const files = {
    'ca.crt': certificates.caPem,
    // For nobody but whoever wants to be a user of this throwaway cluster without the relay.
    'ca.key': certificates.caKeyPem,
    'server.crt': certificates.server.certificatePem,
    'server.key': certificates.server.privateKeyPem,
    'tokens.key': certificates.tokenSigningKeyPem,
    'audit-policy.yaml': AUDIT_POLICY,
    // Empty, so that a reader may come before the first event.
    'audit.log': '',
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text, { mode: 0o600 })),
  );
}

export function etcdArguments(dataDirectory: string, port: number, peerPort: number): readonly string[] {
  const clientUrl = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${join(dataDirectory, 'etcd')}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    // The data does not outlive the process, so it need not reach the disk.
    '--unsafe-no-fsync',
  ];
}

export function apiserverArguments(
  directory: string,
  attemptDirectory: string,
  etcdPort: number,
  securePort: number,
): readonly string[] {
  const file = (name: string): string => join(directory, name);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${securePort}`,
    `--cert-dir=${attemptDirectory}`,
    `--tls-cert-file=${file('server.crt')}`,
    `--tls-private-key-file=${file('server.key')}`,
    `--client-ca-file=${file('ca.crt')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    // Without a controller no namespace gets a default ServiceAccount, so pods could not be made.
    '--disable-admission-plugins=ServiceAccount',
    `--service-account-issuer=${TOKEN_ISSUER}`,
    `--service-account-key-file=${file('tokens.key')}`,
    `--service-account-signing-key-file=${file('tokens.key')}`,
    `--audit-policy-file=${file('audit-policy.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    // An endpoint on loopback is refused by validation; nothing here uses the `kubernetes` service.
    '--endpoint-reconciler-type=none',
    '--profiling=false',
  ];
}
