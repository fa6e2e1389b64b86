// How many connections a machine has room for: each is an open file of the process that holds it.
import { readFileSync } from 'node:fs';

/** For what a process has open besides: listeners, tunnels, files, connections that are about to close. */
const SPARE_FILES = 1000;

/** As many of `connections` as one process may hold. Node.js has raised its soft limit to the hard one. */
export function openFilesFor(connections: number, limits: string = ownLimits()): number {
  const limit = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  return Math.max(1, Math.min(connections, limit - SPARE_FILES));
}

/** proc(5); elsewhere nothing is known. */
function ownLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
