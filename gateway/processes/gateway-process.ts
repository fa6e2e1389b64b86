// The supervisor's handle of one gateway process: forked, told what to do, and waited for.
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { MetricsSnapshot } from '../../observe/index.ts';
import { isFromProcess } from './messages.ts';
import type { FromProcess, StartMessage, ToProcess } from './messages.ts';
import { ProcessError } from './process-error.ts';

// Beside this file, as source and as what the build makes of it.
const ENTRY = join(import.meta.dirname, `process-entry${extname(import.meta.filename)}`);

export interface GatewayProcess {
  readonly number: number;
  /** Its own for each start. */
  readonly id: string;
  readonly pid: number;
  readonly isReady: boolean;
  /** Rejects with CC_ERR_PROCESS_START when it ends before, or takes too long. */
  readonly ready: Promise<void>;
  /** How it ended: a signal's name or an exit code. Never rejects. */
  readonly exited: Promise<string>;
  readonly send: (message: ToProcess) => void;
  kill(): void;
}

export interface GatewayProcessOptions {
  readonly start: StartMessage;
  readonly id: string;
  readonly startTimeoutMs: number;
  onMessage(message: Exclude<FromProcess, { kind: 'ready' | 'failed' | 'metrics' }>): void;
  onMetrics(snapshot: MetricsSnapshot): void;
}

export function forkGatewayProcess(options: GatewayProcessOptions): GatewayProcess {
  const { start, id } = options;
  // Standard output stays the supervisor's own; logs go where its logs go.
  const child = fork(ENTRY, [], { stdio: ['ignore', 2, 2, 'ipc'] });
  const ready = Promise.withResolvers<void>();
  // Whoever does not wait for it hears of the end.
  ready.promise.catch(() => undefined);
  const exited = Promise.withResolvers<string>();
  let isReady = false;

  const fail = (reason: string): void => {
    ready.reject(
      new ProcessError('CC_ERR_PROCESS_START', `gateway process ${start.number} did not start: ${reason}`),
    );
  };
  const timer = setTimeout(() => {
    fail('it took too long');
    child.kill('SIGKILL');
  }, options.startTimeoutMs);
  const end = (how: string): void => {
    isReady = false;
    clearTimeout(timer);
    fail(`it ended (${how})`);
    // A process that was killed leaves its socket.
    rmSync(start.socketPath, { force: true });
    exited.resolve(how);
  };
  child.once('exit', (code, signal) => end(signal ?? String(code)));
  // It could not be forked, or killed; without a pid there is no exit.
  child.on('error', (error) => {
    if (child.pid === undefined) end(error.message);
  });
  child.on('message', (message: unknown) => {
    if (!isFromProcess(message)) return;
    if (message.kind === 'ready') {
      clearTimeout(timer);
      isReady = true;
      ready.resolve();
    } else if (message.kind === 'failed') fail(message.message);
    else if (message.kind === 'metrics') options.onMetrics(message.snapshot);
    else options.onMessage(message);
  });

  const send = (message: ToProcess): void => {
    // A channel that is just closing: `exit` follows.
    if (child.connected) child.send(message, () => undefined);
  };
  send(start);
  return {
    number: start.number,
    id,
    pid: child.pid ?? 0,
    get isReady() {
      return isReady;
    },
    ready: ready.promise,
    exited: exited.promise,
    send,
    kill: () => void child.kill('SIGKILL'),
  };
}
