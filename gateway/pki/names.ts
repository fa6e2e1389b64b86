// Which names a server certificate may carry: strict, so that a name from the settings can never mean two things.
import { isIP } from 'node:net';
import { PkiError } from './pki-error.ts';

/** More names than any gateway has; keeps a certificate inside one TLS record. */
export const MAX_CERTIFICATE_NAMES = 64;
const MAX_DNS_NAME_LENGTH = 253;

// RFC 5280 §4.2.1.6 preferred name syntax, lower case; a wildcard is the whole leftmost label (RFC 6125 §6.4.3).
const DNS_NAME = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export interface ServerNames {
  /** Lower case; `*.example.com` is every name one label below. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** @throws PkiError CC_ERR_PKI_NAME_INVALID when a name is malformed, or when there are none or too many. */
export function assertServerNames(names: ServerNames): void {
  const count = names.dnsNames.length + names.ipAddresses.length;
  if (count === 0 || count > MAX_CERTIFICATE_NAMES) {
    throw new PkiError(
      'CC_ERR_PKI_NAME_INVALID',
      `a server certificate carries 1 to ${MAX_CERTIFICATE_NAMES} names, not ${count}`,
    );
  }
  for (const name of names.dnsNames) {
    if (!isCertificateDnsName(name)) {
      throw new PkiError(
        'CC_ERR_PKI_NAME_INVALID',
        `not a DNS name for a certificate: ${JSON.stringify(name)}`,
      );
    }
  }
  for (const address of names.ipAddresses) {
    if (isIP(address) === 0 || address.includes('%')) {
      throw new PkiError('CC_ERR_PKI_NAME_INVALID', `not an IP address: ${JSON.stringify(address)}`);
    }
  }
}

/** An address in figures is not a DNS name: clients look for it among the IP addresses only. */
export function isCertificateDnsName(name: string): boolean {
  return name.length <= MAX_DNS_NAME_LENGTH && DNS_NAME.test(name) && isIP(name) === 0;
}
