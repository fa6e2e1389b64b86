// kubectl --as where the operator gave the agent less than deploy/kubernetes/agent-rbac.yaml does: nothing, or the least.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { IMPERSONATED_BY } from '../../auth/index.ts';
import { bindClusterAdmin } from './cluster-objects.ts';
import type { Kubectl } from './kubectl.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';

const ROLE = 'cluster-connect-agent-act-as';
const ROLE_PATH = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${ROLE}`;
const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const MANIFEST = join(import.meta.dirname, '../../deploy/kubernetes/agent-rbac.yaml');
const WHOAMI = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
/** `whoami` hides the words of a 403. */
const RAW = ['get', '--raw', '/api'];

const ASK = { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' };
const BE_A_UID = { verb: 'impersonate', group: 'authentication.k8s.io', resource: 'uids' };

let relay: Relay;
/** May impersonate anybody: what stops her here is the agent. */
let alice: Kubectl;

beforeAll(async () => {
  relay = await startRelay();
  await bindClusterAdmin(relay.admin, relay.user('alice').groups[0] ?? '');
  alice = relay.kubectlOf('alice').relayed;
});
afterAll(async () => {
  // Later files need it again.
  await giveAgent(await rulesOfManifest(), { ASK: true, BE_A_UID: true });
  await relay.close();
});

/** What the manifest gives. */
async function rulesOfManifest(): Promise<readonly unknown[]> {
  for (const document of parseAllDocuments(await readFile(MANIFEST, 'utf8'))) {
    const { kind, metadata, rules } = recordOf(document.toJS());
    if (kind === 'ClusterRole' && recordOf(metadata)['name'] === ROLE && Array.isArray(rules)) return rules;
  }
  throw new Error('the manifest has no such role');
}

async function giveAgent(rules: readonly unknown[], may: Readonly<Record<string, boolean>>): Promise<void> {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: ROLE },
    rules,
  };
  expect((await relay.admin.send('PUT', ROLE_PATH, role)).status).toBe(200);
  for (const [name, resourceAttributes] of Object.entries({ ASK, BE_A_UID })) {
    const spec = { user: inject('controlPlane').agentUser, resourceAttributes };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    // The authorizer hears of it by a watch of its own.
    await vi.waitFor(
      async () => {
        const { body } = await relay.admin.send('POST', REVIEWS, review);
        expect(recordOf(recordOf(body)['status'])['allowed']).toBe(may[name]);
      },
      { timeout: 10_000, interval: 20 },
    );
  }
}

test('without the role --as is refused with the name of the file, and everything else works', async () => {
  await giveAgent([], { ASK: false, BE_A_UID: false });
  const { stderr, exitCode } = await alice.run([...RAW, '--as', 'carol']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `apply the ClusterRole ${ROLE} of deploy/kubernetes/agent-rbac.yaml (agent, request id `,
  );
  expect(await alice.run(WHOAMI)).toMatchObject({ stdout: relay.user('alice').objectId, exitCode: 0 });
});

test('with its least rule and the right to ask, --as and --as-group work, and nothing more', async () => {
  const [ask] = await rulesOfManifest();
  const least = `userextras/${IMPERSONATED_BY}`;
  // The manifest's own advice.
  expect(await readFile(MANIFEST, 'utf8')).toContain(`\`${least}\``);
  const rule = { apiGroups: ['authentication.k8s.io'], resources: [least], verbs: ['impersonate'] };
  await giveAgent([ask, rule], { ASK: true, BE_A_UID: false });
  const flags = ['--as', 'carol', '--as-group', 'readers'];
  expect(await alice.run([...WHOAMI, ...flags])).toEqual({ stdout: 'carol', stderr: '', exitCode: 0 });
  const agent = inject('controlPlane').agentUser;
  for (const [more, resource] of [
    [['--as', 'carol', '--as-uid', 'uid-1'], 'uids'],
    [['--as', 'system:serviceaccount:default:default'], 'serviceaccounts'],
  ] as const) {
    const { stderr, exitCode } = await alice.run([...RAW, ...more]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`User "${agent}" cannot impersonate resource "${resource}"`);
  }
});

test('with the right to impersonate but not to ask, --as is refused', async () => {
  const [, ...rest] = await rulesOfManifest();
  await giveAgent(rest, { ASK: false, BE_A_UID: true });
  const { stderr, exitCode } = await alice.run([...RAW, '--as', 'carol']);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('the agent may not create subjectaccessreviews');
});

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
