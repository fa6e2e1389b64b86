// Where and of what a result is: without it no two results can be compared.
import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

export const machineSchema = z.object({
  /** Empty outside of a git repository. */
  commit: z.string(),
  /** Whether the files are other than the commit's. */
  changed: z.boolean(),
  node: z.string(),
  platform: z.string(),
  /** The kernel's release. */
  kernel: z.string(),
  cpuModel: z.string(),
  cpuCount: z.int(),
  memoryBytes: z.number(),
  /** Of the minute before the run: what else the machine was doing. */
  loadAverage: z.number(),
});
export type Machine = Readonly<z.infer<typeof machineSchema>>;

export async function describeMachine(): Promise<Machine> {
  const commit = await git('rev-parse', 'HEAD');
  // What an earlier scenario of the same run has written is no change of the code.
  const status = await git(
    'status',
    '--porcelain',
    '--',
    ':/',
    ':(exclude,top)bench/results',
    ':(exclude,top)docs',
  );
  return {
    commit: commit?.trim() ?? '',
    changed: status === undefined || status.trim() !== '',
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
    loadAverage: loadavg()[0] ?? 0,
  };
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', args, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    return stdout;
  } catch {
    return undefined;
  }
}
