// Access tokens on disk, so that each kubectl call does not sign in again. Readable by the owner only; whatever looks
// wrong about a file (owner, mode, shape, age, whose token it is) makes it a miss, never an error.
import { createHash } from 'node:crypto';
import { lstatSync, opendirSync, rmSync } from 'node:fs';
import type { Dir } from 'node:fs';
import { dirname, join } from 'node:path';
import { FILE_LIMITS, readBoundedFile } from '../files/read-bounded.ts';
import { writeFileAtomic } from '../files/write-atomic.ts';
import type { AccessToken, SignInRequest } from './sign-in-request.ts';

/** A token this close to its end is not handed out again: kubectl may need it for a while. */
export const EXPIRY_MARGIN_MS = 300_000;
/** For tokens that live shorter than a few margins: half of what is left at issue would never be cached otherwise. */
const SHORT_LIFE_MARGIN_MS = 30_000;
/** How many files are looked at for tokens that are over, each time that one is written. */
const MAX_FILES_SWEPT = 200;
const MAX_TOKEN_LENGTH = 65_536;
const FORMAT = 2;

/** Where the token of one identity is kept, and what is in the file besides it, so that no other's is taken for it. */
export interface TokenSlot {
  readonly file: string;
  readonly owner: string;
}

/** @param identity everything that shapes the token: see token-identity.ts */
export function tokenSlot(directory: string, identity: readonly string[]): TokenSlot {
  const owner = digest(identity);
  return { file: join(directory, `token-${owner.slice(0, 40)}.json`), owner };
}

/** One account (its refresh token) serves all scopes. Whoever is named by a hint has a file of their own. */
export function accountFile(
  directory: string,
  mode: string,
  request: Pick<SignInRequest, 'authorityHost' | 'tenant' | 'clientId' | 'loginHint'>,
): string {
  const parts = [mode, request.authorityHost, request.tenant.toLowerCase(), request.clientId.toLowerCase()];
  if (request.loginHint !== undefined) parts.push(request.loginHint.toLowerCase());
  return join(directory, `account-${digest(parts).slice(0, 40)}.json`);
}

/** Never throws: undefined is a miss. */
export function readCachedToken(slot: TokenSlot, nowMs: number): AccessToken | undefined {
  const text = readPrivateFile(slot.file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const entry = parseEntry(value, slot.owner);
  return entry !== undefined && nowMs < entry.usableUntilMs && nowMs >= entry.storedAtMs - EXPIRY_MARGIN_MS
    ? { token: entry.token, expiresAtMs: entry.expiresAtMs }
    : undefined;
}

/** @throws CliError CC_ERR_CLI_FILE_UNWRITABLE */
export function writeCachedToken(slot: TokenSlot, token: AccessToken, nowMs: number): void {
  const life = token.expiresAtMs - nowMs;
  const margin = life > 3 * EXPIRY_MARGIN_MS ? EXPIRY_MARGIN_MS : SHORT_LIFE_MARGIN_MS;
  const entry = {
    token: token.token,
    expiresAtMs: token.expiresAtMs,
    storedAtMs: nowMs,
    usableUntilMs: token.expiresAtMs - margin,
  };
  const sealed = { format: FORMAT, owner: slot.owner, seal: seal(slot.owner, entry), ...entry };
  writeFileAtomic(slot.file, `${JSON.stringify(sealed)}\n`, 0o600);
  removeExpired(dirname(slot.file), nowMs);
}

// Each change of a secret or an account leaves a file behind that no call looks for again. Never throws.
function removeExpired(directory: string, nowMs: number): void {
  let entries: Dir | undefined;
  try {
    entries = opendirSync(directory);
    for (let looked = 0; looked < MAX_FILES_SWEPT; looked += 1) {
      const entry = entries.readSync();
      if (entry === null) return;
      const file = join(directory, entry.name);
      if (TOKEN_FILE.test(entry.name) && isExpired(readPrivateFile(file), nowMs)) rmSync(file);
    }
  } catch {
    // Another call removes them at the same moment, or a later one will.
  } finally {
    entries?.closeSync();
  }
}

const TOKEN_FILE = /^token-[0-9a-f]{40}\.json$/;

function isExpired(text: string | undefined, nowMs: number): boolean {
  const ends = /"expiresAtMs":(\d{1,16})\b/.exec(text ?? '')?.[1];
  return ends !== undefined && Number(ends) <= nowMs;
}

/** The text of a file that only its owner may read; undefined for any other. */
export function readPrivateFile(file: string): string | undefined {
  try {
    if (!lstatSync(file).isFile()) return undefined;
  } catch {
    return undefined;
  }
  const found = readBoundedFile(file, FILE_LIMITS.tokenCache);
  if (!('text' in found)) return undefined;
  if (process.platform === 'win32') return found.text;
  const isPrivate = (found.mode & 0o077) === 0 && found.uid === process.geteuid?.();
  return isPrivate ? found.text : undefined;
}

interface Entry extends AccessToken {
  readonly storedAtMs: number;
  readonly usableUntilMs: number;
}

function parseEntry(value: unknown, owner: string): Entry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('format' in value) || value.format !== FORMAT) return undefined;
  if (!('owner' in value) || value.owner !== owner) return undefined;
  if (!('token' in value) || typeof value.token !== 'string' || !isTokenText(value.token)) return undefined;
  if (!('expiresAtMs' in value) || !isTime(value.expiresAtMs)) return undefined;
  if (!('storedAtMs' in value) || !isTime(value.storedAtMs)) return undefined;
  if (!('usableUntilMs' in value) || !isTime(value.usableUntilMs)) return undefined;
  const { token, expiresAtMs, storedAtMs, usableUntilMs } = value;
  const entry = { token, expiresAtMs, storedAtMs, usableUntilMs };
  return 'seal' in value && value.seal === seal(owner, entry) ? entry : undefined;
}

// No secret is in it: who can write the file can make one. It finds what was damaged, cut off or edited by hand.
function seal(owner: string, { token, expiresAtMs, storedAtMs, usableUntilMs }: Entry): string {
  return digest([owner, token, String(expiresAtMs), String(storedAtMs), String(usableUntilMs)]);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 8.64e15;
}

/** A token goes into a header: printable, and of a size that a header may have. */
export function isTokenText(token: string): boolean {
  return token.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token);
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
