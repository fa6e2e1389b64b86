// The side of the child: answers the bench's calls until it is told to stop, and never outlives the bench.
import {
  callSchema,
  CPU_METHOD,
  MEMORY_METHOD,
  memoryCallSchema,
  PROFILE_START_METHOD,
  PROFILE_STOP_METHOD,
  profileStopSchema,
  STOP_METHOD,
} from './messages.ts';
import { processMemory } from './process-memory.ts';
import { createProfiler } from './profiler.ts';

export type Calls = Readonly<Record<string, (params: unknown) => unknown>>;

/** @param stop closes what the calls have opened */
export function serveParent(calls: Calls, stop: () => Promise<void> | void = () => undefined): void {
  const profiler = createProfiler();
  const all: Calls = {
    ...calls,
    [CPU_METHOD]: () => cpuUs(),
    [MEMORY_METHOD]: (params) => processMemory(memoryCallSchema.parse(params).collect),
    [PROFILE_START_METHOD]: () => profiler.start(),
    [PROFILE_STOP_METHOD]: (params) => profiler.stop(profileStopSchema.parse(params).file),
    [STOP_METHOD]: stop,
  };

  async function answer(message: unknown): Promise<void> {
    const { id, method, params } = callSchema.parse(message);
    try {
      const call = Object.hasOwn(all, method) ? all[method] : undefined;
      if (call === undefined) throw new RangeError(`there is no call "${method}"`);
      const value = await call(params);
      await send({ id, value: value ?? null });
    } catch (error) {
      await send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    if (method === STOP_METHOD) process.exit(0);
  }

  process.on('message', (message) => void answer(message));
  process.once('disconnect', () => process.exit(0));
}

function send(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) throw new TypeError('this process is started by the bench only');
    process.send(message, undefined, undefined, () => resolve());
  });
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
