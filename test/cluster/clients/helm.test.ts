// helm through the relay and straight to the apiserver: the same life of a release, in the same words.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bindClusterAdmin, createNamespace, incompressibleText } from '../cluster-objects.ts';
import { NORMALISERS } from '../compare.ts';
import { createKubectl } from '../kubectl.ts';
import type { Kubectl, KubectlResult } from '../kubectl.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { writeKubeconfigs } from './kubeconfigs.ts';

const CHART = join(import.meta.dirname, 'chart');
const BLOB_BYTES = 400_000;

interface Step {
  readonly args: readonly string[];
  readonly exitCode?: number;
  readonly shows: string;
  /** What the deployment has afterwards; none when there is no deployment. */
  readonly replicas: number | undefined;
}

const upgrade = (...args: readonly string[]): readonly string[] => ['upgrade', 'web', CHART, ...args];

// In this order: each step sees what the ones before it left.
const STEPS: readonly Step[] = [
  { args: ['list'], shows: 'NAME\tNAMESPACE', replicas: undefined },
  { args: ['install', 'web', CHART, '--dry-run=server'], shows: 'kubeVersion: "v1.', replicas: undefined },
  { args: ['install', 'web', CHART], shows: 'web says: calm sea', replicas: 1 },
  { args: ['install', 'web', CHART], shows: 'cannot re-use a name', exitCode: 1, replicas: 1 },
  { args: ['status', 'web'], shows: 'STATUS: deployed', replicas: 1 },
  { args: ['list'], shows: 'lighthouse-0.1.0', replicas: 1 },
  { args: ['get', 'manifest', 'web'], shows: 'replicas: 1', replicas: 1 },
  { args: upgrade('--set', 'replicas=2', '--set', 'message=gale'), shows: 'says: gale', replicas: 2 },
  { args: upgrade('--set', 'replicas=9', '--dry-run=server'), shows: 'replicas: 9', replicas: 2 },
  { args: upgrade('--set', 'replicas=-1'), shows: 'greater than or equal to 0', exitCode: 1, replicas: 2 },
  { args: upgrade('--set', 'replicas=many'), shows: 'cannot patch "web"', exitCode: 1, replicas: 2 },
  { args: upgrade('--set', 'replicas=3', '--set-file', 'blob=blob'), shows: 'REVISION: 5', replicas: 3 },
  { args: ['get', 'values', 'web', '--all', '--revision', '2'], shows: 'message: gale', replicas: 3 },
  { args: ['history', 'web'], shows: 'superseded', replicas: 3 },
  { args: ['rollback', 'web', '1'], shows: 'Rollback was a success', replicas: 1 },
  { args: ['rollback', 'web', '77'], shows: 'release has no 77 version', exitCode: 1, replicas: 1 },
  { args: ['get', 'manifest', 'web', '--revision', '5'], shows: 'replicas: 3', replicas: 1 },
  { args: ['get', 'hooks', 'web'], shows: 'pre-install,pre-upgrade', replicas: 1 },
  { args: ['history', 'web'], shows: 'Rollback to 1', replicas: 1 },
  { args: ['uninstall', 'web'], shows: 'release "web" uninstalled', replicas: undefined },
  { args: ['uninstall', 'web'], shows: 'not found', exitCode: 1, replicas: undefined },
  { args: ['get', 'manifest', 'web'], shows: 'not found', exitCode: 1, replicas: undefined },
  { args: ['list', '--all'], shows: 'NAME\tNAMESPACE', replicas: undefined },
];

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
});
afterAll(() => relay.close());

describe.each([
  ['HTTP/2, by name', {}, 'name', 'helm-2'],
  ['HTTP/1.1, by path', { DISABLE_HTTP2: '1' }, 'path', 'helm-1'],
] as const)('over %s, through the relay as without it', (_, environment, route, prefix) => {
  // Names of one length, so that tables and messages are alike.
  const namespaces = { direct: `${prefix}-direct`, relayed: `${prefix}-relays` };
  let helms: { readonly direct: Kubectl; readonly relayed: Kubectl };
  beforeAll(async () => {
    const { helm } = inject('tools');
    await createNamespace(relay.admin, namespaces.direct);
    await createNamespace(relay.admin, namespaces.relayed);
    const { direct, relayed } = writeKubeconfigs(relay, prefix, 'alice', route);
    helms = {
      direct: createKubectl(helm, direct, environment),
      relayed: createKubectl(helm, relayed, environment),
    };
    writeFileSync(join(relay.directory, 'blob'), incompressibleText(BLOB_BYTES, 11));
  });

  const runIn = async (side: 'direct' | 'relayed', step: Step): Promise<KubectlResult> => {
    const namespace = namespaces[side];
    const options = { directory: relay.directory };
    const result = await helms[side].run(['--namespace', namespace, ...step.args], options);
    const text = (output: string): string => comparable(output.replaceAll(namespace, 'NAMESPACE'));
    return { ...result, stdout: text(result.stdout), stderr: text(result.stderr) };
  };
  const replicasIn = async (namespace: string): Promise<unknown> => {
    const { body } = await relay.admin.send('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    return /"replicas":(\d+)/.exec(JSON.stringify(body))?.[1];
  };

  test.each(STEPS.map((step, index) => [`${index + 1}. helm ${nameOf(step.args)}`, step] as const))(
    '%s',
    async (_, step) => {
      const [direct, relayed] = await Promise.all([runIn('direct', step), runIn('relayed', step)]);
      expect(relayed).toEqual(direct);
      expect(direct.exitCode).toBe(step.exitCode ?? 0);
      expect(direct.stdout + direct.stderr).toContain(step.shows);
      const replicas = step.replicas === undefined ? undefined : String(step.replicas);
      expect(await replicasIn(namespaces.direct)).toBe(replicas);
      expect(await replicasIn(namespaces.relayed)).toBe(replicas);
    },
  );
});

function nameOf(args: readonly string[]): string {
  return args.map((arg) => (arg === CHART ? 'CHART' : arg)).join(' ');
}

/** Of any two runs, in tables whose columns are as wide as what is in them, and in an error that quotes an object. */
function comparable(text: string): string {
  const withoutTimes = text
    .replaceAll(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, 'TIME')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} [A-Z]+/g, 'TIME')
    .replaceAll(/(\\"resourceVersion\\":\\")\d+/g, '$1N')
    .replaceAll(/ +\t/g, '\t');
  return NORMALISERS.timestamp(NORMALISERS.uid(withoutTimes));
}
