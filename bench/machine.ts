// Where and of what a result is: without it no two results can be compared.
import { execFile } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface Machine {
  /** Empty outside of a git repository. */
  readonly commit: string;
  /** Whether the files are other than the commit's. */
  readonly changed: boolean;
  readonly node: string;
  readonly platform: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  /** Of the minute before the run: what else the machine was doing. */
  readonly loadAverage: number;
}

export async function describeMachine(): Promise<Machine> {
  const commit = await git('rev-parse', 'HEAD');
  const status = await git('status', '--porcelain');
  return {
    commit: commit?.trim() ?? '',
    changed: status === undefined || status.trim() !== '',
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
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
