// Several processes share one file: `cluster add` beside a running gateway, or a gateway that overlaps its successor.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../gateway/store/index.ts';

const script = fileURLToPath(new URL('redeem-process.ts', import.meta.url));
const PROCESSES = 3;
const EACH = 50;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cc-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What each of the processes printed, when all were let go at once. */
async function race(argumentsOf: (index: number) => string[]): Promise<{ output: string; errors: string }[]> {
  const children: Child[] = Array.from({ length: PROCESSES }, (_, index) =>
    spawn(process.execPath, [script, ...argumentsOf(index)], { stdio: ['pipe', 'pipe', 'pipe'] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const results = children.map(async (child) => {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { output, errors };
  });
  for (const child of children) child.stdin.end('go');
  return Promise.all(results);
}

it('I2: one join token redeemed at once by three processes, fifty times each, registers once', async () => {
  const file = join(dir, 'gateway.db');
  const store = openStore(file);
  const cluster = await store.addCluster('a');
  const joinToken = await store.issueJoinToken('a', 3_600_000);
  const answers = await race((index) => [file, joinToken, `p${index}`, String(EACH)]);
  const codes = answers.flatMap<unknown>(({ output }) => JSON.parse(output));
  expect(codes).toHaveLength(PROCESSES * EACH);
  expect(codes.filter((code) => code === 'registered')).toHaveLength(1);
  expect(codes.filter((code) => code === 'CC_ERR_STORE_JOIN_TOKEN_REFUSED')).toHaveLength(
    PROCESSES * EACH - 1,
  );
  expect(await store.listKeys(cluster.id)).toHaveLength(1);
  await store.close();
});

it('processes that open a new file at once all get it, and nothing is written to their standard error', async () => {
  const file = join(dir, 'new', 'gateway.db');
  const answers = await race(() => [file, 'none', 'x', '1']);
  for (const { output, errors } of answers) {
    // node:sqlite announced itself as experimental in Node releases before the one we pin.
    expect(errors).toBe('');
    expect(JSON.parse(output)).toEqual(['CC_ERR_STORE_JOIN_TOKEN_REFUSED']);
  }
  expect(existsSync(file)).toBe(true);
});
