// Keeps two commands off the same file: a `<file>.lock` made with O_EXCL, the way kubectl locks a kubeconfig.
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';
import { NotALock, beat, createMark, isAbandoned, isOwn, removeMark } from './lock-mark.ts';

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs: number;
  /** Take over the lock of a process that no longer runs. Only for locks that nobody but this program makes. */
  readonly takeOverDead?: boolean;
  /** Called once when the other holder takes so long that somebody at a terminal would wonder. */
  onLongWait?(): void;
}

const POLL_MS = 40;
const LONG_WAIT_MS = 3_000;
/** How often a holder says that it lives; see STALE_MS in lock-mark.ts. */
const HEARTBEAT_MS = 5_000;

/**
 * Runs `work` while holding `<path>.lock`, and removes the lock afterwards in every case.
 * @throws CliError CC_ERR_CLI_FILE_LOCKED when the other holder does not finish in time, CC_ERR_CLI_FILE_UNWRITABLE
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T> | T,
): Promise<T> {
  const lock = `${path}.lock`;
  const started = Date.now();
  const deadline = started + options.waitMs;
  let told = false;
  while (!tryLock(lock)) {
    if (options.takeOverDead === true && isAbandoned(lock) && removeAbandoned(lock)) continue;
    if (Date.now() >= deadline) {
      throw new CliError(
        'CC_ERR_CLI_FILE_LOCKED',
        `${path} is locked by another command`,
        `If no other command is running, remove ${lock} and try again`,
      );
    }
    if (!told && Date.now() - started >= LONG_WAIT_MS) {
      told = true;
      options.onLongWait?.();
    }
    await wait(POLL_MS);
  }
  const heart = setInterval(() => beat(lock), HEARTBEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(heart);
    // A holder that was taken for dead (a machine that slept) must not remove its successor's.
    if (isOwn(lock)) removeMark(lock);
  }
}

// Several waiters find the same dead holder. Only one of them removes its lock, and looks again before it does: else the
// second would remove the lock that the first has just made.
function removeAbandoned(lock: string): boolean {
  const guard = `${lock}.takeover`;
  if (!tryLock(guard)) {
    // Held for an instant, unless its maker died in it.
    if (isAbandoned(guard)) removeMark(guard);
    return false;
  }
  try {
    if (!isAbandoned(lock)) return false;
    removeMark(lock);
    return true;
  } finally {
    removeMark(guard);
  }
}

function tryLock(lock: string): boolean {
  try {
    return createMark(lock);
  } catch (error) {
    if (error instanceof NotALock) {
      throw new CliError(
        'CC_ERR_CLI_FILE_UNWRITABLE',
        `${lock} is there and is not a file`,
        'Remove it: no command of ours has made it',
      );
    }
    throw new CliError(
      'CC_ERR_CLI_FILE_UNWRITABLE',
      `${lock} cannot be written (${errorCode(error)})`,
      'Check that you own the directory and that the disk is not full',
      { cause: error },
    );
  }
}
