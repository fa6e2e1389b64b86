import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';

const GUARD = join(import.meta.dirname, '../../../demo/control-plane/orphan-guard.ts');

// A parent that guards one child and a folder, tells the child's process id, and then does what it is told.
const PARENT = `
import { spawn } from 'node:child_process';
import { startOrphanGuard } from ${JSON.stringify(GUARD)};
const guard = startOrphanGuard(process.argv[1]);
const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
child.unref();
guard.watch(child.pid);
process.stdout.write(String(child.pid) + '\\n');
process.stdin.once('data', (text) => {
  if (String(text) === 'release') guard.release();
  if (String(text) === 'throw') throw new Error('on purpose');
  process.exit(0);
});
`;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function startParent() {
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-guard-'));
  const args = ['--input-type=module-typescript', '--eval', PARENT, directory];
  const parent = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const [text] = await once(parent.stdout, 'data');
  return { directory, parent, pid: Number(String(text)) };
}

// At once: each waits for a process to be reaped.
describe.concurrent('the orphan guard', () => {
  test.each(['exit', 'throw', 'SIGKILL', 'SIGTERM'] as const)(
    'ends the children and removes the folder when the parent ends by %s',
    async (end) => {
      const { directory, parent, pid } = await startParent();
      expect(isRunning(pid)).toBe(true);
      if (end === 'SIGKILL' || end === 'SIGTERM') parent.kill(end);
      else parent.stdin.write(end);
      await vi.waitFor(() => expect([isRunning(pid), existsSync(directory)]).toEqual([false, false]), 5_000);
    },
  );

  test('ends nothing once it is released', async () => {
    const { directory, parent, pid } = await startParent();
    parent.stdin.write('release');
    await once(parent, 'close');
    expect([isRunning(pid), existsSync(directory)]).toEqual([true, true]);
    process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true });
  });
});
