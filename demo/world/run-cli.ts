// The real command line, as a process of its own: what the demo shows is what a user would run.
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import type { CommandOptions } from './run-command.ts';

export const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');

export function runCli(args: readonly string[], options: CommandOptions): Promise<string> {
  return runCommand(process.execPath, [CLI, ...args], options);
}
