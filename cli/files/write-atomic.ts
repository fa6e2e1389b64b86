// Replaces a file in one step: a reader, or a crash in the middle, meets the old content or the new, never half.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../../observe/index.ts';
import { CliError } from '../cli-error.ts';

/**
 * Writes `text` to `path` with exactly `mode`, whatever the umask. Missing parent directories are made with 0700.
 * @throws CliError CC_ERR_CLI_FILE_UNWRITABLE
 */
export function writeFileAtomic(path: string, text: string, mode: number): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeDraft(draft, text, mode);
    renameSync(draft, path);
  } catch (error) {
    removeDraft(draft);
    throw new CliError(
      'CC_ERR_CLI_FILE_UNWRITABLE',
      `${path} cannot be written (${errorCode(error)})`,
      'Check that the directory exists, that you own it, and that the disk is not full',
      { cause: error },
    );
  }
}

// The first error is the one to tell.
function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // There is none: its directory could not be made.
  }
}

function writeDraft(draft: string, text: string, mode: number): void {
  // O_EXCL: never through a file or link that somebody else put there. 0600 until the mode is set for good.
  const handle = openSync(draft, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text, 'utf8');
    let written = 0;
    while (written < bytes.length) written += writeSync(handle, bytes, written);
    if (process.platform !== 'win32') fchmodSync(handle, mode);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
