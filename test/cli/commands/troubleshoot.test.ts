// troubleshoot as a process: with the kubeconfig that get-credentials wrote and its real plugin, without one, and what
// it refuses.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../../cli/troubleshoot/report.ts';
import { CLUSTER } from '../../support/relay-world.ts';
import { runCommand, runHere, temporaryDirectory } from '../run-command.ts';
import { startClusterWorld, statesOf } from '../troubleshoot/troubleshoot-world.ts';
import type { ClusterWorld } from '../troubleshoot/troubleshoot-world.ts';

let world: ClusterWorld;
beforeAll(async () => {
  world = await startClusterWorld();
  world.apiserver.apply([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'pipeline', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: pipeline().objectId }],
    },
  ]);
});
afterAll(() => world.close());

function pipeline() {
  const app = world.entra.directory.apps.find(({ secret }) => secret !== undefined);
  if (app?.secret === undefined) throw new TypeError('the directory has no application with a secret');
  return { ...app, secret: app.secret };
}

function setUp(secret = pipeline().secret) {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'gateway-ca.pem'), world.caPem);
  writeFileSync(join(cwd, 'entra-ca.pem'), world.entra.caPem);
  return {
    cwd,
    env: { AZURE_CLIENT_SECRET: secret, CLUSTER_CONNECT_CACHE_DIR: join(cwd, 'cache') },
    gateway: ['--gateway', `https://127.0.0.1:${world.port}`, '--cluster', CLUSTER, '--ca', 'gateway-ca.pem'],
    signIn: [
      '--login',
      'spn',
      '--tenant',
      world.entra.tenantId,
      '--client-id',
      pipeline().clientId,
      '--scope',
      world.entra.scope,
      '--authority-host',
      world.entra.authorityHost,
      '--authority-ca',
      'entra-ca.pem',
    ],
  };
}

function parse(stdout: string): Report {
  return JSON.parse(stdout);
}

describe('troubleshoot', () => {
  it('goes the whole way of the kubeconfig that get-credentials wrote, by its real plugin', async () => {
    const { cwd, env, gateway, signIn } = setUp();
    const written = await runCommand(['get-credentials', ...gateway, ...signIn, '-f', 'config'], {
      cwd,
      env,
    });
    expect(written).toMatchObject({ code: 0, stderr: '' });
    const inCwd = { cwd, env: { ...env, KUBECONFIG: 'missing:config' } };
    const { code, stdout, stderr } = await runCommand(['troubleshoot'], inCwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^${CLUSTER} at https://127\\.0\\.0\\.1:`));
    expect(stdout).toContain(`application ${pipeline().objectId}, expires in 75 min`);
    expect(stdout).toContain('Every hop works.');
    // Not a terminal.
    expect(stdout).not.toContain('\u001b');
  });

  it('goes it without a kubeconfig, from the flags of get-credentials', async () => {
    const { cwd, env, gateway, signIn } = setUp();
    const { code, stdout, stderr } = await runCommand(['troubleshoot', ...gateway, ...signIn, '-o', 'json'], {
      cwd,
      env,
    });
    expect([code, stderr]).toEqual([0, '']);
    const report = parse(stdout);
    expect(report.result).toBe('ok');
    expect(Object.values(statesOf(report))).not.toContain('failed');
    expect(report.hops.find(({ hop }) => hop === 'token')?.facts).toMatchObject({
      kind: 'application',
      objectId: pipeline().objectId,
      roles: ['Cluster.Connect'],
    });
  });

  it('shows a proof of possession, and names one that was made for another cluster', async () => {
    const { cwd, env, gateway, signIn } = setUp();
    const cluster = await world.gateway.store.getClusterByName(CLUSTER);
    const reportFor = async (id: string): Promise<Report> => {
      const pop = ['--pop-enabled', '--pop-claims', `u=${id}`, '-o', 'json'];
      return parse((await runCommand(['troubleshoot', ...gateway, ...signIn, ...pop], { cwd, env })).stdout);
    };
    const report = await reportFor(cluster?.id ?? '');
    expect(report.result).toBe('ok');
    const facts = report.hops.find(({ hop }) => hop === 'token')?.facts;
    expect(facts).toMatchObject({ proof: 'pop', popCluster: cluster?.id, objectId: pipeline().objectId });
    const other = (await reportFor('99999999-2222-3333-4444-555555555555')).diagnosis;
    expect(other).toMatchObject({ hop: 'access', errorCode: 'CC_ERR_AUTH_POP_CLUSTER' });
    expect(other.advice).toContain('99999999-2222-3333-4444-555555555555');
  });

  it('tries what can be tried when nobody says how to sign in', async () => {
    const { cwd, gateway } = setUp();
    const { code, stdout } = await runCommand(['troubleshoot', ...gateway], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {7}gateway /m);
    expect(stdout).toMatch(/^skipped {2}token {7}nobody said how to sign in/m);
    expect(stdout).toMatch(/^skipped {2}access {6}token was skipped$/m);
    expect(stdout).toMatch(/\nWhat was tried works\. Not tried further: nobody said how to sign in/);
  });

  it('names the token where Entra refuses the secret, with Entra’s own code and not the secret', async () => {
    const { cwd, env, gateway, signIn } = setUp('client-secret-canary');
    for (const output of ['text', 'json']) {
      const args = ['troubleshoot', ...gateway, ...signIn, '-o', output];
      const { code, stdout, stderr } = await runCommand(args, { cwd, env });
      expect(code).toBe(1);
      expect(stdout).toContain('plugin-failed');
      expect(stdout).toContain('AADSTS7000215');
      expect(stdout + stderr).not.toContain('client-secret-canary');
    }
  });

  it.each([
    [['--gateway', 'https://relay.example.com'], '--gateway and --cluster go together'],
    [['--tenant', 'contoso.com'], 'go with --gateway and --cluster'],
    [
      ['--gateway', 'https://a.example', '--cluster', 'a', '--context', 'b'],
      '--gateway does not go with --kubeconfig or --context',
    ],
    [['--gateway', 'http://a.example', '--cluster', 'a'], '--gateway is not an https address'],
    [['--gateway', 'https://a.example', '--cluster', 'A_'], '--cluster is not the name of a cluster'],
    [
      ['--gateway', 'https://a.example', '--cluster', 'a', '--route', 'host'],
      '--route host needs the domain',
    ],
    [['--plugin-timeout', '2h'], "option '--plugin-timeout <duration>' argument '2h' is invalid"],
    [['-o', 'yaml'], "option '-o, --output <format>' argument 'yaml' is invalid"],
  ])('refuses %j with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await runHere(['troubleshoot', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});
