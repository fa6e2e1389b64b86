// The certificates that the edge shows, kept fresh for as long as the process runs: those of the gateway's own CA are issued
// again when two thirds of their life are over, files of the operator's are read again when they have changed.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { GatewayConfig } from './config.ts';
import type { EdgeIdentities, TlsIdentity } from './edge/index.ts';
import { needsRenewal } from './pki/index.ts';
import type { CertificateAuthority } from './pki/index.ts';

export interface ServedCertificates {
  readonly current: EdgeIdentities;
  /** What to show from now on; undefined when nothing has to change. @throws when a file cannot be read */
  renew(nowMs: number): Promise<EdgeIdentities | undefined>;
}

export type CertificateSettings = Pick<GatewayConfig, 'tls' | 'clusterDomain' | 'hostDomain'>;

/** @param publicHost name or address of the gateway itself. @throws when a file of `tls` cannot be read */
export async function loadServedCertificates(
  settings: CertificateSettings,
  authority: CertificateAuthority,
  publicHost: string,
): Promise<ServedCertificates> {
  const issueClusters = (): TlsIdentity =>
    authority.issueServerCertificate({ dnsNames: [`*.${settings.clusterDomain}`] });
  const issueOwn = (): TlsIdentity => {
    const isAddress = isIP(publicHost) !== 0;
    return authority.issueServerCertificate({
      dnsNames: [
        ...(isAddress ? [] : [publicHost]),
        ...(settings.hostDomain === undefined ? [] : [`*.${settings.hostDomain}`]),
      ],
      ipAddresses: isAddress ? [publicHost] : [],
    });
  };

  let current: EdgeIdentities = { own: (await readFiles(settings)) ?? issueOwn(), clusters: issueClusters() };
  return {
    get current() {
      return current;
    },
    renew: async (nowMs) => {
      const files = await readFiles(settings);
      const renewed: EdgeIdentities = {
        own: files === undefined ? fresh(current.own, nowMs, issueOwn) : unlessSame(current.own, files),
        clusters: fresh(current.clusters, nowMs, issueClusters),
      };
      if (renewed.own === current.own && renewed.clusters === current.clusters) return undefined;
      current = renewed;
      return renewed;
    },
  };
}

async function readFiles({ tls }: CertificateSettings): Promise<TlsIdentity | undefined> {
  if (tls === undefined) return undefined;
  const certificatePem = await readFile(tls.certificateFile, 'utf8');
  return { certificatePem, privateKeyPem: await readFile(tls.privateKeyFile, 'utf8') };
}

function fresh(identity: TlsIdentity, nowMs: number, issue: () => TlsIdentity): TlsIdentity {
  return needsRenewal(identity.certificatePem, nowMs) ? issue() : identity;
}

function unlessSame(known: TlsIdentity, read: TlsIdentity): TlsIdentity {
  const same = known.certificatePem === read.certificatePem && known.privateKeyPem === read.privateKeyPem;
  return same ? known : read;
}
