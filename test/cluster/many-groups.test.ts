// Somebody in 5,000 groups, which no token and no head holds: Graph names them, and the apiserver hears of those that it knows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DEFAULT_DIRECTORY } from '../../demo/entra/index.ts';
import { bindReader, createNamespace, createWorkloads } from './cluster-objects.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { CLUSTER_NAME, startRelay } from './relay-fixture.ts';
import type { Relay, RelaySettings } from './relay-fixture.ts';

const GROUPS = Array.from(
  { length: 5000 },
  (_, index) => `6f1c0a52-93d4-4c6b-8a0e-${index.toString(16).padStart(12, '0')}`,
);
const BOUND = GROUPS[4321] ?? '';
const CAROL = {
  displayName: 'Carol Clark',
  userPrincipalName: 'carol@contoso.example',
  objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e77',
  groups: GROUPS,
};
const ROBOT = {
  displayName: 'a robot of many groups',
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b77',
  objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a77',
  secret: 'stand-in-secret-of-the-robot',
  groups: GROUPS,
  roles: [],
};
const READER = {
  displayName: 'reads groups for cluster-connect',
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b99',
  objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a99',
  secret: 'stand-in-secret-of-the-reader',
  graphPermissions: ['GroupMember.Read.All', 'User.Read.All', 'Application.Read.All'],
  groups: [],
  roles: [],
};

let relay: Relay;
let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-connect-groups-'));
  const clientSecretFile = join(directory, 'graph-secret');
  writeFileSync(clientSecretFile, READER.secret);
  const settings: RelaySettings = {
    entra: {
      directory: {
        users: [...DEFAULT_DIRECTORY.users, CAROL],
        apps: [...DEFAULT_DIRECTORY.apps, ROBOT, READER],
      },
    },
    entraSettings: {
      groupsOverage: 'graph',
      graph: { clientId: READER.clientId, clientSecretFile, whenUnavailable: 'fail' },
    },
    // The gateway asks Graph by itself: a group of the 5,000 lets them reach the cluster.
    access: [{ clusters: [CLUSTER_NAME], role: 'user', users: [], groups: [BOUND], applications: [] }],
    agent: { groups: 'bound' },
  };
  relay = await startRelay(settings);
});
afterAll(async () => {
  await relay.close();
  rmSync(directory, { recursive: true });
});

describe.each([
  ['a user', 'of-users', (): string => relay.entra.issueToken({ user: CAROL }), CAROL.objectId],
  ['a service principal', 'of-robots', (): string => relay.entra.issueToken({ app: ROBOT }), ROBOT.objectId],
])('%s in 5,000 groups', (_kind, namespace, issue, objectId) => {
  const pods = ['get', 'pods', '-n', namespace, '-o', 'name'];
  let kubectl: Kubectl;
  beforeAll(async () => {
    await createNamespace(relay.admin, namespace);
    await createWorkloads(relay.admin, namespace);
    const kubeconfig = relay.writeKubeconfig(namespace, issue());
    kubectl = createKubectl(inject('tools').kubectl, kubeconfig);
  });

  test('may do nothing that no binding allows, and is told so by the apiserver', async () => {
    const { stderr, exitCode } = await kubectl.run(pods);
    expect(stderr).toContain(`pods is forbidden: User "${objectId}"`);
    expect(exitCode).toBe(1);
  });

  test('reads as soon as one of the groups is bound, and the apiserver hears of bound ones alone', async () => {
    await bindReader(relay.admin, namespace, BOUND, 'Group');
    await expect
      .poll(() => kubectl.run(pods), { timeout: 20_000 })
      .toEqual({ stdout: 'pod/web-0\n', stderr: '', exitCode: 0 });
    const whoami = await kubectl.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.groups}']);
    expect(JSON.parse(whoami.stdout)).toEqual([BOUND, 'system:authenticated']);
  });
});
