// A watch through the relay shows each event when it happens, and the same ones in the same words.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, configMap, createNamespace } from './cluster-objects.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';
import { HTTP_TRANSPORTS, slugOf } from './transports.ts';

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
});
afterAll(() => relay.close());

const count = (text: string, part: string): number => text.split(part).length - 1;

describe.each(HTTP_TRANSPORTS)('over $name', (transport) => {
  const namespace = `watching-${slugOf(transport)}`;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;

  test('get --watch prints additions, changes and deletions as they happen', async () => {
    await createNamespace(relay.admin, namespace);
    await relay.admin.create(path, configMap('first', { step: '0' }));
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const args = ['get', 'configmaps', '-n', namespace, '--watch', '--output-watch-events', '-o', 'json'];
    const watchers = [direct.start(args), relayed.start(args)];
    // Each step is made only when both have shown the one before: nothing may be held back.
    const bothShow = (type: string, times: number) =>
      Promise.all(
        watchers.map((watcher) =>
          watcher.printed((text) => count(text, `"type":"${type}"`) === times && text.endsWith('}\n')),
        ),
      );
    await bothShow('ADDED', 1);
    await relay.admin.create(path, configMap('second', { text: 'x'.repeat(100_000) }));
    await bothShow('ADDED', 2);
    for (let step = 1; step <= 5; step += 1) {
      await relay.admin.send('PUT', `${path}/first`, configMap('first', { step: String(step) }));
      await bothShow('MODIFIED', step);
    }
    await relay.admin.send('DELETE', `${path}/second`);
    await bothShow('DELETED', 1);

    for (const watcher of watchers) watcher.interrupt();
    const [fromDirect, fromRelay] = await Promise.all(watchers.map((watcher) => watcher.ended));
    expect(fromRelay).toEqual(fromDirect);
    expect(fromRelay?.stdout).toContain('"step":"5"');
  });

  test('a watch that the apiserver ends in time ends in order', async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const args = ['get', '--raw', `${path}?watch=1&timeoutSeconds=1`];
    const fromDirect = await direct.run(args);
    expect(await relayed.run(args)).toEqual(fromDirect);
    expect(fromDirect.exitCode).toBe(0);
    expect(fromDirect.stdout).toContain('"first"');
  });

  test('a client that goes away ends the watch at the apiserver', async () => {
    const { relayed } = relay.kubectlOf('alice', transport);
    const marker = `metadata.name=gone-${namespace}`;
    const watcher = relayed.start([
      'get',
      'configmaps',
      '-n',
      namespace,
      '--watch-only',
      '--field-selector',
      marker,
    ]);
    const isWatch = (uri: string): boolean => uri.includes('watch=true') && uri.includes(`gone-${namespace}`);
    await relay.auditLog.waitFor(
      ({ requestUri, stage }) => isWatch(requestUri) && stage === 'ResponseStarted',
    );
    watcher.interrupt();
    const end = await relay.auditLog.waitFor(
      ({ requestUri, stage }) => isWatch(requestUri) && stage === 'ResponseComplete',
    );
    expect(end.impersonatedUser?.username).toBe(relay.user('alice').objectId);
  });
});
