// A lock file as such: who holds it, and whether the holder still lives. The holder's process can be looked up on its own
// machine only; a home directory may be shared by several, or by containers, so a holder also touches its file.
import { closeSync, mkdirSync, openSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { errorCode } from '../../observe/index.ts';
import { readBoundedFile } from './read-bounded.ts';

/** A holder that has not touched its file for so long is dead. It touches it six times as often. */
const STALE_MS = 30_000;
const MAX_MARK_BYTES = 300;

const HOST = hostname();

/** False if there is one already. Throws what the file system throws. */
export function createMark(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
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
  if (holder !== undefined && holder.host === HOST && !isRunning(holder.pid)) return true;
  try {
    // Also an empty file: its maker died before it had written who it is, or has made it just now.
    return Date.now() - statSync(file).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

function readHolder(file: string): { pid: number; host: string } | undefined {
  const found = readBoundedFile(file, MAX_MARK_BYTES);
  const [, pid, host] = ('text' in found && /^(\d{1,10}) (\S{1,255})$/.exec(found.text)) || [];
  return pid === undefined || host === undefined ? undefined : { pid: Number(pid), host };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
