// Reads a file that a person named, with an upper bound: a wrong path (a device, a log) must not eat the memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode } from '../../observe/index.ts';

/** The largest file each kind of input may be, in bytes. */
export const FILE_LIMITS = {
  settings: 1_048_576,
  pem: 1_048_576,
  secret: 65_536,
  kubeconfig: 8_388_608,
  tokenCache: 4_194_304,
  denyList: 1_048_576,
} as const;

export type FileFault = 'missing' | 'unreadable' | 'not-a-file' | 'too-large';
interface FileOwner {
  readonly mode: number;
  readonly uid: number;
}
interface Unreadable {
  readonly fault: FileFault;
  readonly code: string;
}
export type BoundedFile = (FileOwner & { readonly text: string }) | Unreadable;

/** The file as UTF-8 text without a byte order mark, or why it could not be read. Never throws. */
export function readBoundedFile(path: string, maxBytes: number): BoundedFile {
  const found = readBoundedBytes(path, maxBytes);
  if (!('bytes' in found)) return found;
  const { bytes, ...owner } = found;
  return { text: new TextDecoder('utf-8').decode(bytes), ...owner };
}

/** The same as bytes, for files that are not text. Never throws. */
export function readBoundedBytes(
  path: string,
  maxBytes: number,
): (FileOwner & { readonly bytes: Buffer }) | Unreadable {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    const code = errorCode(error);
    return { fault: code === 'ENOENT' ? 'missing' : 'unreadable', code };
  }
  try {
    const stat = fstatSync(handle);
    // A pipe is what `--config <(generator)` gives: read like a file, with the same bound.
    if (!stat.isFile() && !stat.isFIFO()) return { fault: 'not-a-file', code: 'EISDIR' };
    const bytes = readUpTo(handle, maxBytes);
    if (bytes === undefined) return { fault: 'too-large', code: 'EFBIG' };
    return { bytes, mode: stat.mode & 0o777, uid: stat.uid };
  } catch (error) {
    return { fault: 'unreadable', code: errorCode(error) };
  } finally {
    closeSync(handle);
  }
}

/** What is wrong, as the end of a sentence that begins with the file's name. */
export function describeFault(fault: { readonly fault: FileFault; readonly code: string }): string {
  return FAULT_TEXTS[fault.fault] ?? `cannot be read (${fault.code})`;
}

const FAULT_TEXTS: Readonly<Partial<Record<FileFault, string>>> = {
  missing: 'does not exist',
  'not-a-file': 'is not a file',
  'too-large': 'is too large for what it should hold',
};

function readUpTo(handle: number, maxBytes: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    const count = readSync(handle, chunk);
    if (count === 0) return Buffer.concat(chunks, total);
    total += count;
    if (total > maxBytes) return undefined;
    chunks.push(chunk.subarray(0, count));
  }
}
