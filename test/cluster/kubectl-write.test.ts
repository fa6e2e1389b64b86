// Commands that write: the same sequence in two namespaces, one direct and one relayed, prints and leaves the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { bindClusterAdmin, createNamespace } from './cluster-objects.ts';
import { normalise } from './compare.ts';
import type { Normaliser } from './compare.ts';
import type { Kubectl, KubectlResult } from './kubectl.ts';
import { startRelay } from './relay-fixture.ts';
import type { KubectlPair, Relay } from './relay-fixture.ts';

interface Step {
  readonly args: readonly string[];
  readonly input?: string;
  readonly exitCode?: number;
  readonly shows: string;
  readonly normalise?: readonly Normaliser[];
}

const labels = { app: 'web' };
const deployment = (replicas: unknown, more: object = {}): string =>
  stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] },
      },
      ...more,
    },
  });

const NEW_OBJECT: readonly Normaliser[] = ['uid', 'resourceVersion', 'timestamp'];
const APPLY = ['apply', '-f', '-'];
const PATCH = ['patch', 'deployment', 'web'];

// In this order: each step sees what the ones before it left.
const STEPS: readonly Step[] = [
  {
    args: ['create', 'configmap', 'settings', '--from-literal=mode=fast'],
    shows: 'configmap/settings created',
  },
  { args: ['create', 'configmap', 'settings'], shows: 'already exists', exitCode: 1 },
  {
    args: ['create', 'configmap', 'dry', '--from-literal=text=Grüße 🌍', '--dry-run=server', '-o', 'yaml'],
    shows: 'text: "Grüße',
    normalise: NEW_OBJECT,
  },
  { args: APPLY, input: deployment(1), shows: 'deployment.apps/web created' },
  { args: APPLY, input: deployment(1), shows: 'deployment.apps/web unchanged' },
  { args: APPLY, input: deployment(2), shows: 'deployment.apps/web configured' },
  { args: APPLY, input: deployment(2, { unheardOf: 1 }), shows: 'unknown field', exitCode: 1 },
  { args: APPLY, input: deployment('many'), shows: 'The request is invalid', exitCode: 1 },
  { args: APPLY, input: deployment(-1), shows: 'must be greater than or equal to 0', exitCode: 1 },
  { args: ['apply', '--server-side', '-f', '-'], input: deployment(3), shows: 'serverside-applied' },
  { args: ['label', 'deployment', 'web', 'tier=front'], shows: 'labeled' },
  { args: ['label', 'deployment', 'web', 'tier=back'], shows: 'already has a value', exitCode: 1 },
  { args: ['annotate', 'deployment', 'web', 'note=Grüße'], shows: 'annotated' },
  { args: [...PATCH, '-p', '{"spec":{"replicas":4}}'], shows: 'patched' },
  { args: [...PATCH, '-p', '{"spec":{"replicas":4}}'], shows: '(no change)' },
  {
    args: ['apply', '--server-side', '-f', '-'],
    input: deployment(5),
    shows: 'conflict with "kubectl-patch"',
    exitCode: 1,
  },
  {
    args: ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    input: deployment(5),
    shows: 'serverside-applied',
  },
  { args: [...PATCH, '--type=merge', '-p', '{"spec":{"paused":true}}'], shows: 'patched' },
  {
    args: [...PATCH, '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":5}]'],
    shows: 'patched',
  },
  {
    args: [...PATCH, '--type=json', '-p', '[{"op":"test","path":"/spec/replicas","value":0}]'],
    shows: 'the server rejected our request',
    exitCode: 1,
  },
  { args: ['scale', 'deployment', 'web', '--replicas=1'], shows: 'scaled' },
  { args: ['set', 'image', 'deployment/web', 'web=registry.example/web:2'], shows: 'image updated' },
  {
    args: ['expose', 'deployment', 'web', '--port=80'],
    shows: 'service/web exposed',
  },
  { args: ['run', 'shell', '--image=registry.example/shell:1'], shows: 'pod/shell created' },
  {
    args: ['create', 'secret', 'generic', 'password', '--from-literal=a=b'],
    shows: 'secret/password created',
  },
  { args: ['create', 'serviceaccount', 'builder'], shows: 'serviceaccount/builder created' },
  {
    args: ['create', 'role', 'r', '--verb=get', '--resource=pods'],
    shows: 'role.rbac.authorization.k8s.io/r',
  },
  { args: ['create', '-f', '-'], input: 'not: [yaml', shows: 'error', exitCode: 1 },
  {
    args: ['get', 'deployment', 'web', '-o', 'yaml'],
    shows: 'registry.example/web:2',
    normalise: NEW_OBJECT,
  },
  {
    args: ['get', 'configmaps,secrets,services,serviceaccounts,roles', '-o', 'json'],
    shows: '"settings"',
    normalise: [...NEW_OBJECT, 'clusterIp'],
  },
  { args: ['replace', '-f', '-'], input: deployment(1), shows: 'deployment.apps/web replaced' },
  { args: ['delete', 'configmap', 'settings'], shows: 'configmap "settings" deleted' },
  { args: ['delete', 'configmap', 'settings'], shows: '(NotFound)', exitCode: 1 },
  { args: ['delete', 'pod', 'shell', '--now'], shows: 'deleted' },
  { args: ['delete', 'deployments,services', '-l', 'app=web'], shows: 'service "web" deleted' },
  { args: ['delete', 'secrets,serviceaccounts,roles', '--all'], shows: 'deleted' },
  { args: ['get', 'all,configmaps,secrets,serviceaccounts,roles'], shows: 'No resources found' },
];

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
});
afterAll(() => relay.close());

describe.each([
  ['HTTP/2', {}, 'writing-2'],
  ['HTTP/1.1', { DISABLE_HTTP2: '1' }, 'writing-1'],
] as const)('over %s, through the relay as without it', (_, environment, prefix) => {
  // Names of one length, so that tables and messages are alike.
  const namespaces = { direct: `${prefix}-direct`, relayed: `${prefix}-relays` };
  let pair: KubectlPair;
  beforeAll(async () => {
    await createNamespace(relay.admin, namespaces.direct);
    await createNamespace(relay.admin, namespaces.relayed);
    pair = relay.kubectlOf('alice', environment);
  });

  const runIn = async (kubectl: Kubectl, namespace: string, step: Step): Promise<KubectlResult> => {
    const options = step.input === undefined ? {} : { input: step.input };
    const result = await kubectl.run(['--namespace', namespace, ...step.args], options);
    const { stdout, stderr, exitCode } = normalise(result, step.normalise ?? []);
    return {
      stdout: stdout.replaceAll(namespace, 'NAMESPACE'),
      stderr: stderr.replaceAll(namespace, 'NAMESPACE'),
      exitCode,
    };
  };

  test.each(STEPS.map((step, index) => [`${index + 1}. kubectl ${step.args.join(' ')}`, step] as const))(
    '%s',
    async (_, step) => {
      const direct = await runIn(pair.direct, namespaces.direct, step);
      const relayed = await runIn(pair.relayed, namespaces.relayed, step);
      expect(relayed).toEqual(direct);
      expect(direct.exitCode).toBe(step.exitCode ?? 0);
      expect(direct.stdout + direct.stderr).toContain(step.shows);
    },
  );
});
