// Commands that change nothing: through the relay they print byte for byte what they print without it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindClusterAdmin, bindReader, createNamespace, createWorkloads } from './cluster-objects.ts';
import { expectSameOutput } from './compare.ts';
import type { Normaliser } from './compare.ts';
import { startRelay } from './relay-fixture.ts';
import type { KubectlPair, Relay } from './relay-fixture.ts';

const NAMESPACE = 'reading';

interface Row {
  readonly args: readonly string[];
  /** bob may read pods and configmaps here; alice may do everything. */
  readonly user?: 'alice' | 'bob';
  /** 0 by default. */
  readonly exitCode?: number;
  /** Something that the output must hold, or the comparison would be of the wrong thing. */
  readonly shows: string;
  readonly normalise?: readonly Normaliser[];
}

const COMMANDS: readonly Row[] = [
  { args: ['get', 'pods'], shows: 'web-0' },
  { args: ['get', 'pods', '-o', 'wide'], shows: 'NOMINATED NODE' },
  { args: ['get', 'pods', '-o', 'yaml'], shows: 'registry.example/web:1' },
  { args: ['get', 'pods', '-o', 'json'], shows: '"registry.example/web:1"' },
  { args: ['get', 'pods', '-o', 'name'], shows: 'pod/web-0' },
  { args: ['get', 'pods', '--show-managed-fields', '-o', 'yaml'], shows: 'f:metadata' },
  { args: ['get', 'pod', 'web-0', '-o', 'jsonpath={.metadata.uid}'], shows: '-' },
  { args: ['get', 'pods', '-o', 'custom-columns=A:.metadata.name,B:.status.phase'], shows: 'Pending' },
  { args: ['get', 'pods', '-l', 'app=web', '--show-labels'], shows: 'app=web' },
  { args: ['get', 'pods', '--field-selector', 'status.phase=Pending'], shows: 'web-0' },
  { args: ['get', 'pods', '--chunk-size=1', '-A'], shows: 'web-0' },
  { args: ['get', 'configmap', 'greetings', '-o', 'yaml'], shows: 'Grüße, 世界' },
  { args: ['get', 'all', '-o', 'wide'], shows: 'deployment.apps/web' },
  { args: ['get', 'deployments,services'], shows: 'service/web' },
  { args: ['get', 'namespaces'], shows: 'kube-system' },
  { args: ['get', 'clusterroles'], shows: 'cluster-admin' },
  { args: ['get', 'events'], shows: 'No resources found' },
  { args: ['get', 'pod', 'absent'], shows: '(NotFound)', exitCode: 1 },
  { args: ['get', 'pod', 'absent', '--ignore-not-found'], shows: '' },
  { args: ['get', 'unheard-of'], shows: "doesn't have a resource type", exitCode: 1 },
  { args: ['get', 'secrets'], user: 'bob', shows: '(Forbidden)', exitCode: 1 },
  { args: ['get', 'pods'], user: 'bob', shows: 'web-0' },
  { args: ['delete', 'pod', 'web-0'], user: 'bob', shows: '(Forbidden)', exitCode: 1 },
  { args: ['get', '--raw', '/version'], shows: 'gitVersion' },
  { args: ['get', '--raw', '/healthz'], shows: 'ok' },
  { args: ['get', '--raw', '/readyz?verbose'], shows: '[+]etcd ok' },
  { args: ['get', '--raw', '/apis'], shows: 'APIGroupList' },
  { args: ['get', '--raw', '/openapi/v3'], shows: 'serverRelativeURL' },
  { args: ['get', '--raw', '/openapi/v3/apis/apps/v1'], shows: 'DeploymentSpec' },
  { args: ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods?limit=1&x=%2F%20ü`], shows: 'web-0' },
  { args: ['get', '--raw', '/no/such/path'], shows: '(NotFound)', exitCode: 1 },
  { args: ['describe', 'pod', 'web-0'], shows: 'registry.example/web:1' },
  { args: ['describe', 'deployment', 'web'], shows: 'RollingUpdate' },
  { args: ['describe', 'service', 'web'], shows: 'TargetPort' },
  { args: ['describe', 'configmaps'], shows: 'Grüße' },
  { args: ['explain', 'deployment.spec.strategy'], shows: 'DeploymentStrategy' },
  { args: ['explain', 'pods', '--recursive'], shows: 'terminationGracePeriodSeconds' },
  { args: ['api-resources'], shows: 'deployments' },
  { args: ['api-resources', '--namespaced=false', '-o', 'wide'], shows: 'clusterroles' },
  { args: ['api-versions'], shows: 'apps/v1' },
  { args: ['version'], shows: 'Server Version: v' },
  { args: ['version', '-o', 'json'], shows: 'serverVersion' },
  { args: ['cluster-info'], shows: 'is running at', normalise: ['server'] },
  { args: ['auth', 'whoami'], shows: 'system:authenticated' },
  { args: ['auth', 'whoami', '-o', 'yaml'], user: 'bob', shows: 'bob@contoso.example' },
  { args: ['auth', 'can-i', 'delete', 'nodes'], shows: 'yes' },
  { args: ['auth', 'can-i', 'create', 'pods'], user: 'bob', shows: 'no', exitCode: 1 },
  { args: ['auth', 'can-i', '--list'], user: 'bob', shows: 'configmaps' },
  { args: ['rollout', 'history', 'deployment/web'], shows: 'deployment.apps/web' },
  { args: ['wait', '--for=jsonpath={.status.phase}=Pending', 'pod/web-0'], shows: 'condition met' },
  { args: ['wait', '--for=condition=Ready', 'pod/web-0', '--timeout=1s'], shows: 'timed out', exitCode: 1 },
  { args: ['top', 'pods'], shows: 'Metrics API not available', exitCode: 1 },
  // There is no kubelet: what these print is the apiserver's own refusal, by an answer in place of an upgrade.
  { args: ['logs', 'web-0'], shows: '' },
  { args: ['logs', '-f', 'web-0', '-c', 'absent'], shows: 'not valid', exitCode: 1 },
  { args: ['exec', 'web-0', '--', 'date'], shows: 'does not have a host assigned', exitCode: 1 },
  { args: ['attach', 'web-0'], shows: 'web-0', exitCode: 1 },
  { args: ['port-forward', 'pod/web-0', ':80'], shows: 'pod is not running', exitCode: 1 },
];

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  await createNamespace(relay.admin, NAMESPACE);
  await createWorkloads(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
});
afterAll(() => relay.close());

describe.each([
  ['HTTP/2', {}, true],
  ['HTTP/1.1', { DISABLE_HTTP2: '1' }, false],
] as const)('over %s, through the relay as without it', (_, environment, isHttp2) => {
  const pairs = new Map<string, KubectlPair>();
  const kubectlOf = (user: string): KubectlPair => {
    const pair = pairs.get(user) ?? relay.kubectlOf(user, environment);
    pairs.set(user, pair);
    return pair;
  };

  test('the client speaks that version to the gateway', async () => {
    const options = { environment: { GODEBUG: 'http2debug=1' } };
    const { stderr } = await kubectlOf('alice').relayed.run(['get', '--raw', '/version'], options);
    expect(stderr.includes('http2: Transport')).toBe(isHttp2);
  });

  test.each(COMMANDS.map((row) => [`kubectl ${row.args.join(' ')}`, row] as const))('%s', async (_, row) => {
    const { args, user = 'alice', exitCode = 0, shows, normalise: names = [] } = row;
    const result = await expectSameOutput(kubectlOf(user), ['--namespace', NAMESPACE, ...args], {}, names);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout + result.stderr).toContain(shows);
  });
});
