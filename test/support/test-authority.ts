// One CA and one certificate for all stand-ins of a test file: making keys is what takes long in starting a world.
import { createAuthority } from '../../gateway/index.ts';
import type { CertificateAuthority } from '../../gateway/index.ts';

export interface TestIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

let authority: CertificateAuthority | undefined;
let identity: TestIdentity | undefined;

export function testAuthority(): CertificateAuthority {
  authority ??= createAuthority('stand-ins of a test');
  return authority;
}

/** For a server on 127.0.0.1. */
export function testIdentity(): TestIdentity {
  identity ??= testAuthority().issueServerCertificate({
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  return identity;
}
