// A command that the demo runs behind the scenes, to its end: the CLI, or kubectl while it sets a cluster up.
import { spawn } from 'node:child_process';
import { DemoError } from '../demo-error.ts';
import { COMMAND_OUTPUT_BYTES, COMMAND_TIMEOUT_MS, TAIL_LINES } from '../limits.ts';
import { OWN_GROUP, signalGroup } from './process-group.ts';

export interface CommandOptions {
  /** For messages: "kubectl create token". */
  readonly title: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the command. */
  readonly signal?: AbortSignal;
  readonly onStderr?: (text: string) => void;
}

/** @returns standard output. @throws DemoError CC_ERR_DEMO_PART with the end of standard error, unless the exit code is 0 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { title, environment, input = '', timeoutMs = COMMAND_TIMEOUT_MS, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, ...OWN_GROUP });
  const end = (): void => signalGroup(child, 'SIGTERM');
  const kill = (): void => signalGroup(child, 'SIGKILL');
  signal?.addEventListener('abort', end);
  const timer = setTimeout(kill, timeoutMs);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] += text;
      if (name === 'stderr') options.onStderr?.(text);
      if (output[name].length > COMMAND_OUTPUT_BYTES) kill();
    });
  }
  // It may end without having read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const how = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(code === 0 ? '' : (killedBy ?? `exit code ${code}`)));
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  if (how === '') return output.stdout;
  const tail = output.stderr.trimEnd().split('\n').slice(-TAIL_LINES);
  throw new DemoError('CC_ERR_DEMO_PART', `${title} failed (${how}):`, tail);
}
