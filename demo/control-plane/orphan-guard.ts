// Children outlive a parent that is killed. A tiny shell waits on a pipe whose other end only the parent holds:
// when the parent is gone, however it went, the pipe closes and the shell ends the children and removes their folder.
import { spawn } from 'node:child_process';

const SCRIPT = `
trap '' INT TERM HUP
pids=
while read -r line; do
  [ "$line" = done ] && exit 0
  pids="$pids $line"
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
rm -rf -- "$1"
`;

export interface OrphanGuard {
  /** From now on this process ends when the parent does. */
  watch(pid: number): void;
  /** The parent has cleaned up itself: nothing is left to end. */
  release(): void;
}

/** Guards `directory` and the processes it is told of. Windows has no shell for it: there nothing is guarded. */
export function startOrphanGuard(directory: string): OrphanGuard {
  if (process.platform === 'win32') return { watch: () => undefined, release: () => undefined };
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'orphan-guard', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own group: an interrupt at the terminal must not end the guard before the parent.
    detached: true,
  });
  guard.unref();
  // Without a guard everything works; only a killed parent would leave its children behind.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return {
    watch: (pid) => void guard.stdin.write(`${pid}\n`),
    release: () => void guard.stdin.end('done\n'),
  };
}
