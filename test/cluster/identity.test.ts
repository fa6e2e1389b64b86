// Who the apiserver believes the user of the relay to be, and what its RBAC then allows.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createSigningKey } from '../../demo/entra/index.ts';
import type { TokenRequest } from '../../demo/entra/index.ts';
import { bindReader, configMap, createNamespace } from './cluster-objects.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';

const NAMESPACE = 'identity';

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  await createNamespace(relay.admin, NAMESPACE);
  await relay.admin.create(
    `/api/v1/namespaces/${NAMESPACE}/configmaps`,
    configMap('settings', { mode: 'fast' }),
  );
  await bindReader(relay.admin, NAMESPACE, relay.user('bob').objectId);
});
afterAll(() => relay.close());

let kubeconfigs = 0;
function kubectlWith(request: TokenRequest): Kubectl {
  const token = relay.entra.issueToken(request);
  const file = relay.writeKubeconfig(`token-${(kubeconfigs += 1)}`, token);
  return createKubectl(inject('tools').kubectl, file);
}

/** What the apiserver wrote down about requests for this object, which no other test asks for. */
async function auditedNames(name: string): Promise<readonly (string | undefined)[]> {
  // The log is written in order: once this later request is in it, the earlier ones are.
  const marker = `marker-of-${name}`;
  await relay.admin.send('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps/${marker}`);
  await relay.auditLog.waitFor(({ requestUri }) => requestUri.endsWith(`/${marker}`));
  const events = await relay.auditLog.events();
  return events
    .filter(({ requestUri }) => requestUri.includes(`/configmaps/${name}`))
    .map(({ impersonatedUser }) => impersonatedUser?.username);
}

describe('a user of the relay', () => {
  test('is to the apiserver the object id, the groups and the extra of the token', async () => {
    const alice = relay.user('alice');
    const { stdout, stderr } = await kubectlWith({ user: 'alice' }).run(['auth', 'whoami', '-o', 'json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      status: {
        userInfo: {
          username: alice.objectId,
          groups: [...alice.groups, 'system:authenticated'],
          extra: {
            oid: [alice.objectId],
            tid: [relay.entra.tenantId],
            upn: ['alice@contoso.example'],
            azp: [relay.entra.directory.apps[0]?.clientId],
          },
        },
      },
    });
  });

  test('is the same with a v1 token', async () => {
    const args = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
    const { stdout } = await kubectlWith({ user: 'alice', version: 1 }).run(args);
    expect(stdout).toBe(relay.user('alice').objectId);
  });

  test('is a service principal when the token is an application’s', async () => {
    const args = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
    const { stdout } = await kubectlWith({ app: 'deployment pipeline' }).run(args);
    expect(stdout).toBe(relay.entra.directory.apps[1]?.objectId);
  });

  test('stands in the audit log as impersonated by the agent’s ServiceAccount', async () => {
    await kubectlWith({ user: 'bob' }).run(['get', 'configmap', 'audited', '-n', NAMESPACE]);
    const event = await relay.auditLog.waitFor(
      ({ requestUri, impersonatedUser }) =>
        requestUri.includes('/configmaps/audited') && impersonatedUser !== undefined,
    );
    expect(event.user.username).toBe(inject('controlPlane').agentUser);
    expect(event.impersonatedUser).toMatchObject({
      username: relay.user('bob').objectId,
      groups: [...relay.user('bob').groups, 'system:authenticated'],
      extra: relay.actingAs('bob').extra,
    });
    expect(event.responseCode).toBe(404);
  });

  test('may what RBAC allows', async () => {
    const args = ['get', 'configmap', 'settings', '-n', NAMESPACE, '-o', 'jsonpath={.data}'];
    const result = await kubectlWith({ user: 'bob' }).run(args);
    expect(result).toEqual({ stdout: '{"mode":"fast"}', stderr: '', exitCode: 0 });
  });

  test.each([
    ['a write', ['delete', 'configmap', 'settings', '-n', NAMESPACE], 'delete', 'configmaps'],
    ['another namespace', ['get', 'configmaps', '-n', 'default'], 'list', 'configmaps'],
    ['another kind', ['get', 'secrets', '-n', NAMESPACE], 'list', 'secrets'],
  ])('is refused %s by RBAC', async (_, args, verb, resource) => {
    const { stderr, exitCode } = await kubectlWith({ user: 'bob' }).run(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `User "${relay.user('bob').objectId}" cannot ${verb} resource "${resource}" in API group ""`,
    );
  });
});

describe('nobody reaches the apiserver', () => {
  test('whom no access rule of the gateway names', async () => {
    const args = ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/configmaps/for-mallory`];
    const { stderr, exitCode } = await kubectlWith({ user: 'mallory' }).run(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('gateway');
    expect(await auditedNames('for-mallory')).toEqual([]);
  });

  test.each([
    ['has expired', { user: 'bob', ttlSeconds: -60 }],
    ['another key signed', { user: 'bob', signWith: createSigningKey() }],
    ['is for another API', { user: 'bob', overrides: { aud: 'api://another' } }],
    ['is of another tenant', { user: 'bob', overrides: { tid: '9b3e2f10-6c4d-4a58-b7e1-0d2f4a6c8e99' } }],
  ])('with a token that %s', async (_, request) => {
    const args = ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/configmaps/for-bad-token`];
    const { stderr, exitCode } = await kubectlWith(request).run(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('You must be logged in to the server');
    expect(await auditedNames('for-bad-token')).toEqual([]);
  });

  // What RBAC lets somebody act as: act-as.test.ts.
  test.each([
    ['a user', ['--as', 'somebody']],
    ['a group', ['--as', 'somebody', '--as-group', 'system:masters']],
    ['the agent', ['--as', 'system:serviceaccount:cluster-connect:cluster-connect-agent']],
  ])('who acts as %s without the right to', async (_, flags) => {
    const args = ['get', '--raw', `/api/v1/namespaces/${NAMESPACE}/configmaps/for-impersonation`, ...flags];
    const { stderr, exitCode } = await kubectlWith({ user: 'bob' }).run(args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot impersonate resource');
    expect(await auditedNames('for-impersonation')).toEqual([]);
  });
});
