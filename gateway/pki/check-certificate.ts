// The second opinion: node:crypto reads what forge built, or what lay on disk, before anything trusts it.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ServerNames } from './names.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Why this pair cannot be used as a CA at `nowMs`, in words for an operator; undefined when it can. */
export function authorityProblem(
  certificatePem: string,
  privateKeyPem: string,
  nowMs: number,
): string | undefined {
  const pair = readPair(certificatePem, privateKeyPem);
  if (typeof pair === 'string') return pair;
  const { certificate, privateKey } = pair;
  if (!certificate.ca) return 'the certificate is not a CA';
  if (!certificate.checkPrivateKey(privateKey)) return 'the private key does not belong to the certificate';
  if (!certificate.checkIssued(certificate) || !certificate.verify(certificate.publicKey)) {
    return 'the certificate is not signed by its own key';
  }
  return datesProblem(certificate, nowMs);
}

/** Why this pair cannot serve exactly these names under this CA at `nowMs`; undefined when it can. */
export function serverProblem(
  certificatePem: string,
  privateKeyPem: string,
  expected: { readonly authorityPem: string; readonly names: ServerNames; readonly nowMs: number },
): string | undefined {
  const pair = readPair(certificatePem, privateKeyPem);
  if (typeof pair === 'string') return pair;
  const { certificate, privateKey } = pair;
  const authority = new X509Certificate(expected.authorityPem);
  if (certificate.ca) return 'a server certificate must not be a CA';
  if (!certificate.checkPrivateKey(privateKey)) return 'the private key does not belong to the certificate';
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) {
    return 'the certificate is not signed by the authority';
  }
  // Named keyUsage by Node, but it lists the *extended* key usages.
  if (certificate.keyUsage?.length !== 1 || certificate.keyUsage[0] !== SERVER_AUTH) {
    return 'the certificate is not for TLS servers only';
  }
  for (const name of expected.names.dnsNames) {
    // checkHost wants a host: a wildcard is tried with a host below it.
    const host = name.startsWith('*.') ? `probe${name.slice(1)}` : name;
    if (certificate.checkHost(host, { subject: 'never' }) === undefined) return `the name ${name} is missing`;
  }
  for (const address of expected.names.ipAddresses) {
    if (certificate.checkIP(address) === undefined) return `the address ${address} is missing`;
  }
  if (certificate.validToDate > authority.validToDate) return 'the certificate outlives its authority';
  return datesProblem(certificate, expected.nowMs);
}

function readPair(
  certificatePem: string,
  privateKeyPem: string,
): { certificate: X509Certificate; privateKey: KeyObject } | string {
  try {
    return { certificate: new X509Certificate(certificatePem), privateKey: createPrivateKey(privateKeyPem) };
  } catch {
    // The parser's own message could quote what it read, which may be a key.
    return 'the certificate or the private key cannot be read';
  }
}

function datesProblem(certificate: X509Certificate, nowMs: number): string | undefined {
  if (nowMs < certificate.validFromDate.getTime()) {
    return `it is valid only from ${certificate.validFromDate.toISOString()}`;
  }
  if (nowMs >= certificate.validToDate.getTime())
    return `it expired at ${certificate.validToDate.toISOString()}`;
  return undefined;
}
