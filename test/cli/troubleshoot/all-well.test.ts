// Every hop works: what is said of each, through the real gateway, agent and an API server that judges by RBAC.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOPS } from '../../../cli/troubleshoot/hops.ts';
import { CLUSTER } from '../../support/relay-world.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import {
  ALICE,
  NAMESPACE,
  credential,
  pluginUser,
  reportOf,
  startClusterWorld,
  statesOf,
  troubleshoot,
  writeKubeconfig,
} from './troubleshoot-world.ts';
import type { ClusterWorld } from './troubleshoot-world.ts';

let world: ClusterWorld;
let alice: string;
beforeAll(async () => {
  world = await startClusterWorld();
  alice = await world.token('alice');
});
afterAll(() => world.close());

const ALL_OK = { ...Object.fromEntries(HOPS.map((hop) => [hop, 'ok'])), dns: 'skipped' };

describe('a relay where every hop works', () => {
  it('is said to work, hop by hop, with exit code 0', async () => {
    const user = pluginUser(world, `printf '%s' '${credential(alice)}'`);
    const kubeconfig = writeKubeconfig(world, { user });
    const { code, stdout, stderr } = await troubleshoot(['--kubeconfig', kubeconfig]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^edge at https:\/\/127\.0\.0\.1:\d+\//);
    expect(stdout).toMatch(/^skipped {2}dns {9}127\.0\.0\.1 is an address$/m);
    expect(stdout).toMatch(/^ok {7}tls {9}TLSv1\.3, .* trusted by the kubeconfig's CA, HTTP\/2$/m);
    expect(stdout).toMatch(new RegExp(`^ok {7}token {7}user ${ALICE}, expires in 75 min$`, 'm'));
    expect(stdout).toMatch(/^ok {7}apiserver {3}answers: Kubernetes v1\.34\S*$/m);
    expect(stdout).toMatch(new RegExp(`you are ${ALICE}; in default you may list pods, `));
    expect(stdout).toMatch(
      /\n\nEvery hop works\. Next: kubectl --context edge --namespace default get pods\n$/,
    );
  });

  it('is told with stable names as JSON', async () => {
    const user = pluginUser(world, `printf '%s' '${credential(alice)}'`);
    const report = await reportOf(writeKubeconfig(world, { user }));
    expect(statesOf(report)).toEqual(ALL_OK);
    expect(report.hops.map(({ hop }) => hop)).toEqual(HOPS);
    expect(report).toMatchObject({
      version: 1,
      result: 'ok',
      target: { name: 'edge', namespace: NAMESPACE },
      diagnosis: { hop: '', problem: '', advice: '', errorCode: '', requestId: '' },
    });
    const facts = Object.fromEntries(report.hops.map((line) => [line.hop, line.facts]));
    expect(facts['token']).toMatchObject({
      source: 'exec',
      format: 'jwt',
      proof: 'bearer',
      issuer: `${world.entra.authorityHost}/${world.entra.tenantId}/v2.0`,
      audience: [world.entra.directory.api.clientId],
      tenant: world.entra.tenantId,
      version: '2.0',
      kind: 'user',
      objectId: ALICE,
      applicationId: world.entra.directory.apps[0]?.clientId,
      tokenId: expect.stringMatching(/^[\w-]{10,}$/),
      scopes: ['user_impersonation'],
      groups: 1,
      expiresAt: expect.stringMatching(/Z$/),
      remainingSeconds: expect.any(Number),
    });
    expect(facts['tls']).toMatchObject({
      version: 'TLSv1.3',
      protocol: 'h2',
      names: ['DNS:*.cluster-connect.internal'],
      chain: [expect.stringMatching(/gateway$/), expect.stringMatching(/gateway CA$/)],
    });
    expect(facts['apiserver']).toMatchObject({ status: 200, requestId: expect.stringMatching(/\S{8,}/) });
    expect(facts['rbac']).toMatchObject({ user: ALICE, namespace: NAMESPACE, rulesComplete: true });
    // 400: the gateway saw the upgrade and refuses it there; 404: the API server has no such pod.
    expect(facts['exec']).toEqual({ gateway: 400, cluster: 404 });
  });

  it('is the same with a token in the kubeconfig, by the path route, and through a proxy', async () => {
    const proxy = await startConnectProxy({ everyNameIs: '127.0.0.1' });
    try {
      const path = writeKubeconfig(world, {
        server: `https://127.0.0.1:${world.port}/clusters/${CLUSTER}`,
        cluster: { 'tls-server-name': undefined, 'proxy-url': proxy.url },
        user: { token: alice },
      });
      expect(statesOf(await reportOf(path))).toEqual({ ...ALL_OK, tcp: 'skipped' });
      expect(new Set(proxy.targets)).toEqual(new Set([`127.0.0.1:${world.port}`]));
    } finally {
      await proxy.close();
    }
  });

  it('changes nothing: the cluster is asked for its version, who and what one may, and for a pod that cannot be', async () => {
    const before = world.asked.length;
    await reportOf(writeKubeconfig(world, { user: { token: alice } }));
    const asked = world.asked.slice(before).map(({ target }) => target.replace(/\?.*/, ''));
    expect(new Set(asked)).toEqual(
      new Set([
        '/version',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        '/api/v1/namespaces/default/pods/cluster-connect_troubleshoot/exec',
      ]),
    );
  });
});
