// Who this agent is: a key made beside the cluster, and what the gateway answered when the public half was registered.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../observe/index.ts';
import { AgentError } from './agent-error.ts';

export interface Registration {
  readonly clusterId: string;
  readonly clusterName: string;
  /** The audience of assertions: the gateway's public URL, in its own words. */
  readonly gatewayUrl: string;
}

const KEY_FILE = 'agent-key.pem';
const REGISTRATION_FILE = 'registration.json';

/** The private key, made on first use. EC P-256, PKCS#8 PEM, mode 0600. */
export async function loadOrCreateKey(stateDir: string): Promise<KeyObject> {
  const file = join(stateDir, KEY_FILE);
  const existing = await readIfPresent(file);
  if (existing !== undefined) {
    try {
      return createPrivateKey(existing);
    } catch (cause) {
      throw new AgentError('CC_ERR_AGENT_STATE_INVALID', `${file} does not hold a private key`, { cause });
    }
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeWhole(stateDir, file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

export function publicJwk(privateKey: KeyObject): JsonWebKey {
  return createPublicKey(privateKey).export({ format: 'jwk' });
}

export async function loadRegistration(stateDir: string): Promise<Registration | undefined> {
  const file = join(stateDir, REGISTRATION_FILE);
  const text = await readIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return parseRegistration(JSON.parse(text));
  } catch (cause) {
    throw new AgentError('CC_ERR_AGENT_STATE_INVALID', `${file} cannot be understood`, { cause });
  }
}

export async function saveRegistration(stateDir: string, registration: Registration): Promise<void> {
  await writeWhole(stateDir, join(stateDir, REGISTRATION_FILE), `${JSON.stringify(registration, null, 2)}\n`);
}

/** @throws TypeError when a field is missing or of another type */
export function parseRegistration(value: unknown): Registration {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  const { clusterId, clusterName, gatewayUrl } = value as Partial<Record<keyof Registration, unknown>>;
  if (typeof clusterId !== 'string' || typeof clusterName !== 'string' || typeof gatewayUrl !== 'string') {
    throw new TypeError('clusterId, clusterName and gatewayUrl must be strings');
  }
  return { clusterId, clusterName, gatewayUrl };
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new AgentError('CC_ERR_AGENT_STATE_INVALID', `${file} cannot be read`, { cause: error });
  }
}

// Whole or not at all: a crash between the two steps leaves the old file.
async function writeWhole(directory: string, file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    throw new AgentError('CC_ERR_AGENT_STATE_INVALID', `${file} cannot be written`, { cause });
  }
}
