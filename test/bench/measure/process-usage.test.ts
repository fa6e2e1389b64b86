// Against processes of our own: of the tests' process, and of a child that works and holds memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { descendantsOf, processUsage } from '../../../bench/measure/index.ts';

const HAS_PROC = existsSync('/proc/self/stat');
const HELD_BYTES = 64 * 2 ** 20;
const WORK_US = 300_000;
/** Works, holds memory, tells it, and ends with its parent. */
const CHILD = `
const held = Buffer.alloc(${HELD_BYTES}, 1);
while (process.cpuUsage().user + process.cpuUsage().system < ${WORK_US});
process.send(held.byteLength);
process.once('disconnect', () => process.exit(0));
`;

it('the usage of a process holds that of its descendants, where there is /proc', async () => {
  if (!HAS_PROC) return expect(processUsage(process.pid)).toBeUndefined();
  const directory = mkdtempSync(join(tmpdir(), 'bench-usage-'));
  const file = join(directory, 'child.cjs');
  writeFileSync(file, CHILD);
  const before = processUsage(process.pid);
  const child = fork(file, { execArgv: [] });
  try {
    await once(child, 'message');
    const own = processUsage(child.pid ?? 0);
    expect(own?.cpuUs).toBeGreaterThan(WORK_US / 2);
    expect(own?.rssBytes).toBeGreaterThan(HELD_BYTES);
    const after = processUsage(process.pid);
    expect((after?.cpuUs ?? 0) - (before?.cpuUs ?? 0)).toBeGreaterThan(WORK_US / 2);
    expect(descendantsOf(process.pid)).toContain(child.pid);
  } finally {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
  expect(processUsage(child.pid ?? 0)).toBeUndefined();
});
