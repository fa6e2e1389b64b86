// The hops behind the gateway's door, each really broken: access, tunnel, agent, apiserver, RBAC, upgrades.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Report } from '../../../cli/troubleshoot/report.ts';
import { startAgent } from '../../../relay-agent/index.ts';
import { CLUSTER, startRelayWorld } from '../../support/relay-world.ts';
import type { RelayWorldOptions } from '../../support/relay-world.ts';
import { until } from '../../support/until.ts';
import {
  ALICE,
  BOB,
  reportOf,
  startClusterWorld,
  statesOf,
  troubleshoot,
  writeKubeconfig,
} from './troubleshoot-world.ts';
import type { ClusterWorld } from './troubleshoot-world.ts';

let world: ClusterWorld;
beforeAll(async () => {
  world = await startClusterWorld();
});
afterAll(() => world.close());

async function startOwn(options: RelayWorldOptions = {}): Promise<ClusterWorld> {
  const own = await startClusterWorld(options);
  onTestFinished(() => own.close());
  return own;
}

async function reportWith(token: string, own = world, serverName?: string): Promise<Report> {
  const cluster = serverName === undefined ? {} : { 'tls-server-name': serverName };
  return reportOf(writeKubeconfig(own, { cluster, user: { token } }));
}

function expectFailure(report: Report, hop: string, problem: string, errorCode = ''): void {
  const at = report.hops.findIndex((line) => line.hop === hop);
  expect(report).toMatchObject({ result: 'failed', diagnosis: { hop, problem, errorCode } });
  expect(new Set(report.hops.slice(4, at).map(({ state }) => state))).toEqual(new Set(['ok']));
  expect(new Set(report.hops.slice(at + 1).map(({ state }) => state))).not.toContain('ok');
  if (errorCode !== '') expect(report.diagnosis.requestId).toMatch(/\S{8,}/);
}

async function removeBinding(own: ClusterWorld, name: string): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: own.apiserver.caPem } });
  const path = `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${name}`;
  const removed = await request(`${own.apiserver.url}${path}`, {
    dispatcher,
    method: 'DELETE',
    headers: { authorization: `Bearer ${own.apiserver.adminToken}` },
  });
  await removed.body.dump();
  await dispatcher.close();
  expect(removed.statusCode).toBe(200);
}

describe('access', () => {
  it('names a token for another API, and says which', async () => {
    const token = world.entra.issueToken({ user: 'alice', overrides: { aud: 'api://another-api' } });
    const report = await reportWith(token);
    expectFailure(report, 'access', 'token-refused', 'CC_ERR_AUTH_AUDIENCE');
    expect(report.diagnosis.advice).toContain('The token is for the API api://another-api');
    expect(report.diagnosis.advice).toContain('--server-id');
  });

  it('names a token of another tenant, and says which', async () => {
    const tid = '99999999-2222-3333-4444-555555555555';
    const iss = `${world.entra.authorityHost}/${tid}/v2.0`;
    const report = await reportWith(world.entra.issueToken({ user: 'alice', overrides: { tid, iss } }));
    expectFailure(report, 'access', 'token-refused', 'CC_ERR_AUTH_TENANT');
    expect(report.diagnosis.advice).toContain(tid);
  });

  it('names a token that expired a moment ago, with the difference of the clocks', async () => {
    const report = await reportWith(await world.token('alice', -5));
    expectFailure(report, 'access', 'token-refused', 'CC_ERR_AUTH_EXPIRED');
    expect(report.diagnosis.advice).toContain('differ by 0 s');
  });

  it('names what is no token of Entra', async () => {
    expectFailure(
      await reportWith('opaque-token-of-something'),
      'access',
      'token-refused',
      'CC_ERR_AUTH_MALFORMED',
    );
  });

  it('does not tell a cluster that is not there from one without a rule, and gives the object id to ask for', async () => {
    const unknown = await reportWith(await world.token('alice'), world, 'nowhere.cluster-connect.internal');
    expectFailure(unknown, 'access', 'cluster-unknown', 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN');
    expect(unknown.diagnosis.advice).toContain(`object id ${ALICE}`);
    const ruleless = await reportWith(await world.token('mallory'));
    expectFailure(ruleless, 'access', 'cluster-unknown', 'CC_ERR_GATEWAY_CLUSTER_UNKNOWN');
  });
});

describe('tunnel', () => {
  it('names an agent that is gone', async () => {
    const own = await startOwn();
    await own.agent.close();
    await until(() => own.gateway.connectedTunnels === 0);
    const report = await reportWith(await own.token('alice'), own);
    expectFailure(report, 'tunnel', 'agent-not-connected', 'CC_ERR_GATEWAY_CLUSTER_OFFLINE');
    expect(report.diagnosis.message).toContain(`the agent of cluster "${CLUSTER}" is not connected`);
    expect(report.diagnosis.advice).toContain('agent.tunnel.dial_failed');
  });
});

describe('agent', () => {
  it('names an agent that does not trust what the gateway trusts', async () => {
    const own = await startOwn();
    await own.agent.close();
    await until(() => own.gateway.connectedTunnels === 0);
    const { entra } = own.agentConfig;
    const other = await startAgent({ ...own.agentConfig, entra: { ...entra, audiences: ['api://another'] } });
    onTestFinished(() => other.close());
    await other.connected();
    await until(() => own.gateway.connectedTunnels === own.agentConfig.tunnels);
    const report = await reportWith(await own.token('alice'), own);
    expectFailure(report, 'agent', 'agent-refuses-token', 'CC_ERR_AUTH_AUDIENCE');
    expect(report.diagnosis.advice).toContain('The gateway took this token and the agent did not');
    expect(report.diagnosis.advice).toContain(own.entra.tenantId);
  });
});

describe('apiserver', () => {
  it('names one that is down', async () => {
    const own = await startOwn();
    await own.apiserver.close();
    const report = await reportWith(await own.token('alice'), own);
    expectFailure(report, 'apiserver', 'apiserver-unreachable');
    expect(report.diagnosis.message).toContain('the agent cannot reach the kube-apiserver (ECONNREFUSED)');
    expect(report.diagnosis.requestId).toMatch(/\S{8,}/);
  });

  it('names one that does not know the agent', async () => {
    const tokenFile = join(world.directory, 'wrong-token');
    writeFileSync(tokenFile, 'a-token-of-another-cluster');
    const { url: server, caPem: ca } = world.apiserver;
    const own = await startOwn({ upstreamConfig: { server, ca, tokenFile } });
    const report = await reportWith(await own.token('alice'), own);
    expectFailure(report, 'apiserver', 'agent-account');
    expect(report.diagnosis.advice).toContain('upstream.tokenFile');
  });

  it('names one that does not let the agent act as others', async () => {
    const own = await startOwn();
    await removeBinding(own, 'cluster-connect-agent-impersonator');
    const report = await reportWith(await own.token('alice'), own);
    expectFailure(report, 'apiserver', 'impersonation');
    expect(report.diagnosis.advice).toContain('agent-rbac.yaml');
  });

  it('names something else in its place', async () => {
    const own = await startRelayWorld();
    onTestFinished(() => own.close());
    const report = await reportOf(writeKubeconfig(own, { user: { token: await own.token('alice') } }));
    expectFailure(report, 'apiserver', 'not-an-apiserver');
  });
});

describe('rbac', () => {
  it('names somebody who may do nothing, with the binding to ask for', async () => {
    const report = await reportWith(await world.token('bob'));
    expectFailure(report, 'rbac', 'nothing-allowed');
    expect(report.diagnosis.message).toBe(
      `the cluster lets you (${BOB}) do nothing in the namespace default`,
    );
    expect(report.diagnosis.advice).toContain(`--namespace default --user ${BOB}`);
  });

  it('is asked for the namespace that is given', async () => {
    const kubeconfig = writeKubeconfig(world, { user: { token: await world.token('alice') } });
    const report = await reportOf(kubeconfig, ['--namespace', 'kube-public']);
    expectFailure(report, 'rbac', 'nothing-allowed');
    expect(report.diagnosis.advice).toContain('--namespace kube-public');
  });

  it('does not call it a fault where one may not even ask', async () => {
    const own = await startOwn();
    await removeBinding(own, 'system:basic-user');
    const report = await reportWith(await own.token('bob'), own);
    expect(report.result).toBe('ok');
    expect(report.hops[11]).toMatchObject({
      hop: 'rbac',
      message: 'the cluster does not tell you what you may do',
    });
  });

  it('tells what somebody may who only reads, and that exec is not among it', async () => {
    world.apiserver.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'bob', namespace: 'kube-system' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: BOB }],
      },
    ]);
    const kubeconfig = writeKubeconfig(world, { user: { token: await world.token('bob') } });
    const report = await reportOf(kubeconfig, ['-n', 'kube-system']);
    expect(report.result).toBe('ok');
    expect(report.hops[11]?.facts['mayDo']).toEqual(['list pods', 'get pods/log', 'list deployments']);
    expect(report.hops[12]?.notes).toEqual(["the cluster's RBAC does not let you exec in kube-system"]);
  });

  it('tells who one is with `as`, which the cluster must allow', async () => {
    const user = { token: await world.token('alice'), as: 'somebody-else' };
    const report = await reportOf(writeKubeconfig(world, { user }));
    expect(report.hops[0]?.notes.join()).toContain('acts as somebody else');
    expect(report.diagnosis.hop).toBe('agent');
  });
});

describe('exec', () => {
  it('tells a viewer, for whom nothing is broken, what he may not do', async () => {
    const access = [
      { clusters: ['*'], role: 'viewer', users: [ALICE], groups: [], applications: [] },
    ] as const;
    const own = await startOwn({ access });
    const report = await reportWith(await own.token('alice'), own);
    expect(report.result).toBe('ok');
    expect(statesOf(report)).toMatchObject({ access: 'ok', rbac: 'ok', exec: 'ok' });
    expect(report.hops.at(-1)?.notes.join()).toMatch(/exec, port-forward and every write are refused/);
    expect(report.hops.at(-1)?.notes.join()).toContain(`the role user for the object id ${ALICE}`);
    const kubeconfig = writeKubeconfig(own, { user: { token: await own.token('alice') } });
    expect((await troubleshoot(['--kubeconfig', kubeconfig])).code).toBe(0);
  });
});
