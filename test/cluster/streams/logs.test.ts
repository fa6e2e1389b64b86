// logs of a real kubelet's log files: whole, in parts, of several containers, and line by line while they are written.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, bindReader, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { KubectlResult } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { slugOf, STREAM_TRANSPORTS } from '../transports.ts';
import { expectSameResult } from './same-result.ts';

const NAMESPACE = 'log-files';
const LABELS = { app: 'logs' };
const SLOW_LINES = 20;
const HOUR_MS = 3_600_000;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  const web = await startPod(relay.admin, { namespace: NAMESPACE, name: 'web', labels: LABELS });
  web.print(['an hour ago', 'Grüße, 世界 🌍'], { time: new Date(Date.now() - HOUR_MS) });
  web.print('on standard error', { stream: 'stderr' });
  web.print(Array.from({ length: 50 }, (_, index) => `line ${index}`));
  web.printPrevious('before the crash');
  const containers = ['first', 'second'];
  const pair = await startPod(relay.admin, {
    namespace: NAMESPACE,
    name: 'pair',
    labels: LABELS,
    containers,
  });
  for (const container of containers) pair.print(`from ${container}`, { container });
  await startPod(relay.admin, { namespace: NAMESPACE, name: 'silent' });
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
});
afterAll(() => relay.close());

const logs = (...args: readonly string[]) => ['logs', ...args, '-n', NAMESPACE];

interface Row {
  readonly name: string;
  readonly args: readonly string[];
  /** What standard output, or standard error where there is none, has to be. */
  readonly shows: RegExp;
  readonly exitCode?: number;
  /** kubectl asks for the logs of several containers in an order that changes. */
  readonly inAnyOrder?: true;
}

const ROWS: readonly Row[] = [
  {
    name: 'a whole log',
    args: logs('web'),
    shows: /^an hour ago\nGrüße, 世界 🌍\non standard error\nline 0\n[^]*line 49\n$/,
  },
  { name: 'its end', args: logs('web', '--tail=3'), shows: /^line 47\nline 48\nline 49\n$/ },
  { name: 'nothing of it', args: logs('web', '--tail=0'), shows: /^$/ },
  { name: 'what is recent', args: logs('web', '--since=10m'), shows: /^on standard error\nline 0\n/ },
  {
    name: 'what is after a time',
    args: logs('web', '--since-time=2020-01-01T00:00:00Z', '--tail=1'),
    shows: /^line 49\n$/,
  },
  {
    name: 'times',
    args: logs('web', '--timestamps', '--tail=2'),
    shows: /^\d{4}-\d\d-\d\dT[\d:.]+Z line 48\n/,
  },
  { name: 'so many bytes', args: logs('web', '--limit-bytes=20'), shows: /^an hour ago\nGr/ },
  { name: 'the previous container', args: logs('web', '--previous'), shows: /^before the crash\n$/ },
  {
    name: 'no previous container',
    args: logs('silent', '--previous'),
    shows: /previous terminated container "main" in pod "silent" not found/,
    exitCode: 1,
  },
  { name: 'an empty log', args: logs('silent'), shows: /^$/ },
  { name: 'one container of two', args: logs('pair', '-c', 'second'), shows: /^from second\n$/ },
  {
    name: 'all containers',
    args: logs('pair', '--all-containers'),
    shows: /^from first\nfrom second\n$/,
    inAnyOrder: true,
  },
  {
    name: 'all containers with their names',
    args: logs('pair', '--all-containers', '--prefix'),
    shows: /\[pod\/pair\/second\] from second\n$/,
    inAnyOrder: true,
  },
  {
    name: 'pods by label',
    args: logs('-l', 'app=logs', '--all-containers', '--tail=1'),
    shows: /^from first\nfrom second\nline 49\n$/,
    inAnyOrder: true,
  },
  {
    name: 'a container that does not exist',
    args: logs('web', '-c', 'nobody'),
    shows: /container nobody is not valid for pod web/,
    exitCode: 1,
  },
  { name: 'a pod that does not exist', args: logs('nobody'), shows: /pods "nobody" not found/, exitCode: 1 },
];

function sortLines(result: KubectlResult): KubectlResult {
  const lines = result.stdout.trimEnd().split('\n').toSorted();
  return { ...result, stdout: `${lines.join('\n')}\n` };
}

describe.each(STREAM_TRANSPORTS)('logs over $name', (transport) => {
  test.each(ROWS)('$name', async ({ args, shows, exitCode = 0, inAnyOrder }) => {
    const pair = relay.kubectlOf('alice', transport);
    const result = await expectSameResult(pair, args, {}, inAnyOrder ? sortLines : undefined);
    expect(result.stdout || result.stderr).toMatch(shows);
    expect(result.exitCode).toBe(exitCode);
  });

  test('the log of a pod of two containers, none of which is named', async () => {
    // An old kubectl refuses, a recent one takes the first.
    const { stdout, stderr } = await expectSameResult(relay.kubectlOf('alice', transport), logs('pair'));
    expect(`${stdout}${stderr}`).toMatch(/from first\n|a container name must be specified/);
  });

  test('a user who may look at pods only is refused in the same words', async () => {
    const { stderr, exitCode } = await expectSameResult(relay.kubectlOf('bob', transport), logs('web'));
    expect(stderr).toContain('cannot get resource "pods/log"');
    expect(exitCode).toBe(1);
  });

  test('-f shows each line when a slow container writes it, and ends when the container exits', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const name = `slow-${slugOf(transport)}`;
    const pod = await startPod(relay.admin, { namespace: NAMESPACE, name });
    const followers = [direct, relayed].map((kubectl) => kubectl.start(logs('-f', name)));
    let written = '';
    for (let line = 1; line <= SLOW_LINES; line += 1) {
      pod.print(`line ${line}`);
      written += `line ${line}\n`;
      await Promise.all(followers.map((follower) => follower.printed((text) => text === written)));
    }
    pod.exit();
    const results = await Promise.all(followers.map(({ ended }) => ended));
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toEqual({ stdout: written, stderr: '', exitCode: 0 });
  });
});
