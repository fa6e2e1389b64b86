// The directory of the sockets that gateway processes reach each other by: mode 0700, so that nobody else can even name them.
import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../observe/index.ts';
import { ProcessError } from './process-error.ts';

const PREFIX = 'cluster-connect-run-';
const LEFT_BEHIND = /^cluster-connect-run-(\d{1,10})-\w{6}$/;
/** sun_path: 108 bytes on Linux, 104 on BSD, with a zero at the end. */
const MAX_SOCKET_PATH_BYTES = 103;
/** `64-9999999.sock` */
const LONGEST_NAME = 15;

/**
 * A new directory below the system's temporary one, else below `dataDir`. Takes away what gateways have left that were killed.
 * @throws ProcessError CC_ERR_PROCESS_SOCKET_DIRECTORY
 */
export function makeRunDirectory(dataDir: string): string {
  const problems: string[] = [];
  for (const parent of [tmpdir(), dataDir]) {
    const prefix = join(parent, `${PREFIX}${process.pid}-`);
    if (Buffer.byteLength(prefix) + '123456/'.length + LONGEST_NAME > MAX_SOCKET_PATH_BYTES) {
      problems.push(`${parent} is too long a path for a socket`);
      continue;
    }
    try {
      removeLeftBehind(parent);
      const directory = mkdtempSync(prefix);
      // mkdtemp promises it; a mask of the caller could only take away from it.
      chmodSync(directory, 0o700);
      return directory;
    } catch (error) {
      problems.push(`${parent}: ${errorCode(error)}`);
    }
  }
  throw new ProcessError(
    'CC_ERR_PROCESS_SOCKET_DIRECTORY',
    `there is no place for the sockets between the gateway's processes (${problems.join('; ')})`,
  );
}

function removeLeftBehind(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = LEFT_BEHIND.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    try {
      const { uid } = lstatSync(path);
      if (uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else's, or gone by now.
    }
  }
}

function isAlive(pid: number): boolean {
  // In a container the one before had this number too.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
