// Signals need a process of their own: a small service there, with the real function.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resultOf } from './run-command.ts';

const MODULE = JSON.stringify(join(import.meta.dirname, '..', '..', 'cli', 'serve-until-signal.ts'));

function startService(service: { readonly drain: string; readonly close: string }) {
  const script = `
    import { serveUntilSignal } from ${MODULE};
    const say = (word) => process.stdout.write(word + '\\n');
    setInterval(() => undefined, 1000);
    const done = serveUntilSignal({
      drain: () => { say('drain'); return ${service.drain}; },
      close: () => { say('close'); return ${service.close}; },
    });
    say('ready');
    await done;`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void (child.exitCode ?? child.kill('SIGKILL')));
  const said = (word: string) =>
    new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes: Buffer) => {
        if (bytes.toString().includes(word)) resolve();
      });
    });
  return { child, said, result: resultOf(child) };
}

const NEVER = 'new Promise(() => undefined)';
const NOW = 'Promise.resolve()';

describe('serveUntilSignal', () => {
  it('drains, closes, and ends with 0 on the first signal', async () => {
    const { child, said, result } = startService({ drain: NOW, close: NOW });
    await said('ready');
    child.kill('SIGTERM');
    expect(await result).toEqual({ code: 0, stdout: 'ready\ndrain\nclose\n', stderr: '' });
  });

  it.each([
    { signal: 'SIGTERM', close: NOW, code: 143 },
    { signal: 'SIGINT', close: NOW, code: 130 },
    { signal: 'SIGINT', close: 'Promise.reject(new Error("broken"))', code: 130 },
    { signal: 'SIGTERM', close: NEVER, code: 143 },
  ] as const)('closes at once on a second signal: $signal, $close', async ({ signal, close, code }) => {
    const { child, said, result } = startService({ drain: NEVER, close });
    await said('ready');
    const draining = said('drain');
    child.kill('SIGTERM');
    await draining;
    child.kill(signal);
    expect(await result).toEqual({ code, stdout: 'ready\ndrain\nclose\n', stderr: '' });
  });
});
