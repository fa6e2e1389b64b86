// Runs the real command in a process of its own, with an environment that holds nothing of this machine's.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { runProgram } from '../../cli/program.ts';

export const MAIN = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Nothing by default. */
  readonly stdin?: 'ignore' | 'pipe';
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function startCommand(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: '/usr/bin:/bin', HOME: options.cwd ?? '/nonexistent', ...options.env },
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  return child;
}

export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  return resultOf(startCommand(args, options));
}

export async function resultOf(child: ChildProcess): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...output };
}

/** The same in this process, ten times as fast: for tables of refusals. Its environment is this process's own. */
export async function runHere(args: readonly string[]): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runProgram(args, { debug: false }), ...output };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
