// The certificate and private key of a service principal from one file: PEM, or PFX (PKCS#12) as Windows and Key Vault
// give it. The password and the key get into no message.
import { CliError } from '../../cli-error.ts';
import { FILE_LIMITS, describeFault, readBoundedBytes } from '../../files/read-bounded.ts';
import type { KeyAndCertificates } from './key-pair.ts';
import { clientCertificate, UnusableCertificate } from './key-pair.ts';
import type { ClientCertificate } from './key-pair.ts';
import { readPem } from './pem-file.ts';

/** @throws CliError CC_ERR_CLI_FILE_UNREADABLE */
export async function readClientCertificate(
  file: string,
  password: string | undefined,
): Promise<ClientCertificate> {
  const found = readBoundedBytes(file, FILE_LIMITS.secret);
  if (!('bytes' in found)) throw unreadable(file, describeFault(found));
  try {
    return clientCertificate(await parse(found.bytes, password));
  } catch (error) {
    if (error instanceof UnusableCertificate) throw unreadable(file, error.message, error);
    throw error;
  }
}

// By what is in it, not by its name: a secret store mounts files under any name.
async function parse(bytes: Buffer, password: string | undefined): Promise<KeyAndCertificates> {
  if (bytes.includes('-----BEGIN ')) return readPem(bytes.toString('utf8'), password);
  const { readPfx } = await import('./pfx-file.ts');
  return readPfx(bytes, password);
}

function unreadable(file: string, what: string, cause?: unknown): CliError {
  return new CliError(
    'CC_ERR_CLI_FILE_UNREADABLE',
    `the client certificate ${file} ${what}`,
    'Name a PEM or PFX file that holds the certificate and its RSA key; its password, if it has one, goes into AZURE_CLIENT_CERTIFICATE_PASSWORD',
    { cause },
  );
}
