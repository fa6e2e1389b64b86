// A lock file as such: who holds it, and whether the holder still lives. The holder's process can be looked up on its own
// machine only; a home directory may be shared by several, or by containers, so a holder also touches its file.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { errorCode } from '../../observe/index.ts';

/** A holder that has not touched its file for so long is dead. It touches it six times as often. */
const STALE_MS = 30_000;
/**
 * The same for one that is seen to run on this machine, which may have slept: longer than any sign-in takes. Some end is
 * needed, since another program may have got the number of one that died.
 */
const RUNNING_STALE_MS = 1_200_000;
const MAX_MARK_BYTES = 300;

const HOST = hostname();

/** Something under the lock's name that none of us has made: a pipe, a directory, a link. */
export class NotALock extends Error {
  override readonly name = 'NotALock';
}

/** False if there is one already. Throws NotALock, and what the file system throws. */
export function createMark(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) throw new NotALock();
    return false;
  }
  try {
    writeSync(handle, `${process.pid} ${HOST}`);
    return true;
  } catch (error) {
    removeMark(file);
    throw error;
  } finally {
    closeSync(handle);
  }
}

export function removeMark(file: string): void {
  rmSync(file, { force: true });
}

/** Never throws: a file that is gone is somebody else's business by now. */
export function beat(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Removed by hand, or by somebody who took us for dead.
  }
}

export function isOwn(file: string): boolean {
  const holder = readHolder(file);
  return holder !== undefined && holder.pid === process.pid && holder.host === HOST;
}

/** Whether its holder is dead; false for a file that is gone. */
export function isAbandoned(file: string): boolean {
  const holder = readHolder(file);
  const isHere = holder !== undefined && holder.host === HOST;
  if (isHere && !isRunning(holder.pid)) return true;
  try {
    const age = Date.now() - lstatSync(file).mtimeMs;
    // Also an empty file: its maker died before it had written who it is, or has made it just now.
    return age > (isHere ? RUNNING_STALE_MS : STALE_MS);
  } catch {
    return false;
  }
}

function readHolder(file: string): { pid: number; host: string } | undefined {
  const [, pid, host] = /^(\d{1,10}) (\S{1,255})$/.exec(readMark(file) ?? '') ?? [];
  return pid === undefined || host === undefined ? undefined : { pid: Number(pid), host };
}

// Without waiting for the other end of a pipe, and without following a link. Windows has neither flag.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

function readMark(file: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, READ_FLAGS);
    if (!fstatSync(handle).isFile()) return undefined;
    const bytes = Buffer.alloc(MAX_MARK_BYTES + 1);
    const count = readSync(handle, bytes);
    return count > MAX_MARK_BYTES ? undefined : bytes.toString('utf8', 0, count);
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
