// What the bench and its processes say to each other over Node's IPC.
import { z } from 'zod';

export const callSchema = z.object({ id: z.int(), method: z.string(), params: z.unknown() });

export const answerSchema = z.union([
  z.object({ id: z.int(), error: z.string() }),
  z.object({ id: z.int(), value: z.unknown() }),
]);

/** The method of every process that tells its CPU time, user and system together, in microseconds. */
export const CPU_METHOD = 'cpu';
/** The method of every process that tells what it holds in memory. */
export const MEMORY_METHOD = 'memory';
export const memoryCallSchema = z.object({ collect: z.boolean() });
/** The method of every process that ends it. */
export const STOP_METHOD = 'stop';
/** Begin a CPU profile of the process, and write it to the file that is given. */
export const PROFILE_START_METHOD = 'profile-start';
export const PROFILE_STOP_METHOD = 'profile-stop';
export const profileStopSchema = z.object({ file: z.string() });
