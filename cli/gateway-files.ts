// Where the gateway keeps things inside its dataDir, for the commands that work beside it.
import { join } from 'node:path';
import {
  AUTHORITY_DIRECTORY,
  AUTHORITY_NAME,
  STORE_FILE,
  loadOrCreateAuthority,
  openStore,
} from '../gateway/index.ts';
import type { ClusterStore } from '../gateway/index.ts';
import { readBoundedFile } from './files/read-bounded.ts';
import { writeFileAtomic } from './files/write-atomic.ts';

/** The certificate alone, without the key: to be handed to agents and to get-credentials. */
const CERTIFICATE_FILE = 'gateway-ca.pem';

export function openGatewayStore(dataDir: string): ClusterStore {
  return openStore(join(dataDir, STORE_FILE));
}

/** Makes the CA if the gateway has not started yet, and gives the path of its certificate. */
export function gatewayCertificateFile(dataDir: string): string {
  const { certificatePem } = loadOrCreateAuthority(join(dataDir, AUTHORITY_DIRECTORY), AUTHORITY_NAME);
  const file = join(dataDir, CERTIFICATE_FILE);
  const existing = readBoundedFile(file, certificatePem.length);
  if (!('text' in existing) || existing.text !== certificatePem) writeFileAtomic(file, certificatePem, 0o644);
  return file;
}
