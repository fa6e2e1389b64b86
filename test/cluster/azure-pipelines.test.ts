// An agent of Azure Pipelines runs the templates of deploy/azure-pipelines: each rolls an application out on the real
// apiserver, through the relay, with nothing but the identity of the job or of the connection.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentController } from './azure-pipelines/deployment-controller.ts';
import { startDeploymentController } from './azure-pipelines/deployment-controller.ts';
import { SIGNED_TOKEN } from './azure-pipelines/agent.ts';
import type { JobResult } from './azure-pipelines/agent.ts';
import { pasteServiceAccount } from './azure-pipelines/connections.ts';
import {
  AZURE_CONNECTION,
  createAccountToken,
  startPipelineWorld,
} from './azure-pipelines/pipeline-world.ts';
import type { PipelineWorld } from './azure-pipelines/pipeline-world.ts';
import { createNamespace } from './cluster-objects.ts';
import { CLUSTER_NAME } from './relay-fixture.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const IDENTITY = 'shop-identity';
const PATH_ROUTE = 'shop-path';
const KUBECONFIG = 'shop-kubeconfig';
const KUBELOGIN = 'shop-kubelogin';
const PROOF = 'shop-proof';
const ACCOUNT = 'shop-account';
const FORBIDDEN = 'shop-forbidden';
/** Where a role binding names the job's identity. */
const WITH_IDENTITY = [IDENTITY, PATH_ROUTE, KUBECONFIG, KUBELOGIN, PROOF];
const DEPLOYER = 'deployer';

let world: PipelineWorld;
let controller: DeploymentController;
beforeAll(async () => {
  world = await startPipelineWorld([`${ACCOUNT}:${DEPLOYER}`]);
  const { admin } = world.relay;
  for (const name of [...WITH_IDENTITY, ACCOUNT, FORBIDDEN]) await createNamespace(admin, name);
  const job = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: world.app.objectId };
  for (const name of WITH_IDENTITY) await bindDeployer(name, job);
  await bindDeployer(ACCOUNT, { kind: 'ServiceAccount', name: DEPLOYER, namespace: ACCOUNT });
  controller = startDeploymentController(world.relay, [...WITH_IDENTITY, ACCOUNT]);
});
afterAll(async () => {
  await controller.close();
  await world.close();
});

/** As docs/azure-pipelines.md has it. */
async function bindDeployer(namespace: string, subject: object): Promise<void> {
  const base = `${RBAC}/namespaces/${namespace}`;
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch'];
  await world.relay.admin.create(`${base}/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'deployer' },
    rules: [
      { apiGroups: ['apps'], resources: ['deployments'], verbs },
      { apiGroups: [''], resources: ['services'], verbs },
    ],
  });
  await world.relay.admin.create(`${base}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'deployer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deployer' },
    subjects: [subject],
  });
}

/** What every job ends with. */
const ROLLED_OUT = [
  'deployment.apps/web created',
  'service/web created',
  'Waiting for deployment spec update to be observed...',
  'deployment "web" successfully rolled out',
];
function expectRolledOut({ succeeded, log, leftTokens }: JobResult): void {
  for (const line of ROLLED_OUT) expect(log).toContain(line);
  expect(succeeded).toBe(true);
  // Neither the token that the job's was exchanged for, nor Entra's, nor the ServiceAccount's.
  expect(log).not.toMatch(SIGNED_TOKEN);
  expect(leftTokens).toEqual([]);
}

const WHAT = { manifests: 'manifests', rollouts: 'deployment/web', rolloutTimeout: '40s' };

function identityParameters(namespace: string): Record<string, string> {
  return {
    azureServiceConnection: AZURE_CONNECTION,
    gateway: world.relay.gateway.url,
    cluster: CLUSTER_NAME,
    serverId: world.relay.entra.directory.api.appIdUri,
    gatewayCaFile: 'gateway-ca.pem',
    authorityHost: world.relay.entra.authorityHost,
    namespace,
    ...WHAT,
  };
}

/** The names of those who wrote the Deployment, as the apiserver's audit log has them. */
async function writersOf(namespace: string): Promise<readonly (string | undefined)[]> {
  const isCreation = (uri: string): boolean => uri.includes(`/namespaces/${namespace}/deployments?`);
  await world.relay.auditLog.waitFor(({ requestUri }) => isCreation(requestUri));
  const events = await world.relay.auditLog.events();
  const writes = events.filter(({ requestUri }) => isCreation(requestUri));
  return [
    ...new Set(writes.map(({ user, impersonatedUser }) => impersonatedUser?.username ?? user.username)),
  ];
}

describe('workload-identity.yml', () => {
  test('rolls an application out as the service connection’s identity', async () => {
    const result = await world.run('workload-identity.yml', identityParameters(IDENTITY));
    expect(result.log).toContain('Context harbour is in ');
    expectRolledOut(result);
    expect(await writersOf(IDENTITY)).toEqual([world.app.objectId]);
    expect(result.log).not.toContain(world.relay.entra.pipelines.accessToken);
  });

  test('goes by the path where the machine’s own roots know the gateway', async () => {
    const roots = join(world.relay.directory, 'roots.pem');
    writeFileSync(roots, world.relay.gateway.authorityPem);
    const parameters = { ...identityParameters(PATH_ROUTE), gatewayCaFile: '' };
    const result = await world.run('workload-identity.yml', parameters, {
      environment: { SSL_CERT_FILE: roots },
    });
    expectRolledOut(result);
  });

  test('fails with the cluster’s own words where no RoleBinding names the identity', async () => {
    const result = await world.run('workload-identity.yml', identityParameters(FORBIDDEN));
    expect(result.succeeded).toBe(false);
    expect(result.log).toContain(`User "${world.app.objectId}" cannot`);
    expect(result.log).not.toContain('rolled out');
  });

  test('fails for a service connection that the job does not have', async () => {
    const other = { ...world.azureConnection, id: '7d1f3b58-4c2a-4e96-b0d7-9a6e2c8f5dff' };
    const result = await world.run('workload-identity.yml', identityParameters(FORBIDDEN), {
      connections: { [AZURE_CONNECTION]: other },
    });
    expect(result.succeeded).toBe(false);
    expect(result.log).toContain('Azure Pipelines (SYSTEM_OIDCREQUESTURI)');
    expect(result.log).not.toContain(world.relay.entra.pipelines.accessToken);
  });

  test('fails with the line that is missing where a step does not map the job’s token', async () => {
    const result = await world.run('workload-identity.yml', identityParameters(FORBIDDEN), {
      secrets: { 'System.AccessToken': '' },
    });
    expect(result.succeeded).toBe(false);
    expect(result.log).toContain('SYSTEM_ACCESSTOKEN: $(System.AccessToken)');
  });
});

describe('kubeconfig-connection.yml', () => {
  const parametersOf = (namespace: string): Record<string, string> => ({
    kubernetesServiceConnection: 'harbour',
    azureServiceConnection: AZURE_CONNECTION,
    namespace,
    ...WHAT,
  });

  test('works with Azure’s kubelogin in the place of cluster-connect', async () => {
    const { entra, directory } = world.relay;
    const kubeconfig = await world.getCredentials([
      '--format',
      'azure-pipelines',
      '--exec',
      'kubelogin',
      '--login',
      'azurepipelines',
      '--server-id',
      entra.directory.api.appIdUri,
      '--authority-host',
      entra.authorityHost,
    ]);
    const roots = join(directory, 'entra-roots.pem');
    writeFileSync(roots, entra.caPem);
    const result = await world.run('kubeconfig-connection.yml', parametersOf(KUBELOGIN), {
      connections: { harbour: { kind: 'kubeconfig', kubeconfig } },
      environment: { SSL_CERT_FILE: roots },
    });
    expectRolledOut(result);
    expect(await writersOf(KUBELOGIN)).toEqual([world.app.objectId]);
  });

  test('rolls an application out with a kubeconfig that holds no secret, as the job’s identity', async () => {
    const { entra } = world.relay;
    const kubeconfig = await world.getCredentials([
      '--format',
      'azure-pipelines',
      '--server-id',
      entra.directory.api.appIdUri,
      '--authority-host',
      entra.authorityHost,
    ]);
    expect(kubeconfig).not.toMatch(/eyJ|PRIVATE KEY|token: /);
    const result = await world.run('kubeconfig-connection.yml', parametersOf(KUBECONFIG), {
      connections: { harbour: { kind: 'kubeconfig', kubeconfig } },
    });
    expectRolledOut(result);
    expect(await writersOf(KUBECONFIG)).toEqual([world.app.objectId]);
  });

  test('rolls one out with tokens that only this agent can use, at this cluster alone', async () => {
    const { entra, gateway } = world.relay;
    const [cluster] = await gateway.store.listClusters();
    const kubeconfig = await world.getCredentials([
      '--format',
      'azure-pipelines',
      '--login',
      'azurepipelines',
      '--server-id',
      entra.directory.api.appIdUri,
      '--authority-host',
      entra.authorityHost,
      '--pop',
      '--cluster-id',
      cluster?.id ?? '',
    ]);
    expect(kubeconfig).toContain('--pop-enabled');
    const result = await world.run('kubeconfig-connection.yml', parametersOf(PROOF), {
      connections: { harbour: { kind: 'kubeconfig', kubeconfig } },
    });
    expectRolledOut(result);
    expect(await writersOf(PROOF)).toEqual([world.app.objectId]);
  });
});

describe('service-account-connection.yml', () => {
  test('rolls an application out as a ServiceAccount of the cluster', async () => {
    const token = await createAccountToken(world.relay.admin, ACCOUNT, DEPLOYER);
    const args = ['--format', 'azure-pipelines', '--token-file', '-'];
    const printed = await world.getCredentials(args, `${token}\n`);
    const parameters = { kubernetesServiceConnection: 'harbour', namespace: ACCOUNT, ...WHAT };
    const result = await world.run('service-account-connection.yml', parameters, {
      connections: { harbour: pasteServiceAccount(printed) },
      secrets: {},
    });
    expectRolledOut(result);
    // As itself, impersonated by nobody.
    expect(await writersOf(ACCOUNT)).toEqual([`system:serviceaccount:${ACCOUNT}:${DEPLOYER}`]);
  });

  test('is refused for a ServiceAccount that no rule of the gateway names', async () => {
    const token = await createAccountToken(world.relay.admin, FORBIDDEN, DEPLOYER);
    const printed = await world.getCredentials(['--format', 'azure-pipelines', '--token-file', '-'], token);
    const parameters = { kubernetesServiceConnection: 'harbour', namespace: FORBIDDEN, ...WHAT };
    const result = await world.run('service-account-connection.yml', parameters, {
      connections: { harbour: pasteServiceAccount(printed) },
      secrets: {},
    });
    expect(result.succeeded).toBe(false);
    expect(result.log).not.toContain('created');
  });
});
