// The side of the bench: a process of its own for each part, asked over IPC, bounded in time, ended by its own handle.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  answerSchema,
  CPU_METHOD,
  MEMORY_METHOD,
  PROFILE_START_METHOD,
  PROFILE_STOP_METHOD,
  STOP_METHOD,
} from './messages.ts';
import { memorySchema } from './process-memory.ts';
import type { ProcessMemory } from './process-memory.ts';

export interface Child {
  readonly name: string;
  /** Of the process, for what /proc tells about it. */
  readonly pid: number;
  /** @throws Error when the process answers with an error, ends, or stays silent for too long */
  call<T>(method: string, params: unknown, schema: z.ZodType<T>): Promise<T>;
  /** CPU time of the process until now, microseconds. */
  cpuUs(): Promise<number>;
  /** @param options.collect whether it is to collect all its garbage before */
  memory(options: { readonly collect: boolean }): Promise<ProcessMemory>;
  /** Begins a CPU profile. @returns what ends it and writes it to a file */
  profile(): Promise<(file: string) => Promise<void>>;
  /** Repeatable; never throws. */
  stop(): Promise<void>;
  /** As a crash ends it: at once, with nothing said to anybody. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
}

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** The longest call is a round of the load. */
const CALL_TIMEOUT_MS = 120_000;
/** Of calls that only ask or end. */
const SHORT_TIMEOUT_MS = 10_000;

/** @param entry file name of an entry in this folder, without `.ts` */
export function startChild(name: string, entry: string, options: ChildOptions = {}): Child {
  const process_ = fork(fileURLToPath(new URL(`./${entry}.ts`, import.meta.url)), [], {
    // http-proxy uses what Node has deprecated, and would say so on each run.
    execArgv: ['--no-deprecation'],
    env: { ...process.env, ...options.env },
    // Nothing of a child belongs into the bench's own output.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const waiters = new Map<number, Waiter>();
  let nextId = 0;
  let ended = false;

  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      ended = true;
      for (const [id, waiter] of waiters) {
        settle(id);
        waiter.reject(new Error(`the process "${name}" ${reason}`));
      }
      resolve();
    };
    process_.once('error', (error) => end(`failed: ${error.message}`));
    process_.once('exit', (code, signal) => end(`ended (${signal ?? code})`));
  });

  function settle(id: number): Waiter | undefined {
    const waiter = waiters.get(id);
    waiters.delete(id);
    clearTimeout(waiter?.timer);
    return waiter;
  }

  process_.on('message', (message) => {
    const answer = answerSchema.parse(message);
    const waiter = settle(answer.id);
    if ('error' in answer) waiter?.reject(new Error(`the process "${name}" answered: ${answer.error}`));
    else waiter?.resolve(answer.value);
  });

  const ask = (method: string, params: unknown, timeoutMs: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) throw new Error(`the process "${name}" has ended`);
      const id = nextId++;
      const timer = setTimeout(() => {
        settle(id);
        reject(new Error(`the process "${name}" did not answer "${method}" in time`));
      }, timeoutMs);
      waiters.set(id, { resolve, reject, timer });
      process_.send({ id, method, params });
    });

  const { pid } = process_;
  if (pid === undefined) throw new Error(`the process "${name}" cannot be started`);
  let stopping: Promise<void> | undefined;
  return {
    name,
    pid,
    call: async (method, params, schema) => schema.parse(await ask(method, params, CALL_TIMEOUT_MS)),
    cpuUs: async () => z.number().parse(await ask(CPU_METHOD, null, SHORT_TIMEOUT_MS)),
    memory: async (options) => memorySchema.parse(await ask(MEMORY_METHOD, options, SHORT_TIMEOUT_MS)),
    profile: async () => {
      await ask(PROFILE_START_METHOD, null, SHORT_TIMEOUT_MS);
      return async (file) => void (await ask(PROFILE_STOP_METHOD, { file }, SHORT_TIMEOUT_MS));
    },
    stop: () => {
      stopping ??= (async () => {
        if (ended) return;
        await ask(STOP_METHOD, null, SHORT_TIMEOUT_MS).catch(() => undefined);
        const timer = setTimeout(() => process_.kill('SIGKILL'), SHORT_TIMEOUT_MS);
        await gone;
        clearTimeout(timer);
      })();
      return stopping;
    },
    kill: async () => {
      process_.kill('SIGKILL');
      await gone;
    },
  };
}
