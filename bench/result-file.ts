// A run as JSON: what the next run is compared with, and what docs/performance.md is made of.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { machineSchema } from './machine.ts';
import { checkSchema, figureSchema, targetSchema } from './measure/index.ts';

export const benchResultSchema = z.object({
  /** The name of the scenario. */
  bench: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Of the whole scenario, with what it put up and took down. */
  durationMs: z.number(),
  machine: machineSchema,
  settings: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
  /** Route to version. */
  versions: z.record(z.string(), z.string()).readonly(),
  figures: z.array(figureSchema).readonly(),
  comparisons: z.array(figureSchema).readonly(),
  targets: z.array(targetSchema).readonly(),
  /** Routes that could not be measured. */
  absent: z.array(z.object({ name: z.string(), reason: z.string() })).readonly(),
  verification: z.object({ passed: z.boolean(), checks: z.array(checkSchema).readonly() }),
  notes: z.array(z.string()).readonly(),
});
export type BenchResult = Readonly<z.infer<typeof benchResultSchema>>;

export async function writeResult(file: string, result: BenchResult): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}

/** @throws Error that names the file, when it cannot be read or is not a result */
export async function readResult(file: string): Promise<BenchResult> {
  try {
    return benchResultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} is not a result of this bench`, { cause: error });
  }
}
