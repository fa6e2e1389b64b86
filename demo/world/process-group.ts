// Processes that the demo starts are leaders of their own groups: an interrupt at the terminal reaches the demo alone,
// which then ends them in order; and with kubectl goes the credential plugin that kubectl has started.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export const OWN_GROUP = { detached: process.platform !== 'win32' } as const;

/** To the process and everything that it has started; without effect when it has ended. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (OWN_GROUP.detached) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** SIGTERM, and SIGKILL after `patienceMs`. Resolves when the process has ended. */
export async function endGroup(
  child: ChildProcess,
  ended: Promise<unknown>,
  patienceMs: number,
): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const patience = new AbortController();
  const killing = delay(patienceMs, undefined, { signal: patience.signal }).then(
    () => signalGroup(child, 'SIGKILL'),
    () => undefined,
  );
  await ended;
  patience.abort();
  await killing;
}
