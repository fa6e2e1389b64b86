// One exec over a WebSocket: Kubernetes' remote command protocol, versions 4 and 5 (KEP-4006). Binary messages, the
// first byte names the stream; the exit status is the last word before the close.
import type { WebSocket } from 'ws';
import type { JsonObject } from '../json.ts';
import { isObject, numberAt } from '../json.ts';
import { EXEC_BUFFER_BYTES, MAX_EXEC_INPUT_BYTES } from '../limits.ts';
import { runPretendCommand } from './pretend-shell.ts';
import type { ShellPod, ShellStreams, Terminal } from './pretend-shell.ts';
import { createTerminalLine } from './terminal-line.ts';

export const EXEC_PROTOCOLS: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export interface ExecRequest {
  readonly pod: ShellPod;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const RESIZE = 4;
/** Version 5: the byte after it names the stream that ends. */
const CLOSE = 255;
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const DEFAULT_TERMINAL: Terminal = { columns: 80, rows: 24 };

/** Runs the command and closes the socket after its status. Never rejects. */
export async function runExecSession(socket: WebSocket, request: ExecRequest): Promise<void> {
  const input = createInput(socket);
  const line = createTerminalLine();
  let terminal = DEFAULT_TERMINAL;
  if (!request.stdin) input.end();

  const send = (stream: number, data: string | Buffer): Promise<void> => {
    return new Promise((resolve, reject) => {
      if (socket.bufferedAmount > EXEC_BUFFER_BYTES)
        socket.close(POLICY_VIOLATION, 'the client reads too slowly');
      if (socket.readyState !== socket.OPEN) {
        reject(new Error('the session is over'));
        return;
      }
      const payload = Buffer.concat([Buffer.of(stream), typeof data === 'string' ? Buffer.from(data) : data]);
      socket.send(payload, (error) => (error ? reject(error) : resolve()));
    });
  };

  const receive = (message: Buffer): void => {
    const [stream] = message;
    const payload = message.subarray(1);
    if (stream === CLOSE && payload[0] === STDIN) input.end();
    else if (stream === RESIZE) terminal = readTerminal(payload) ?? terminal;
    else if (stream === STDIN && request.stdin) {
      if (!request.tty) {
        input.push(payload);
        return;
      }
      const pressed = line.press(payload.toString('utf8'));
      if (pressed.echo !== '') send(STDOUT, pressed.echo).catch(() => input.end());
      if (pressed.input !== '') input.push(Buffer.from(pressed.input));
      if (pressed.ended) input.end();
    }
  };
  socket.on('message', (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) socket.close(UNSUPPORTED_DATA, 'binary messages only');
    else receive(data);
  });
  socket.on('error', () => input.end());
  socket.on('close', () => input.end());

  const streams: ShellStreams = {
    read: () => input.read(),
    async write(to, data) {
      // A TTY has one output, and its newline returns the carriage.
      const wanted = to === 'stdout' || request.tty ? request.stdout : request.stderr;
      if (!wanted) return;
      const bytes = request.tty ? data.toString().replace(/\r?\n/g, '\r\n') : data;
      await send(to === 'stdout' || request.tty ? STDOUT : STDERR, bytes);
    },
    terminal: () => (request.tty ? terminal : undefined),
    pause: (ms) => waitOpen(socket, ms),
  };
  try {
    const exitCode = await runPretendCommand(request.command, request.pod, streams);
    await send(STATUS, JSON.stringify(exitStatus(exitCode)));
    socket.close(NORMAL_CLOSURE);
  } catch {
    socket.close();
  }
}

interface Input {
  read(): Promise<Buffer | undefined>;
  push(chunk: Buffer): void;
  end(): void;
}

/** Standard input as a queue: full, it stops reading the socket, so that the client waits. */
function createInput(socket: WebSocket): Input {
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  return {
    async read() {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) {
          size -= chunk.byteLength;
          if (socket.isPaused && size <= MAX_EXEC_INPUT_BYTES / 2) socket.resume();
          return chunk;
        }
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    push(chunk) {
      if (ended || chunk.byteLength === 0) return;
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_EXEC_INPUT_BYTES) socket.pause();
      wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
  };
}

function waitOpen(socket: WebSocket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      socket.off('close', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    socket.once('close', finish);
  });
}

function readTerminal(payload: Buffer): Terminal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  return { columns: numberAt(value, 'Width') ?? 80, rows: numberAt(value, 'Height') ?? 24 };
}

/** What kubectl turns into its own exit code (k8s.io/client-go remotecommand v4). */
function exitStatus(exitCode: number): JsonObject {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
