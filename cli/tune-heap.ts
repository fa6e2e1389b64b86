// Services run with a heap that is set up for what they do: V8 takes that at the start of a process only.
import { HEAP_FLAGS } from '../observe/index.ts';

const SET_BY_OPERATOR = /semi[-_]space/;

/**
 * Puts this program in its own place again, same process id, with HEAP_FLAGS; returns where they are set already, where the operator
 * chose otherwise (NODE_OPTIONS), or where the system cannot do it: Windows, and a parent that talks to this process over IPC.
 */
export function tuneHeap(): void {
  const { env, execArgv, execPath, argv } = process;
  const chosen = [...execArgv, env['NODE_OPTIONS'] ?? ''].some((flag) => SET_BY_OPERATOR.test(flag));
  if (chosen || process.platform === 'win32' || process.connected) return;
  process.execve?.(execPath, [execPath, ...HEAP_FLAGS, ...execArgv, ...argv.slice(1)], env);
}
