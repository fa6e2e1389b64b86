// Keeps two commands off the same file: a `<file>.lock` made with O_EXCL, the way kubectl locks a kubeconfig.
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';
import { readBoundedFile } from './read-bounded.ts';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs: number;
  /** Take over the lock of a process that no longer runs. Only for locks that nobody but this program makes. */
  readonly takeOverDead?: boolean;
}

const POLL_MS = 40;

/**
 * Runs `work` while holding `<path>.lock`, and removes the lock afterwards in every case.
 * @throws CliError CC_ERR_CLI_FILE_LOCKED when the other holder does not finish in time
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T> | T,
): Promise<T> {
  const lock = `${path}.lock`;
  const deadline = Date.now() + options.waitMs;
  while (!tryLock(lock)) {
    if (options.takeOverDead === true && holderIsDead(lock)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (Date.now() >= deadline) {
      throw new CliError(
        'CC_ERR_CLI_FILE_LOCKED',
        `${path} is locked by another command`,
        `If no other command is running, remove ${lock} and try again`,
      );
    }
    await wait(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  let handle: number;
  try {
    mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(lock, error);
  }
  try {
    handle = openSync(lock, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw unwritable(lock, error);
  }
  try {
    writeSync(handle, String(process.pid));
    return true;
  } catch (error) {
    rmSync(lock, { force: true });
    throw unwritable(lock, error);
  } finally {
    closeSync(handle);
  }
}

function unwritable(lock: string, cause: unknown): CliError {
  return new CliError(
    'CC_ERR_CLI_FILE_UNWRITABLE',
    `${lock} cannot be written (${errorCode(cause)})`,
    'Check that you own the directory and that the disk is not full',
    { cause },
  );
}

// Two waiters may both see the same dead holder, and then both work at once: a second sign-in, never a broken file.
function holderIsDead(lock: string): boolean {
  const file = readBoundedFile(lock, 32);
  // An empty lock was made a moment ago and its holder has not written its id yet.
  if (!('text' in file) || !/^\d{1,10}$/.test(file.text)) return false;
  try {
    process.kill(Number(file.text), 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}
