// The key of this machine's proof-of-possession tokens: made once, and kept beside them, since tokens are bound to it.
import { createHash, createPrivateKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../../cli-error.ts';
import { withLock } from '../../files/lock-file.ts';
import { writeFileAtomic } from '../../files/write-atomic.ts';
import type { KeyBinding } from '../sign-in-request.ts';
import { readPrivateFile } from '../token-cache.ts';

export interface ProofKey extends KeyBinding {
  readonly privateKey: KeyObject;
  /** Members of RFC 7517, those and in the order that kubelogin sends. */
  readonly publicJwk: {
    readonly e: string;
    readonly kty: 'RSA';
    readonly n: string;
    readonly alg: 'RS256';
    readonly kid: string;
  };
}

/** Guard and Entra take RS256 with this size. */
const MODULUS_BITS = 2048;
const FILE_NAME = 'pop-key.pem';
/** Making one takes a second on a slow machine. */
const LOCK_WAIT_MS = 30_000;

/**
 * @param warn told when the key could not be kept: each call signs in anew then
 */
export async function proofKey(directory: string, warn: (line: string) => void): Promise<ProofKey> {
  const file = join(directory, FILE_NAME);
  const kept = readKey(file);
  if (kept !== undefined) return kept;
  try {
    return await withLock(file, { waitMs: LOCK_WAIT_MS, takeOverDead: true }, async () => {
      // Whoever held the lock before may have made it.
      const theirs = readKey(file);
      if (theirs !== undefined) return theirs;
      const privateKey = await makeKey();
      writeFileAtomic(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
      return describeKey(privateKey);
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    warn(`${error.message}. ${error.advice}. The next call signs in again`);
    return describeKey(await makeKey());
  }
}

async function makeKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  return privateKey;
}

// Whatever is wrong with it makes a new one: it costs one sign-in.
function readKey(file: string): ProofKey | undefined {
  const text = readPrivateFile(file);
  if (text === undefined) return undefined;
  try {
    const key = createPrivateKey(text);
    const fits = key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails?.modulusLength === MODULUS_BITS;
    return fits ? describeKey(key) : undefined;
  } catch {
    return undefined;
  }
}

function describeKey(privateKey: KeyObject): ProofKey {
  const { n = '', e = '' } = privateKey.export({ format: 'jwk' });
  // RFC 7638 §3: these members, in this order, without blanks.
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
  const confirmation = JSON.stringify({ kid: thumbprint, xms_ksl: 'sw' });
  return {
    privateKey,
    thumbprint,
    requestConfirmation: Buffer.from(confirmation).toString('base64url'),
    publicJwk: { e, kty: 'RSA', n, alg: 'RS256', kid: thumbprint },
  };
}
