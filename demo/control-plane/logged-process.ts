// A server in the background whose output goes to a file, and whose end is waited for by its own process id.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneError } from './errors.ts';
import { QUOTED_LOG_LINES, STOP_TIMEOUT_MS } from './limits.ts';

export interface LoggedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended, with what ended it; never rejects. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** SIGTERM, and SIGKILL after STOP_TIMEOUT_MS. */
  stop(): Promise<void>;
}

/** @throws ControlPlaneError when the binary cannot be started at all. */
export async function startLoggedProcess(
  file: string,
  args: readonly string[],
  logFile: string,
): Promise<LoggedProcess> {
  const log = openSync(logFile, 'a');
  // Its own group: an interrupt at the terminal is for the parent, which then ends this process in order.
  const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) {
    throw new ControlPlaneError('CC_ERR_CONTROL_PLANE_EXITED', `cannot start ${file}: ${await ended}`);
  }
  await once(child, 'spawn');
  child.unref();
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name: basename(file),
    pid,
    logFile,
    ended,
    isRunning,
    stop: async () => {
      if (!isRunning()) return;
      child.ref();
      child.kill('SIGTERM');
      const patience = new AbortController();
      const killed = delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await ended;
      patience.abort();
      await killed;
    },
  };
}

/** The end of the log, for an error message. */
export async function quoteLog(process: LoggedProcess): Promise<string> {
  const text = await readFile(process.logFile, 'utf8');
  return text.trimEnd().split('\n').slice(-QUOTED_LOG_LINES).join('\n');
}
