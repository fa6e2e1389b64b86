// A part of the demo that runs as a process of its own: its log goes to a file, its events are waited for, and when
// it ends too early the end of its log says why.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { DemoError } from '../demo-error.ts';
import { PART_READY_TIMEOUT_MS, STOP_TIMEOUT_MS, TAIL_LINES, TAIL_LINE_CHARACTERS } from '../limits.ts';
import { endGroup, OWN_GROUP } from './process-group.ts';

export interface ServiceOptions {
  /** For messages: "the gateway". */
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Ends the waiting, not the process. */
  readonly signal: AbortSignal;
}

export interface Service {
  readonly title: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the log has named `event` so often. @throws DemoError when the process ends before, or when it takes too long */
  sees(event: string, times: number): Promise<void>;
  /** Settles when the process has ended, with what ended it; never rejects. */
  readonly ended: Promise<string>;
  /** Told when the process ends although nobody has called `stop`. */
  onUnexpectedEnd(listener: (error: DemoError) => void): void;
  /** The last lines of the log. */
  tail(): readonly string[];
  stop(): Promise<void>;
}

/** @throws DemoError CC_ERR_DEMO_PART when it cannot be started at all */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { title, file, args, environment, logFile, signal } = options;
  signal.throwIfAborted();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment, ...OWN_GROUP });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  if (child.pid === undefined) {
    throw new DemoError('CC_ERR_DEMO_PART', `${title} cannot be started: ${await exited}`);
  }
  await once(child, 'spawn');

  const log = createWriteStream(logFile, { mode: 0o600 });
  log.on('error', () => undefined);
  const lines: string[] = [];
  const counts = new Map<string, number>();
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      lines.push(line.slice(0, TAIL_LINE_CHARACTERS));
      if (lines.length > TAIL_LINES) lines.shift();
      const event = eventOf(line);
      counts.set(event, (counts.get(event) ?? 0) + 1);
      for (const listener of listeners) listener();
    });
  }
  // Its log is whole by then: who reads it after the end finds everything.
  const ended = exited.then((how) => new Promise<string>((resolve) => log.end(() => resolve(how))));

  const fail = (what: string): DemoError =>
    new DemoError('CC_ERR_DEMO_PART', `${title} ${what}; its log ends with:`, [...lines]);
  let isStopping = false;
  return {
    title,
    pid: child.pid,
    logFile,
    ended,
    tail: () => [...lines],
    sees: async (event, times) => {
      const seen = Promise.withResolvers<void>();
      const look = (): void => {
        if ((counts.get(event) ?? 0) >= times) seen.resolve();
      };
      const timer = setTimeout(
        () => seen.reject(fail(`was not ready within ${PART_READY_TIMEOUT_MS / 1000} s`)),
        PART_READY_TIMEOUT_MS,
      );
      const abort = (): void => seen.reject(signal.reason);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      listeners.add(look);
      look();
      try {
        await Promise.race([
          seen.promise,
          ended.then((how) => {
            throw fail(`ended (${how}) before it was ready`);
          }),
        ]);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        listeners.delete(look);
      }
    },
    onUnexpectedEnd: (listener) => {
      void ended.then((how) => {
        if (!isStopping) listener(fail(`ended (${how})`));
      });
    },
    stop: () => {
      isStopping = true;
      return endGroup(child, ended, STOP_TIMEOUT_MS);
    },
  };
}

/** Our services log JSON lines, each with an `event`; anything else is a line without one. */
function eventOf(line: string): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'event' in value) return String(value.event);
  } catch {
    // Not JSON: a crash's stack, or a message before the logger was there.
  }
  return '';
}
