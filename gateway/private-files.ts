// What the gateway keeps on disk belongs to its own user alone, and survives a power cut once it was reported done.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';

/** Makes a directory, and what is missing above it, with mode 0700; one that exists keeps its mode. */
export function makePrivateDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
}

/**
 * Takes a file's group and others off it where this process may. Kubernetes' fsGroup opens a volume's files to the
 * group at each mount; where they belong to another user id, that access is the operator's own choice.
 */
export function closeToOthers(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {
    // Not the owner: nothing to be done here.
  }
}

/** Makes new names inside a directory durable. Windows cannot open a directory, and needs no such call. */
export function syncDirectory(dir: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
