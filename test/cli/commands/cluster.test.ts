// The cluster commands on a real store, beside the gateway that will use it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AUTHORITY_DIRECTORY, STORE_FILE, loadOrCreateAuthority, openStore } from '../../../gateway/index.ts';
import { runHere, temporaryDirectory } from '../run-command.ts';

function gatewayDirectory(): string {
  const directory = temporaryDirectory();
  writeFileSync(
    join(directory, 'gateway.yaml'),
    'publicUrl: https://relay.example.com\ndataDir: data\nentra:\n  tenants: [11111111-2222-3333-4444-555555555555]\n  audiences: [api]\n',
  );
  return directory;
}

it('adds, lists and removes clusters in the store of the gateway', async () => {
  const cwd = gatewayDirectory();
  const cluster = (...args: string[]) => runHere(['cluster', ...args, '-c', join(cwd, 'gateway.yaml')]);

  const empty = await cluster('list');
  expect(empty).toMatchObject({
    code: 0,
    stdout: 'There are no clusters. Add one: cluster-connect cluster add NAME\n',
  });

  const added = await cluster('add', 'factory-7', '-o', 'json', '--ttl', '7d');
  expect([added.code, added.stderr]).toEqual([0, '']);
  const join1 = JSON.parse(added.stdout);
  expect(join1).toEqual({
    clusterName: 'factory-7',
    clusterId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    joinToken: expect.stringMatching(/^ccjt_[\w-]{43}$/),
    expiresAt: expect.stringMatching(/Z$/),
    gatewayUrl: 'https://relay.example.com',
    gatewayCaFile: join(cwd, 'data', 'gateway-ca.pem'),
  });
  expect(Date.parse(join1.expiresAt) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);

  // The certificate alone, of the very CA that the gateway uses.
  const authority = loadOrCreateAuthority(join(cwd, 'data', AUTHORITY_DIRECTORY), 'unused');
  expect(readFileSync(join1.gatewayCaFile, 'utf8')).toBe(authority.certificatePem);

  const again = await cluster('add', 'factory-7');
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toBe(
    'cluster-connect: there is a cluster factory-7 already. For another join token: cluster-connect cluster join-token factory-7.\n',
  );

  const text = await cluster('join-token', 'factory-7');
  expect(text.stdout).toMatch(
    /\n {2}CLUSTER_CONNECT_JOIN_TOKEN=ccjt_[\w-]{43} \\\n {2}cluster-connect agent --gateway-url/,
  );

  const store = openStore(join(cwd, 'data', STORE_FILE));
  expect((await store.getClusterByName('factory-7'))?.id).toBe(join1.clusterId);
  await store.close();

  const list = await cluster('list');
  expect(list.stdout).toMatch(new RegExp(`^NAME +ID +ADDED\nfactory-7  ${join1.clusterId}  \\S+Z\n$`));
  expect(JSON.parse((await cluster('list', '-o', 'json')).stdout).clusters).toHaveLength(1);

  expect(await cluster('remove', 'factory-7')).toMatchObject({
    code: 0,
    stdout: 'Cluster factory-7 is removed.\n',
  });
  expect(await cluster('remove', 'factory-7')).toMatchObject({
    code: 1,
    stderr: 'cluster-connect: there is no cluster "factory-7". See: cluster-connect cluster list.\n',
  });
});

it.each([
  { args: ['add', 'Bad_Name'], says: 'the name is not one that a cluster can have' },
  { args: ['add', 'a', '--ttl', '8d'], says: "argument '8d' is invalid" },
  { args: ['add', 'a', '--ttl', '1'], says: "argument '1' is invalid" },
  { args: ['list', '-o', 'xml'], says: "argument 'xml' is invalid" },
])('refuses cluster $args before it writes anything', async ({ args, says }) => {
  const directory = gatewayDirectory();
  const { code, stderr } = await runHere(['cluster', ...args, '-c', join(directory, 'gateway.yaml')]);
  expect(code).toBe(2);
  expect(stderr).toContain(says);
  if (args[1] !== 'Bad_Name') expect(existsSync(join(directory, 'data'))).toBe(false);
});
