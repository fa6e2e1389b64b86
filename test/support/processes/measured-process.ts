// A service of the command line as a process of its own that can be measured, waited for and ended.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { answerSchema } from './measurement.ts';
import type { CountedClass, Measurement } from './measurement.ts';

const PROBE = pathToFileURL(join(import.meta.dirname, 'probe.ts')).href;
const READY_TIMEOUT_MS = 20_000;
/** It collects garbage many times, on a machine that may have other work. */
const MEASURE_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
/** Lines of its log that are kept, for whoever looks into a failure. */
const TAIL_LINES = 40;

export interface MeasuredProcess {
  readonly pid: number;
  /** Collects garbage and counts, unless it is asked for no class: then it is a cheap look. */
  measure(classes: readonly CountedClass[]): Promise<Measurement>;
  /** The first line of the log with this event. @throws Error when the process ends before, or is silent for too long */
  logged(event: string): Promise<Readonly<Record<string, unknown>>>;
  /** What it should never say: lines of the log at level error, and lines that are no log, as a crash leaves them. */
  readonly complaints: readonly string[];
  /** Resolves when it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface MeasuredOptions {
  /** Added to an environment that is as good as empty. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Hears each line of what it says. */
  readonly onLine?: (line: string) => void;
}

/** @param file what to run: the command itself, or an entry that starts the same with other limits */
export function startMeasured(
  file: string,
  args: readonly string[],
  options: MeasuredOptions = {},
): MeasuredProcess {
  const child = fork(file, args, {
    // The probe asks V8 what it calls experimental.
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', '--import', PROBE],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Nothing of this machine's settings.
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...options.environment },
  });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  const tail: string[] = [];
  const complaints: string[] = [];
  const seen = new Map<string, Readonly<Record<string, unknown>>>();
  const waiting = new Map<string, (fields: Readonly<Record<string, unknown>>) => void>();
  if (child.stderr === null) throw new TypeError('the log of a measured process is its standard error');
  createInterface({ input: child.stderr }).on('line', (line) => {
    options.onLine?.(line);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    const { event, level, fields } = parseLine(line);
    if (level === 'error' || level === '') complaints.push(line);
    if (!seen.has(event)) seen.set(event, fields);
    waiting.get(event)?.(fields);
    waiting.delete(event);
  });
  const answers = new Map<number, (measurement: Measurement) => void>();
  let nextId = 0;
  child.on('message', (message) => {
    const { id, measurement } = answerSchema.parse(message);
    answers.get(id)?.(measurement);
    answers.delete(id);
  });

  async function bounded<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const fail = (how: string): void =>
      late.reject(new Error(`the process ${how} (${what}); its log ends with:\n${tail.join('\n')}`));
    const timer = setTimeout(() => fail('took too long'), timeoutMs);
    void exited.then(
      () => fail('ended'),
      (error: unknown) => fail(String(error)),
    );
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      clearTimeout(timer);
      late.promise.catch(() => undefined);
    }
  }

  return {
    pid: child.pid ?? 0,
    measure: (classes) => {
      const id = nextId++;
      const answer = new Promise<Measurement>((resolve) => answers.set(id, resolve));
      child.send({ id, classes });
      return bounded('measure', MEASURE_TIMEOUT_MS, answer);
    },
    logged: (event) => {
      const known = seen.get(event);
      if (known !== undefined) return Promise.resolve(known);
      return bounded(event, READY_TIMEOUT_MS, new Promise((resolve) => waiting.set(event, resolve)));
    },
    complaints,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Services log JSON lines; anything else is a crash's stack, or Node's own word. */
function parseLine(line: string): LogLine {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'event' in value && 'level' in value) {
      return { event: String(value.event), level: String(value.level), fields: { ...value } };
    }
  } catch {
    // Not JSON.
  }
  return { event: '', level: '', fields: {} };
}
