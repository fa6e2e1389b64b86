// Runs the real kubectl with a home of its own, so that neither its caches nor the user's settings leak in.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';

export interface KubectlResult {
  readonly stdout: string;
  /** Without the time and process id of log lines. */
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly exitCode: number;
}

export interface KubectlRun {
  /** Standard input; none by default. `HELD_OPEN` leaves it to `stdin`. */
  readonly input?: string | Uint8Array | Readable | typeof HELD_OPEN;
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets standard output as raw bytes, for hashes of what is too long to be kept; the result's `stdout` is then empty. */
  readonly onStdout?: (chunk: Buffer) => void;
  /** Folder that the command runs in; its home by default. */
  readonly directory?: string;
  /** A command that starts kubectl in its turn: kubectl and its arguments are added to it. */
  readonly under?: readonly string[];
  /** After this it is killed, and its exit code is -1; 45 s by default. */
  readonly timeLimitMs?: number;
}

export interface RunningKubectl {
  readonly pid: number | undefined;
  /** Open for writing only with `HELD_OPEN`. */
  readonly stdin: Writable;
  /** What has been printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves as soon as the output so far `satisfies`; rejects when kubectl ends before. */
  printed(satisfies: (stdout: string) => boolean): Promise<void>;
  interrupt(): void;
  /** Without any farewell. */
  kill(): void;
  readonly ended: Promise<KubectlResult>;
}

/** A kubectl with one kubeconfig, as one user would call it. */
export interface Kubectl {
  /** Done again where kubectl itself lost some of the output. */
  run(args: readonly string[], options?: KubectlRun): Promise<KubectlResult>;
  start(args: readonly string[], options?: KubectlRun): RunningKubectl;
}

// Go clients' log lines begin with a letter, the time and the process id: `I1121 00:58:16.137051   18885 `.
const KLOG_PREFIX = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm;

const RUN_TIMEOUT_MS = 45_000;

// Before 1.34, kubectl reads its WebSocket before it has made the streams for what comes: what is too early for them is
// dropped, and when all is over by then it fails. A fault of its own that shows with a quick server and a quick command.
// Such a run says nothing about the way, unless all that was lost is the empty message that opens a channel.
const LOSS_NOTICE = /^E websocket\.go:\d+\] Unknown stream id \d, discarding message\n/gm;
const OVER_TOO_EARLY = 'error: closed all streams\n';
const MOST_RUNS = 20;

/** For a standard input that the test writes as it goes. */
export const HELD_OPEN = Symbol('held open');

/** Its home is a folder beside the kubeconfig: discovery is cached there, apart for each kubeconfig. */
export function createKubectl(
  file: string,
  kubeconfig: string,
  always: Readonly<Record<string, string>> = {},
): Kubectl {
  const home = join(dirname(kubeconfig), `home-${Object.keys(always).join('-')}`);
  mkdirSync(home, { recursive: true });
  const launch = (args: readonly string[], options: KubectlRun = {}): RunningKubectl => {
    const [program = file, ...programArgs] = [...(options.under ?? []), file, ...args];
    const child = spawn(program, programArgs, {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: options.directory ?? home,
      timeout: options.timeLimitMs ?? RUN_TIMEOUT_MS,
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
      if (name === 'stdout' && options.onStdout !== undefined) {
        child.stdout.on('data', options.onStdout);
        continue;
      }
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        output[name] += text;
        for (const listener of listeners) listener();
      });
    }
    // kubectl may end without having read its input.
    child.stdin.on('error', () => undefined);
    if (options.input instanceof Readable) options.input.pipe(child.stdin);
    else if (options.input !== HELD_OPEN) child.stdin.end(options.input ?? '');
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
      pid: child.pid,
      stdin: child.stdin,
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
      kill: () => void child.kill('SIGKILL'),
      ended,
    };
  };
  const start = (args: readonly string[], options: KubectlRun = {}): RunningKubectl => {
    const running = launch(args, options);
    return { ...running, ended: running.ended.then(withoutLossNotice) };
  };
  const run = async (args: readonly string[], options: KubectlRun = {}): Promise<KubectlResult> => {
    const isRepeatable = options.onStdout === undefined && !(options.input instanceof Readable);
    for (let runs = 1; ; runs += 1) {
      const result = await launch(args, options).ended;
      const told = withoutLossNotice(result);
      const isLost = told.stderr !== result.stderr || told.stderr.endsWith(OVER_TOO_EARLY);
      if (!isLost || !isRepeatable || runs === MOST_RUNS) return told;
    }
  };
  return { start, run };
}

function withoutLossNotice(result: KubectlResult): KubectlResult {
  return { ...result, stderr: result.stderr.replace(LOSS_NOTICE, '') };
}
