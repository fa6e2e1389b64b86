// A CPU profile of this process for one round: what `--cpu-prof` would give, without the start that nobody asked for.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

export interface Profiler {
  start(): Promise<void>;
  /** Chrome's .cpuprofile format. */
  stop(file: string): Promise<void>;
}

/** Finer than V8's own millisecond: a round is short. */
const SAMPLING_INTERVAL_US = 200;

export function createProfiler(): Profiler {
  const session = new Session();
  return {
    start: async () => {
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
      await session.post('Profiler.start');
    },
    stop: async (file) => {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      await writeFile(file, JSON.stringify(profile));
    },
  };
}
