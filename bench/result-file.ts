// A run as JSON: what the next run is compared with.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Figure, Target } from './figures.ts';
import type { Machine } from './machine.ts';
import type { Check } from './verification.ts';

export interface BenchResult {
  readonly bench: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: Machine;
  /** What was asked for: client, rounds, lengths, sizes. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly figures: readonly Figure[];
  readonly comparisons: readonly Figure[];
  readonly targets: readonly Target[];
  readonly verification: { readonly passed: boolean; readonly checks: readonly Check[] };
}

export async function writeResult(file: string, result: BenchResult): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
