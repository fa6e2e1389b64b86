// The control plane itself, without the relay: what the other files rely on.
import { mkdtempSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { createApiserverClient, openAuditLog } from '../../demo/control-plane/index.ts';
import { writeKubeconfigTo } from './kubeconfig.ts';
import { createKubectl } from './kubectl.ts';

const controlPlane = inject('controlPlane');
const directory = mkdtempSync(join(controlPlane.directory, 'harness-'));
const admin = createKubectl(inject('tools').kubectl, controlPlane.adminKubeconfigFile);

/** A kubectl that presents the agent's own ServiceAccount token. */
async function kubectlOfAgent() {
  const token = await readFile(controlPlane.agentTokenFile, 'utf8');
  return createKubectl(inject('tools').kubectl, writeKubeconfigTo(directory, controlPlane, { token }));
}

describe('the control plane', () => {
  test('answers the administrator', async () => {
    const { stdout, exitCode } = await admin.run([
      'auth',
      'whoami',
      '-o',
      'jsonpath={.status.userInfo.groups}',
    ]);
    expect({ stdout, exitCode }).toEqual({
      stdout: '["system:masters","system:authenticated"]',
      exitCode: 0,
    });
  });

  test('has a token for the agent that only its owner can read', async () => {
    const agent = await kubectlOfAgent();
    const whoami = await agent.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}']);
    expect(whoami.stdout).toBe(controlPlane.agentUser);
    expect((await stat(controlPlane.agentTokenFile)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['impersonate', '', 'users', true],
    ['impersonate', '', 'groups', true],
    // For `kubectl --as`: the agent asks first whether its user may (deploy/kubernetes/agent-rbac.yaml).
    ['impersonate', 'authentication.k8s.io', 'uids', true],
    ['impersonate', 'authentication.k8s.io', 'userextras/oid', true],
    ['impersonate', 'authentication.k8s.io', 'userextras/scopes', true],
    ['impersonate', '', 'serviceaccounts', true],
    ['get', '', 'secrets', false],
    ['create', 'authorization.k8s.io', 'subjectaccessreviews', true],
    ['create', 'authorization.k8s.io', 'localsubjectaccessreviews', false],
    ['impersonate', '', 'nodes', false],
    ['create', '', 'serviceaccounts', false],
  ])('may the agent %s "%s" %s? %s', async (verb, group, name, allowed) => {
    const [resource, subresource = ''] = name.split('/');
    const client = createApiserverClient(controlPlane);
    const review = await client.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: controlPlane.agentUser,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:cluster-connect', 'system:authenticated'],
        resourceAttributes: { verb, group, resource, subresource },
      },
    });
    client.close();
    expect(review).toMatchObject({ status: { allowed } });
  });

  test('judges an impersonated user by RBAC', async () => {
    const { stderr, exitCode } = await admin.run(['get', 'nodes', '--as', 'nobody-knows']);
    expect(stderr).toContain('User "nobody-knows" cannot list resource "nodes"');
    expect(exitCode).toBe(1);
  });

  test('writes who impersonated whom into the audit log', async () => {
    await admin.run(['get', 'configmaps', '--as', 'somebody', '--as-group', 'a-group']);
    const event = await openAuditLog(controlPlane.auditLogFile).waitFor(
      ({ impersonatedUser, stage, requestUri }) =>
        impersonatedUser?.username === 'somebody' &&
        stage === 'ResponseComplete' &&
        requestUri.includes('/configmaps'),
    );
    expect(event.user.username).toBe('cluster-administrator');
    expect(event.impersonatedUser?.groups).toEqual(['a-group', 'system:authenticated']);
    expect(event.responseCode).toBe(403);
  });
});
