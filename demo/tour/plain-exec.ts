// A command in a pod without kubectl: Kubernetes' remote command protocol over a WebSocket (KEP-4006), as far as a
// command without standard input needs it.
import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { digestBody } from './digest.ts';

const PROTOCOL = 'v5.channel.k8s.io';
const STDOUT = 1;
const STDERR = 2;
/** The last word: a Status that holds the exit code. */
const RESULT = 3;
const MAX_MESSAGE_BYTES = 1024 * 1024;

export interface ExecTarget {
  readonly url: URL;
  readonly caPem: string;
  readonly token: string;
}

/** @returns the exit code of the command, or the HTTP status of a refusal */
export function startExec(
  { url, caPem, token }: ExecTarget,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.href.replace(/^https:/, 'wss:'), PROTOCOL, {
      ca: caPem,
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: MAX_MESSAGE_BYTES,
    });
    const abort = (): void => socket.terminate();
    signal.addEventListener('abort', abort);
    let exitCode = -1;
    socket.on('upgrade', () => onText(`HTTP 101 ${PROTOCOL}\n`));
    socket.on('message', (data: RawData) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      const text = bytes.subarray(1).toString('utf8');
      if (bytes[0] === STDOUT || bytes[0] === STDERR) onText(text);
      if (bytes[0] === RESULT) exitCode = exitCodeOf(text);
    });
    socket.on('unexpected-response', (_request, answer) => {
      const status = answer.statusCode ?? -1;
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        onText(`HTTP ${status} ${answer.statusMessage ?? ''}\n${digestBody(text, status)}`);
        signal.removeEventListener('abort', abort);
        resolve(status);
      });
    });
    socket.on('error', reject);
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      if (exitCode !== -1) onText(`exit code ${exitCode}\n`);
      resolve(exitCode);
    });
  });
}

/** 0 for `Success`; the cause `ExitCode` of a `NonZeroExitCode`; -1 for anything else. */
export function exitCodeOf(status: string): number {
  if (/"status":\s*"Success"/.test(status)) return 0;
  if (!/"reason":\s*"NonZeroExitCode"/.test(status)) return -1;
  const cause = /\{[^{}]*"reason":\s*"ExitCode"[^{}]*\}/.exec(status)?.[0] ?? '';
  const code = /"message":\s*"(\d{1,3})"/.exec(cause)?.[1];
  return code === undefined ? -1 : Number(code);
}
