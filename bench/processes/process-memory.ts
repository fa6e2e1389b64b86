// What this process holds in memory: with its garbage, as it runs, or without it, as it would be after an idle while.
import { Session } from 'node:inspector/promises';
import { z } from 'zod';

export const memorySchema = z.object({
  /** Resident, of the whole process. */
  rssBytes: z.number(),
  heapUsedBytes: z.number(),
  /** Outside of V8's heap and known to it: buffers among them. */
  externalBytes: z.number(),
});
export type ProcessMemory = z.infer<typeof memorySchema>;

/** What one collection frees others may only find garbage by: finalizers, and V8's weak callbacks. */
const COLLECTIONS = 3;

/** @param collect whether to collect all garbage before */
export async function processMemory(collect: boolean): Promise<ProcessMemory> {
  if (collect) await collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
}

async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  for (let count = 0; count < COLLECTIONS; count += 1) await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
