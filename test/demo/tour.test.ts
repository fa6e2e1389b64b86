// The demo as somebody runs it: the whole command, with what it started gone at the end.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '..', '..', 'demo', 'main.ts');
/** Six seconds on an idle machine; beside the other tests on two busy cores it takes a few times as long. */
const TIMEOUT_MS = 60_000;
const ESCAPE = '\u001b';

interface DemoRun {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number | null;
}

interface RunOptions {
  readonly args?: readonly string[];
  readonly path?: string;
  /** Sends `signal` when the output has this text. */
  readonly interruptAt?: string;
}

function runDemo({ args = ['--once'], path, interruptAt }: RunOptions = {}): Promise<DemoRun> {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...(path === undefined ? {} : { PATH: path }) };
  delete environment['KUBEBUILDER_ASSETS'];
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  let output = '';
  let errors = '';
  let isInterrupted = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (interruptAt === undefined || isInterrupted || !output.includes(interruptAt)) return;
    isInterrupted = true;
    child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ output, errors, exitCode }));
  });
}

/** On this machine's PATH, but without the directories that hold a kubectl. */
function pathWithoutKubectl(): string {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => !existsSync(join(directory, 'kubectl')))
    .join(delimiter);
}

function verdicts(output: string): readonly string[] {
  return [...output.matchAll(/^ {4}(ok|NOT AS EXPECTED) {2}\d/gm)].map((match) => match[1] ?? '');
}

function titles(output: string): readonly string[] {
  return [...output.matchAll(/^ ?(\d+) {2}[A-Z]/gm)].map((match) => match[1] ?? '');
}

function expectNothingLeft(output: string): void {
  const pids = [...output.matchAll(/\bprocess (\d+)/g)].map((match) => Number(match[1]));
  expect(pids.length).toBeGreaterThanOrEqual(2);
  for (const pid of pids) expect(() => process.kill(pid, 0), `process ${pid}`).toThrow('ESRCH');
  const directory = /=(\S*cluster-connect-demo-\w+)/.exec(output)?.[1] ?? '';
  expect(directory).not.toBe('');
  expect(existsSync(directory)).toBe(false);
}

describe('npm run demo', () => {
  it(
    'shows each step as expected, and leaves nothing behind',
    async () => {
      const { output, errors, exitCode } = await runDemo();
      expect(errors).toBe('');
      expect(verdicts(output), output).toEqual(Array.from({ length: 10 }, () => 'ok'));
      expect(titles(output)).toHaveLength(10);
      expect(output).toContain('All 10 steps were as expected');
      expect(output).toContain('a stand-in, its pods are simulated');
      expect(output).not.toContain(ESCAPE);
      expect(exitCode).toBe(0);
      expectNothingLeft(output);
    },
    TIMEOUT_MS,
  );

  it(
    'goes by plain HTTPS where kubectl is not on PATH, and says so',
    async () => {
      const { output, errors, exitCode } = await runDemo({ path: pathWithoutKubectl() });
      expect(errors).toBe('');
      expect(verdicts(output), output).toEqual(Array.from({ length: 10 }, () => 'ok'));
      expect(output).toContain('with plain HTTPS requests, because kubectl is not on PATH');
      expect(output).not.toMatch(/eyJ[\w-]+\.eyJ/);
      expect(exitCode).toBe(0);
      expectNothingLeft(output);
    },
    TIMEOUT_MS,
  );

  it(
    'ends everything when it is interrupted in the middle',
    async () => {
      const { output, exitCode } = await runDemo({ args: [], interruptAt: ' 1  Who am I?' });
      expect(output).toContain('Ending the demo.');
      expect(output).not.toContain('Everything stays up');
      expect(exitCode).toBe(130);
      expectNothingLeft(output);
    },
    TIMEOUT_MS,
  );

  it('names what is wrong with its arguments in one line', async () => {
    const { output, errors, exitCode } = await runDemo({ args: ['--twice'] });
    expect(output).toBe('');
    expect(errors).toBe("demo: Unknown option '--twice': see npm run demo -- --help\n");
    expect(exitCode).toBe(2);
  });
});
