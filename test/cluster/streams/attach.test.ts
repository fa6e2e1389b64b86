// attach joins a container that runs: what it prints arrives line by line, what is typed reaches it, and its end ends
// kubectl.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bindClusterAdmin, bindReader, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { RunningPod } from '../kubelet/index.ts';
import { HELD_OPEN } from '../kubectl.ts';
import type { Kubectl, KubectlResult } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { slugOf, STREAM_TRANSPORTS } from '../transports.ts';
import { expectSameResult } from './same-result.ts';

const NAMESPACE = 'attach';
const LINES = 20;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
});
afterAll(() => relay.close());

describe.each(STREAM_TRANSPORTS)('attach over $name', (transport) => {
  const attach = (pod: string, ...flags: readonly string[]) => ['attach', pod, '-n', NAMESPACE, ...flags];
  const podNamed = (name: string): Promise<RunningPod> =>
    startPod(relay.admin, { namespace: NAMESPACE, name: `${name}-${slugOf(transport)}` });

  test('shows what the container prints when it prints it, on both streams, until it exits', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const pod = await podNamed('printer');
    const attached = [direct, relayed].map((kubectl) => kubectl.start(attach(pod.name)));
    let printed = '';
    for (let line = 1; line <= LINES; line += 1) {
      pod.print(`line ${line}`);
      printed += `line ${line}\n`;
      // The next one is printed only when both have shown this one: nothing may be held back.
      await Promise.all(attached.map((kubectl) => kubectl.printed((text) => text === printed)));
    }
    pod.print('last error', { stream: 'stderr' });
    pod.exit();
    const [fromDirect, fromRelay] = await Promise.all(attached.map(({ ended }) => ended));
    expect(fromRelay).toEqual(fromDirect);
    expect(fromDirect).toMatchObject({ stdout: printed, exitCode: 0 });
    expect(fromDirect?.stderr).toContain('last error\n');
  });

  /** The container gives back every line that it is given. */
  async function converse(kubectl: Kubectl, pod: RunningPod): Promise<KubectlResult> {
    const attached = kubectl.start(attach(pod.name, '-i', '-c', 'main'), { input: HELD_OPEN });
    let expected = '';
    for (const line of ['first', 'Grüße, 世界 🌍', 'x'.repeat(10_000)]) {
      attached.stdin.write(`${line}\n`);
      expected += `${line}\n`;
      await attached.printed((text) => text === expected);
    }
    attached.stdin.end();
    pod.exit();
    return attached.ended;
  }

  test('-i gives the container what is typed', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const fromDirect = await converse(direct, await podNamed('echo-direct'));
    expect(await converse(relayed, await podNamed('echo-relayed'))).toEqual(fromDirect);
    expect(fromDirect.exitCode).toBe(0);
  });

  test('-i in a terminal ends with Ctrl-C, and leaves the container alone', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const results = [];
    for (const kubectl of [direct, relayed]) {
      const pod = await podNamed(kubectl === direct ? 'terminal-direct' : 'terminal-relayed');
      pod.print('welcome');
      const attached = kubectl.start(attach(pod.name, '-i'), {
        under: [inject('tools').kubelet, 'terminal', '80x25'],
        input: HELD_OPEN,
      });
      await attached.printed((text) => text.includes('welcome'));
      attached.stdin.write('\u0003');
      const { exitCode } = await attached.ended;
      pod.print('still here');
      const { stdout } = await kubectl.run(['logs', pod.name, '-n', NAMESPACE]);
      results.push({ exitCode, stdout });
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]?.stdout).toBe('welcome\nstill here\n');
  });

  test.each([
    ['a pod that does not exist', 'alice', ['nobody'], /pods "nobody" not found/],
    ['a user who may look at pods only', 'bob', ['target'], /cannot (get|create) resource "pods\/attach"/],
    ['a container that does not exist', 'alice', ['target', '-c', 'nobody'], /container/],
  ])('%s is refused in the same words', async (_, user, [name = '', ...flags], shows) => {
    const pod = name === 'target' ? await podNamed(`target-${user}`) : { name };
    const result = await expectSameResult(relay.kubectlOf(user, transport), attach(pod.name, ...flags));
    expect(result.stderr).toMatch(shows);
    expect(result.exitCode).toBe(1);
  });
});
