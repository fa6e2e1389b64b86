// The authority on disk. Key and certificate share ONE file that appears by a hard link, so that no reader ever
// meets half of a pair, and of two processes that start at once exactly one makes the authority both use.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errorCode } from '../../observe/index.ts';
import { closeToOthers, makePrivateDirectory, syncDirectory } from '../private-files.ts';
import { authorityFrom, generateAuthority } from './authority.ts';
import type { CertificateAuthority } from './authority.ts';
import type { Issuer } from './build-certificate.ts';
import { authorityProblem } from './check-certificate.ts';
import { PkiError } from './pki-error.ts';

/** Inside the directory given to `loadOrCreateAuthority`. */
export const AUTHORITY_FILE = 'authority.pem';
/** A pair takes about 3 KiB: whatever is larger is another file. */
const MAX_AUTHORITY_FILE_BYTES = 65_536;
const OTHERS_MAY_READ = 0o007;
const ANY_BUT_OWNER = 0o077;

const PEM_PAIR =
  /^(-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n)(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)$/;

/**
 * The authority kept in `dir`; on the first start a new one called `commonName` (an existing one keeps its name).
 * The directory is made with mode 0700 where it is missing, the file has 0600.
 * A damaged, expired or openly readable file is refused and never overwritten: every kubeconfig out there trusts it.
 * @throws PkiError CC_ERR_PKI_STORED_INVALID, CC_ERR_PKI_STORE_UNAVAILABLE
 */
export function loadOrCreateAuthority(dir: string, commonName: string): CertificateAuthority {
  const file = join(dir, AUTHORITY_FILE);
  try {
    makePrivateDirectory(dir);
    const stored = readStored(file);
    if (stored !== undefined) return authorityFrom(stored);
    // Whoever links second loses its own pair and reads the winner's.
    createStored(dir, file, generateAuthority(commonName));
    const created = readStored(file);
    if (created !== undefined) return authorityFrom(created);
  } catch (error) {
    if (error instanceof PkiError || error instanceof RangeError) throw error;
    throw new PkiError(
      'CC_ERR_PKI_STORE_UNAVAILABLE',
      `the gateway's CA in ${file} cannot be read or written: ${errorCode(error)}`,
      { cause: error },
    );
  }
  throw new PkiError(
    'CC_ERR_PKI_STORE_UNAVAILABLE',
    `the gateway's CA in ${file} vanished while it was made`,
  );
}

function readStored(file: string): Issuer | undefined {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mode, size } = fstatSync(handle);
    if (size > MAX_AUTHORITY_FILE_BYTES)
      throw storedInvalid(file, 'it is too large to be a key and a certificate');
    if ((mode & OTHERS_MAY_READ) !== 0 && process.platform !== 'win32') {
      throw storedInvalid(
        file,
        'everybody on this machine may read the private key (chmod 600, or make a new CA)',
      );
    }
    // A group's access is closed again and not refused: see closeToOthers.
    if ((mode & ANY_BUT_OWNER) !== 0) closeToOthers(file);
    return parsePair(file, readFileSync(handle, 'latin1'));
  } finally {
    closeSync(handle);
  }
}

function parsePair(file: string, text: string): Issuer {
  const [, privateKeyPem, certificatePem] = PEM_PAIR.exec(text) ?? [];
  if (privateKeyPem === undefined || certificatePem === undefined) {
    throw storedInvalid(file, 'it does not hold exactly a private key and then a certificate');
  }
  const problem = authorityProblem(certificatePem, privateKeyPem, Date.now());
  if (problem !== undefined) throw storedInvalid(file, problem);
  return { certificatePem, privateKeyPem };
}

function storedInvalid(file: string, problem: string): PkiError {
  return new PkiError(
    'CC_ERR_PKI_STORED_INVALID',
    `the gateway's CA in ${file} is refused: ${problem}. Restore it from a backup; only if it is lost for good, ` +
      `move it away, start again, and fetch every kubeconfig anew`,
  );
}

function createStored(dir: string, file: string, issuer: Issuer): void {
  const draft = join(dir, `.${AUTHORITY_FILE}.${randomUUID()}`);
  try {
    const handle = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(handle, issuer.privateKeyPem + issuer.certificatePem, 'latin1');
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    linkIfAbsent(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(dir);
}

function linkIfAbsent(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
