// Sixty-four kubectl at once: each gets its own answer, whole.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, configMap, createNamespace, incompressibleText } from './cluster-objects.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';
import { HTTP_TRANSPORTS } from './transports.ts';

const NAMESPACE = 'many';
const CLIENTS = 64;
const OBJECTS = 16;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
  for (let index = 0; index < OBJECTS; index += 1) {
    const data = { blob: incompressibleText(4_000 * (index + 1), index) };
    await relay.admin.create(
      `/api/v1/namespaces/${NAMESPACE}/configmaps`,
      configMap(`object-${index}`, data),
    );
  }
});
afterAll(() => relay.close());

/** Another answer for each of sixteen clients in a row, from 4 KB to the whole list of 500 KB. */
function argsOf(client: number): readonly string[] {
  const index = client % OBJECTS;
  if (index === 0) return ['get', 'configmaps', '-n', NAMESPACE, '-o', 'json'];
  return ['get', 'configmap', `object-${index}`, '-n', NAMESPACE, '-o', 'yaml'];
}

describe.each(HTTP_TRANSPORTS)('over $name', (transport) => {
  test(`${CLIENTS} kubectl at once print byte for byte what one prints without the relay`, async () => {
    const { direct, relayed } = relay.kubectlOf('alice', transport);
    const expected = [];
    for (let index = 0; index < OBJECTS; index += 1) expected.push(await direct.run(argsOf(index)));
    const results = await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => relayed.run(argsOf(client))),
    );
    for (const [client, result] of results.entries()) expect(result).toEqual(expected[client % OBJECTS]);
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(OBJECTS);
    expect(relay.agent.reconnects).toBe(0);
  });
});
