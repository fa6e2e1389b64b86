// Whoever is put on the deny list: what the real kubectl says of it, while it runs and when it is called again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bindReader, createNamespace, createWorkloads } from './cluster-objects.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';

const NAMESPACE = 'denied';
const WITHIN_MS = 10_000;

let relay: Relay;
let directory = '';
let denyListFile = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-connect-deny-'));
  denyListFile = join(directory, 'deny.txt');
  writeFileSync(denyListFile, '');
  relay = await startRelay({ gateway: { denyListFile } });
  await createNamespace(relay.admin, NAMESPACE);
  await createWorkloads(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
});
afterAll(async () => {
  await relay.close();
  rmSync(directory, { recursive: true });
});

test('a watch ends within ten seconds, and the next call is told why', async () => {
  const kubectl = relay.kubectlOf('bob').relayed;
  const pods = ['get', 'pods', '-n', NAMESPACE];
  // Killed after that, and then its exit code is -1.
  const watch = kubectl.start([...pods, '--watch', '-o', 'name'], { timeLimitMs: WITHIN_MS });
  await watch.printed((stdout) => stdout.includes('pod/web-0'));

  writeFileSync(denyListFile, `user ${relay.user('bob').objectId}\n`);
  const { stdout, stderr, exitCode } = await watch.ended;
  expect(stdout).toBe('pod/web-0\n');
  expect([exitCode, stderr]).toEqual([0, '']);

  const again = await kubectl.run([...pods, '-o', 'name']);
  expect(again.stdout).toBe('');
  expect(again.stderr).toContain('access was withdrawn');
  expect(again.exitCode).toBe(1);
});
