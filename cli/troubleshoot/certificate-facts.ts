// What a certificate says, in words: of the one that the other side showed, and of those that the kubeconfig trusts.
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import type { Facts } from './hops.ts';
import { shown } from './scrub.ts';

/** Names of one certificate, certificates of one chain, authorities of one kubeconfig. */
const MAX_SHOWN = 20;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function certificateFacts(certificate: Partial<DetailedPeerCertificate> | undefined) {
  return {
    subject: nameText(certificate?.subject),
    issuer: nameText(certificate?.issuer),
    names: (certificate?.subjectaltname ?? '').split(', ').slice(0, MAX_SHOWN).map(shown),
    validFrom: dateText(certificate?.valid_from),
    validTo: dateText(certificate?.valid_to),
    fingerprint256: certificate?.fingerprint256 ?? '',
    chain: chainOf(certificate),
  } satisfies Facts;
}

/** The subjects of the CA certificates in a PEM text. */
export function authorityNames(pem: string | undefined): string[] {
  const blocks = (pem ?? '').match(PEM) ?? [];
  return blocks
    .slice(0, MAX_SHOWN)
    .map((block) => shown(new X509Certificate(block).subject.replaceAll('\n', ', ')));
}

/** From the server's own up to the last that it sent, or that was found for it. */
function chainOf(certificate: Partial<DetailedPeerCertificate> | undefined): string[] {
  const chain: string[] = [];
  let current = certificate;
  // The last one is its own issuer.
  while (current !== undefined && chain.length < MAX_SHOWN) {
    chain.push(nameText(current.subject));
    const issuer: Partial<DetailedPeerCertificate> | undefined = current.issuerCertificate;
    current = issuer === current ? undefined : issuer;
  }
  return chain;
}

function nameText(name: PeerCertificate['subject'] | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return shown(parts.join(', '));
}

function dateText(text: string | undefined): string {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}
