// Megabytes in both directions, whole and unchanged.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, configMap, createNamespace, incompressibleText } from './cluster-objects.ts';
import { expectSameOutput } from './compare.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';
import { HTTP_TRANSPORTS } from './transports.ts';

const NAMESPACE = 'large';
const MIB = 1024 * 1024;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  for (const seed of [1, 2, 3]) {
    const data = { blob: incompressibleText(0.9 * MIB, seed) };
    await relay.admin.create(CONFIG_MAPS, configMap(`large-${seed}`, data));
  }
});
afterAll(() => relay.close());

/** The apiserver answers it with what it was asked: a body that goes all the way and comes all the way back. */
function review(size: number): string {
  return JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { verb: 'get', resource: 'pods', name: incompressibleText(size, 4) } },
  });
}

describe.each(HTTP_TRANSPORTS)('over $name, through the relay as without it', (transport) => {
  test.each([
    ['-o json', ['get', 'configmaps', '-n', NAMESPACE, '-o', 'json']],
    ['-o yaml', ['get', 'configmaps', '-n', NAMESPACE, '-o', 'yaml']],
    ['--raw', ['get', '--raw', CONFIG_MAPS]],
  ])('a list of 2.7 MiB, with %s', async (_, args) => {
    const { stdout } = await expectSameOutput(relay.kubectlOf('alice', transport), args);
    expect(stdout.length).toBeGreaterThan(2.6 * MIB);
  });

  test('a body of 2.5 MiB goes to the apiserver, and comes back in its answer', async () => {
    const input = review(2.5 * MIB);
    const args = ['create', '--raw', REVIEWS, '-f', '-'];
    const pair = relay.kubectlOf('alice', transport);
    // The answer says when the body was read, in its managedFields.
    const { stdout } = await expectSameOutput(pair, args, { input }, ['timestamp']);
    expect(stdout).toContain(incompressibleText(2.5 * MIB, 4));
  });

  test('a body that is too large for a ConfigMap is refused in the same words', async () => {
    const input = JSON.stringify(configMap('too-large', { blob: incompressibleText(2.5 * MIB, 5) }));
    const args = ['create', '-n', NAMESPACE, '-f', '-'];
    const { stderr } = await expectSameOutput(relay.kubectlOf('alice', transport), args, { input });
    expect(stderr).toContain('Too long');
  });

  test('a body over the apiserver’s 3 MiB is refused in the same words', async () => {
    const args = ['create', '--raw', REVIEWS, '-f', '-'];
    const input = review(3.2 * MIB);
    const { stderr } = await expectSameOutput(relay.kubectlOf('alice', transport), args, { input });
    expect(stderr).toContain('limit is 3145728');
  });
});
