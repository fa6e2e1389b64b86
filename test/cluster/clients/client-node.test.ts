// @kubernetes/client-node through the relay, with the kubeconfig that get-credentials writes: what it gives its user
// is what it gives without the relay.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderKubeconfig } from '../../../demo/control-plane/index.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { bindClusterAdmin, configMap, createNamespace } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl, RunningKubectl } from '../kubectl.ts';
import { CLUSTER_NAME, startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { echo, startPodServer } from '../streams/pod-server.ts';
import { writeKubeconfigs } from './kubeconfigs.ts';

const PROGRAM = join(import.meta.dirname, 'client-node-program.ts');
const SIDES = ['direct', 'relayed'] as const;
const NAMESPACE = 'client-node';
const POD = 'web';
const OBJECTS = [
  configMap('first', { text: 'Grüße, 世界 🌍' }),
  configMap('second', { blob: 'x'.repeat(500_000) }),
];
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  for (const object of OBJECTS) await relay.admin.create(MAPS, object);
  await startPod(relay.admin, { namespace: NAMESPACE, name: POD });
});
afterAll(() => relay.close());

const linesOf = (stdout: string): readonly unknown[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));

const hashOf = (text: string): string => `${text.length} ${createHash('sha256').update(text).digest('hex')}`;

describe.each(['name', 'path'] as const)('with the %s route, through the relay as without it', (route) => {
  let nodes: { readonly direct: Kubectl; readonly relayed: Kubectl };
  beforeAll(() => {
    const { direct, relayed } = writeKubeconfigs(relay, `client-node-${route}`, 'alice', route);
    nodes = {
      direct: createKubectl(process.execPath, direct),
      relayed: createKubectl(process.execPath, relayed),
    };
  });

  /** Runs the scenarios both ways at the same time; what both printed has to be the same. */
  const expectSame = async (
    scenarios: string,
    pod: string,
    port: number,
    meanwhile: (programs: readonly RunningKubectl[]) => Promise<void> = () => Promise.resolve(),
  ): Promise<string> => {
    const programs = SIDES.map((side) =>
      nodes[side].start([PROGRAM, scenarios, NAMESPACE, pod, `made-${side}`, String(port)]),
    );
    await meanwhile(programs);
    const results = await Promise.all(programs.map(({ ended }) => ended));
    const [direct, relayed] = results.map((result, index) => ({
      ...result,
      stdout: result.stdout.replaceAll(`made-${SIDES[index]}`, 'MADE'),
    }));
    if (direct === undefined || relayed === undefined) throw new RangeError('two programs');
    expect(relayed).toEqual(direct);
    expect(direct).toMatchObject({ stderr: '', exitCode: 0 });
    return direct.stdout;
  };

  test('requests and their errors, exec with all its streams, and a forwarded port', async () => {
    const server = await startPodServer(echo);
    const lines = linesOf(await expectSame('requests,exec,forward', POD, server.port));
    expect(lines[0]).toEqual(['MADE', { text: 'Grüße 🌍' }]);
    expect(lines).toContainEqual(expect.objectContaining({ code: 404 }));
    const input = 'abcdefg'.repeat(150_000).slice(0, 1_000_000);
    expect(lines).toContainEqual([
      expect.objectContaining({ status: 'Failure', reason: 'NonZeroExitCode' }),
      hashOf(input),
      hashOf('to stderr\n'),
    ]);
    expect(lines.at(-1)).toEqual(['over client-node, and back', null]);
    await server.untilOver(2);
    await server.close();
  });

  test('a watch that goes on from where the last one ended, and an informer', async () => {
    const start = (scenario: string): readonly RunningKubectl[] =>
      SIDES.map((side) => nodes[side].start([PROGRAM, scenario, NAMESPACE, POD, 'none', '1']));
    const [watches, informers] = [start('watch'), start('inform')];
    const allShow = (text: string) =>
      Promise.all([...watches, ...informers].map((program) => program.printed((all) => all.includes(text))));
    await allShow('LISTED');
    for (const name of ['one', 'last']) {
      await relay.admin.create(MAPS, configMap(name, { step: '0' }));
      await allShow(`"${name}"`);
      // The next change falls into another watch than this one, or between two.
      await Promise.all(watches.map((watch) => anotherEnd(watch)));
      await relay.admin.send('PUT', `${MAPS}/${name}`, configMap(name, { step: '1' }));
      await relay.admin.send('DELETE', `${MAPS}/${name}`);
    }
    const results = await Promise.all([...watches, ...informers].map(({ ended }) => ended));
    const [watched, watchedByRelay, informed, informedByRelay] = results.map(
      ({ stdout, stderr, exitCode }) => {
        expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
        return linesOf(stdout).filter((line) => JSON.stringify(line) !== ENDED);
      },
    );
    expect(watchedByRelay).toEqual(watched);
    expect(informedByRelay).toEqual(informed);
    // Three changes of each of two objects.
    expect(watched).toHaveLength(1 + 6);
    expect(informed).toHaveLength(1 + OBJECTS.length + 6);
  });

  test('attach and a followed log show each line when it is printed, and end with the container', async () => {
    const pod = await startPod(relay.admin, { namespace: NAMESPACE, name: `${POD}-${route}` });
    pod.print('before');
    const stdout = await expectSame('attach,follow', `${POD}-${route}`, 0, async (programs) => {
      for (const line of ['one', 'two', 'three']) {
        pod.print(line);
        await Promise.all(programs.map((program) => program.printed((all) => all.includes(line))));
      }
      pod.exit();
    });
    const text = 'before\none\ntwo\nthree\n';
    expect(stdout).toBe(text + text);
  });
});

test('a watch whose connection was cut goes on from the last event', async () => {
  const proxy = await startTcpProxy(relay.gateway.port);
  const file = join(relay.directory, 'cut');
  const cluster = {
    server: `https://127.0.0.1:${proxy.port}`,
    caPem: relay.gateway.authorityPem,
    tlsServerName: `${CLUSTER_NAME}.cluster-connect.internal`,
  };
  writeFileSync(file, renderKubeconfig(cluster, { token: relay.entra.issueToken({ user: 'alice' }) }));
  const node = createKubectl(process.execPath, file);
  const watch = node.start([PROGRAM, 'watch', NAMESPACE, POD, 'none', '30']);
  await watch.printed((text) => text.includes('LISTED'));
  for (const name of ['one', 'two', 'last']) {
    await relay.admin.create(MAPS, configMap(name, { step: '0' }));
    await watch.printed((text) => text.includes(`"${name}"`));
    const ended = anotherEnd(watch);
    proxy.cut();
    await ended;
    await relay.admin.send('DELETE', `${MAPS}/${name}`);
  }
  const { stdout, stderr, exitCode } = await watch.ended;
  await proxy.close();
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const events = [...stdout.matchAll(/"type":"(ADDED|MODIFIED|DELETED)","name":"(\w+)"/g)];
  expect(events.map(([, type, name]) => [type, name])).toEqual(
    ['one', 'two', 'last'].flatMap((name) => [
      ['ADDED', name],
      ['DELETED', name],
    ]),
  );
});

const ENDED = JSON.stringify({ type: 'ENDED' });

/** Resolves when one more of its watches has ended. */
async function anotherEnd(program: RunningKubectl): Promise<void> {
  const count = (text: string): number => text.split('"ENDED"').length;
  const before = count(program.stdout());
  await program.printed((text) => count(text) > before);
}
