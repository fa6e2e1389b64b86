// Runs the real kubectl with a home of its own, so that neither its caches nor the user's settings leak in.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface KubectlResult {
  readonly stdout: string;
  /** Without the time and process id of log lines. */
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly exitCode: number;
}

export interface KubectlRun {
  /** Standard input; none by default. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RunningKubectl {
  /** What has been printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves as soon as the output so far `satisfies`; rejects when kubectl ends before. */
  printed(satisfies: (stdout: string) => boolean): Promise<void>;
  interrupt(): void;
  readonly ended: Promise<KubectlResult>;
}

/** A kubectl with one kubeconfig, as one user would call it. */
export interface Kubectl {
  run(args: readonly string[], options?: KubectlRun): Promise<KubectlResult>;
  start(args: readonly string[], options?: KubectlRun): RunningKubectl;
}

// Go clients' log lines begin with a letter, the time and the process id: `I1121 00:58:16.137051   18885 `.
const KLOG_PREFIX = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm;

const RUN_TIMEOUT_MS = 45_000;

/** Its home is a folder beside the kubeconfig: discovery is cached there, apart for each kubeconfig. */
export function createKubectl(
  file: string,
  kubeconfig: string,
  always: Readonly<Record<string, string>> = {},
): Kubectl {
  const home = join(dirname(kubeconfig), `home-${Object.keys(always).join('-')}`);
  mkdirSync(home, { recursive: true });
  const start = (args: readonly string[], options: KubectlRun = {}): RunningKubectl => {
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: RUN_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        KUBECONFIG: kubeconfig,
        ...always,
        ...options.environment,
      },
    });
    const output = { stdout: '', stderr: '' };
    const listeners = new Set<() => void>();
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        output[name] += text;
        for (const listener of listeners) listener();
      });
    }
    // kubectl may end without having read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const ended = new Promise<KubectlResult>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        resolve({
          stdout: output.stdout,
          stderr: output.stderr.replace(KLOG_PREFIX, '$1 '),
          exitCode: code ?? -1,
        }),
      );
    });
    return {
      stdout: () => output.stdout,
      stderr: () => output.stderr,
      printed: (satisfies) =>
        new Promise((resolve, reject) => {
          const check = (): void => {
            if (!satisfies(output.stdout)) return;
            listeners.delete(check);
            resolve();
          };
          listeners.add(check);
          check();
          const tooEarly = (): void => reject(new Error(`kubectl ended before: ${JSON.stringify(output)}`));
          ended.then(tooEarly, reject);
        }),
      interrupt: () => void child.kill('SIGINT'),
      ended,
    };
  };
  return { start, run: (args, options) => start(args, options).ended };
}
