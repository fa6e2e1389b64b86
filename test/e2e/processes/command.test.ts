// The real command as several processes: its signals, its exit code, and that none of them outlives it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../../support/free-port.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
// Several processes start in each test, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });
const STEP = { timeout: 15_000 };

let directory: string;
let command: ChildProcess | undefined;
let log = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cc-command-'));
  log = '';
});
afterEach(() => {
  if (command?.exitCode === null && command.signalCode === null) command.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function lines(): Record<string, unknown>[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

function pids(): number[] {
  return lines()
    .filter(({ event }) => event === 'gateway.process.started')
    .map(({ pid }) => Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ready when all processes are. */
async function start(processes: number | string): Promise<ChildProcess> {
  const port = await freePort();
  const file = join(directory, 'gateway.yaml');
  const settings = {
    listen: `127.0.0.1:${port}`,
    privateListen: '127.0.0.1:0',
    publicUrl: `https://127.0.0.1:${port}`,
    dataDir: join(directory, 'data'),
    processes,
    drainTimeout: '2s',
    entra: { tenants: ['11111111-2222-3333-4444-555555555555'], audiences: ['api'] },
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings));
  const child = spawn(process.execPath, [MAIN, 'gateway', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Of a group of its own, as a terminal's job is.
    detached: true,
    env: { ...process.env, TMPDIR: directory },
  });
  command = child;
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await expect.poll(() => log.includes('"event":"gateway.started"'), STEP).toBe(true);
  return child;
}

it('SIGTERM to the first process drains all and exits 0, with nothing left behind', async () => {
  const child = await start(2);
  expect(pids()).toHaveLength(2);
  expect(lines().filter(({ event }) => event === 'gateway.started')).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(pids().filter(isRunning)).toEqual([]);
  const drained = lines().filter(({ event }) => event === 'gateway.draining');
  expect(new Set(drained.map((line) => line['process']))).toEqual(new Set([1, 2]));
  expect(log).not.toContain('CC_ERR_PROCESS_ENDED');
  expect(readdirSync(directory).filter((name) => name.startsWith('cluster-connect-run-'))).toEqual([]);
});

it('Ctrl-C, which reaches every process at once, drains all the same', async () => {
  const child = await start(2);
  process.kill(-(child.pid ?? 0), 'SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(pids().filter(isRunning)).toEqual([]);
  expect(lines().filter(({ event }) => event === 'gateway.stopped')).toHaveLength(2);
});

it('the processes end when the one that started them is killed', async () => {
  const child = await start(2);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(() => pids().filter(isRunning), STEP).toEqual([]);
});

it('one process has no supervisor, and listens for no peers', async () => {
  const child = await start(1);
  expect(pids()).toEqual([]);
  expect(readdirSync(directory).some((name) => name.startsWith('cluster-connect-run-'))).toBe(false);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(existsSync(join(directory, 'data', 'gateway.db'))).toBe(true);
});
