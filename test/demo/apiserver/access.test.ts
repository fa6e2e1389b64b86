import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, textAt } from '../../../demo/apiserver/json.ts';
import { CORE, RBAC, configMap, startTestServer } from './support.ts';
import type { TestServer } from './support.ts';

const WHO_AM_I = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const AGENT = 'system:serviceaccount:cluster-connect:cluster-connect-agent';

const MANIFESTS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: devs, namespace: default }
roleRef: { kind: ClusterRole, name: view }
subjects: [{ kind: Group, name: devs }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: one-map, namespace: default }
rules: [{ apiGroups: [""], resources: [configmaps], resourceNames: [chosen], verbs: [get, watch, update] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: one-map, namespace: default }
roleRef: { kind: Role, name: one-map }
subjects: [{ kind: User, name: narrow }, { kind: ServiceAccount, name: default, namespace: default }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: odd }
rules:
  - { apiGroups: [apps], resources: ["*"], verbs: [list] }
  - { apiGroups: ["*"], resources: ["*/scale"], verbs: ["*"] }
  - { nonResourceURLs: [/metrics, "/debug/*"], verbs: [get] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: odd }
roleRef: { kind: ClusterRole, name: odd }
subjects: [{ kind: User, name: odd }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: editor, namespace: default }
roleRef: { kind: ClusterRole, name: admin }
subjects: [{ kind: User, name: local-admin }]
`;

describe('access to the stand-in', () => {
  let standin: TestServer;
  beforeAll(async () => {
    standin = await startTestServer();
    standin.server.apply(MANIFESTS);
  });
  afterAll(() => standin.close());

  const as = (user: string, ...groups: string[]): string[] => [
    'impersonate-user',
    user,
    ...groups.flatMap((group) => ['impersonate-group', group]),
  ];

  it.each([
    ['no token', []],
    ['an unknown token', ['authorization', 'Bearer eyJhbGciOiJub25lIn0.e30.']],
    ['another scheme', ['authorization', 'Basic YTpi']],
    ['an empty token', ['authorization', 'Bearer ']],
  ])('answers 401 to %s, on every path', async (_, headers) => {
    for (const path of ['/version', '/healthz', `${CORE}/pods`, '/nope']) {
      const answer = await standin.call('GET', path, { token: null, headers });
      expect([answer.status, textAt(answer.json, 'reason')]).toEqual([401, 'Unauthorized']);
    }
  });

  it('knows the agent by its ServiceAccount token', async () => {
    const { json } = await standin.call('POST', WHO_AM_I, { token: standin.server.agentToken, body: {} });
    expect(at(json, 'status', 'userInfo')).toMatchObject({
      username: AGENT,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:cluster-connect', 'system:authenticated'],
    });
  });

  it('lets the agent do nothing in its own name', async () => {
    const { json } = await standin.call('GET', `${CORE}/pods`, { token: standin.server.agentToken });
    expect(json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `pods is forbidden: User "${AGENT}" cannot list resource "pods" in API group "" in the namespace "default"`,
      details: { kind: 'pods' },
    });
  });

  it.each([
    [
      ['GET', '/api/v1/nodes/x'],
      'nodes "x" is forbidden: User "nobody" cannot get resource "nodes" in API group "" at the cluster scope',
    ],
    [
      ['DELETE', '/apis/apps/v1/namespaces/default/deployments/x'],
      'deployments.apps "x" is forbidden: User "nobody" cannot delete resource "deployments" in API group "apps" in the namespace "default"',
    ],
    [
      ['GET', `${CORE}/pods/p/log`],
      'pods "p" is forbidden: User "nobody" cannot get resource "pods/log" in API group "" in the namespace "default"',
    ],
    [['GET', '/metrics'], 'forbidden: User "nobody" cannot get path "/metrics"'],
  ] as const)('words a refusal as kube-apiserver does: %s', async ([method, path], message) => {
    const { json } = await standin.call(method, path, { headers: as('nobody') });
    expect(textAt(json, 'message')).toBe(message);
  });

  it.each([
    ['devs', 'list', '', 'pods', '', 'default', true],
    ['devs', 'get', '', 'pods/log', 'x', 'default', true],
    ['devs', 'list', '', 'pods', '', 'kube-system', false],
    ['devs', 'list', '', 'pods', '', '', false],
    ['devs', 'create', '', 'pods', '', 'default', false],
    ['devs', 'get', '', 'secrets', 'x', 'default', false],
    ['devs', 'get', '', 'pods/exec', 'x', 'default', false],
    ['narrow', 'get', '', 'configmaps', 'chosen', 'default', true],
    ['narrow', 'get', '', 'configmaps', 'other', 'default', false],
    ['narrow', 'list', '', 'configmaps', '', 'default', false],
    ['narrow', 'watch', '', 'configmaps', 'chosen', 'default', true],
    ['system:serviceaccount:default:default', 'get', '', 'configmaps', 'chosen', 'default', true],
    ['system:serviceaccount:kube-system:default', 'get', '', 'configmaps', 'chosen', 'default', false],
    ['odd', 'list', 'apps', 'deployments', '', '', true],
    ['odd', 'list', '', 'pods', '', '', false],
    ['odd', 'list', 'apps', 'deployments/scale', '', 'a', true],
    ['odd', 'patch', 'apps', 'deployments/scale', 'x', 'a', true],
    ['odd', 'patch', 'apps', 'deployments', 'x', 'a', false],
  ])('judges %s %s %s/%s %s in "%s": %s', async (user, verb, group, resource, name, namespace, allowed) => {
    const [plural, subresource = ''] = resource.split('/');
    const body = {
      spec: { resourceAttributes: { verb, group, resource: plural, subresource, name, namespace } },
    };
    const headers = user === 'devs' ? as('someone', 'devs') : as(user);
    const { json } = await standin.call('POST', REVIEW, { body, headers });
    expect(at(json, 'status', 'allowed')).toBe(allowed);
  });

  it.each([
    ['/metrics', true],
    ['/debug/pprof', true],
    ['/metrics/more', false],
    ['/version', true],
  ])('judges the path %s by nonResourceURLs: %s', async (path, allowed) => {
    const body = { spec: { nonResourceAttributes: { verb: 'get', path } } };
    const { json } = await standin.call('POST', REVIEW, { body, headers: as('odd') });
    expect(at(json, 'status', 'allowed')).toBe(allowed);
  });

  it('obeys a binding as soon as it is made, and no longer once it is gone', async () => {
    const read = () => standin.call('GET', '/api/v1/namespaces/kube-system/pods', { headers: as('late') });
    expect((await read()).status).toBe(403);
    const bindings = `${RBAC}/namespaces/kube-system/rolebindings`;
    const body = {
      metadata: { name: 'late' },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'late' }],
    };
    await standin.call('POST', bindings, { body });
    expect((await read()).status).toBe(200);
    await standin.call('DELETE', `${bindings}/late`);
    expect((await read()).status).toBe(403);
  });

  it('lets nobody give away rights that they do not hold', async () => {
    const headers = as('local-admin');
    const roles = `${RBAC}/namespaces/default/roles`;
    const rule = (resource: string, verb: string) => ({
      apiGroups: [''],
      resources: [resource],
      verbs: [verb],
    });
    const held = { metadata: { name: 'held' }, rules: [rule('pods', 'get')] };
    expect((await standin.call('POST', roles, { body: held, headers })).status).toBe(201);
    const more = { metadata: { name: 'more' }, rules: [rule('*', '*')] };
    const refused = await standin.call('POST', roles, { body: more, headers });
    expect(textAt(refused.json, 'message')).toContain(
      'is attempting to grant RBAC permissions not currently held',
    );
    const body = {
      metadata: { name: 'up' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [],
    };
    expect(
      (await standin.call('POST', `${RBAC}/namespaces/default/rolebindings`, { body, headers })).status,
    ).toBe(403);
  });

  it('issues a ServiceAccount token by TokenRequest that authenticates, and knows it in a TokenReview', async () => {
    const path = `${CORE}/serviceaccounts/default/token`;
    const { json } = await standin.call('POST', path, { body: { spec: { expirationSeconds: 600 } } });
    const token = textAt(json, 'status', 'token');
    expect(token.split('.')).toHaveLength(3);
    const who = await standin.call('POST', WHO_AM_I, { token, body: {} });
    expect(textAt(who.json, 'status', 'userInfo', 'username')).toBe('system:serviceaccount:default:default');
    const reviews = '/apis/authentication.k8s.io/v1/tokenreviews';
    const known = await standin.call('POST', reviews, { body: { spec: { token } } });
    expect(at(known.json, 'status', 'authenticated')).toBe(true);
    const forged = await standin.call('POST', reviews, { body: { spec: { token: `${token}x` } } });
    expect(at(forged.json, 'status', 'authenticated')).toBe(false);
  });

  it('lists the rules of a user (auth can-i --list)', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const { json } = await standin.call('POST', path, {
      body: { spec: { namespace: 'default' } },
      headers: as('narrow'),
    });
    expect(listAt(json, 'status', 'resourceRules')).toContainEqual({
      verbs: ['get', 'watch', 'update'],
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['chosen'],
    });
  });

  describe('impersonation, as the agent', () => {
    const whoAmI = (headers: string[]) =>
      standin.call('POST', WHO_AM_I, { token: standin.server.agentToken, body: {}, headers });

    it.each([
      ['a user', as('jane'), { username: 'jane', groups: ['system:authenticated'] }],
      [
        'one group for each line, commas and all',
        as('jane', 'a, b', 'c'),
        { username: 'jane', groups: ['a, b', 'c', 'system:authenticated'] },
      ],
      [
        'uid and extra, the keys decoded and in lower case',
        [
          ...as('jane'),
          'impersonate-uid',
          'u1',
          'Impersonate-Extra-OID',
          'o',
          'impersonate-extra-t%69d',
          't',
          'impersonate-extra-oid',
          'p',
        ],
        {
          username: 'jane',
          uid: 'u1',
          groups: ['system:authenticated'],
          extra: { oid: ['o', 'p'], tid: ['t'] },
        },
      ],
      [
        'a group that is stated already',
        as('jane', 'system:authenticated', 'x'),
        { username: 'jane', groups: ['system:authenticated', 'x'] },
      ],
      [
        'only the first of two users',
        [...as('jane'), ...as('root')],
        { username: 'jane', groups: ['system:authenticated'] },
      ],
      [
        'names beyond ASCII',
        as(Buffer.from('jäne', 'utf8').toString('latin1')),
        { username: 'jäne', groups: ['system:authenticated'] },
      ],
      [
        'system:unauthenticated as it is',
        as('jane', 'system:unauthenticated'),
        { username: 'jane', groups: ['system:unauthenticated'] },
      ],
    ])('takes %s', async (_, headers, userInfo) => {
      const { json } = await whoAmI(headers);
      expect(at(json, 'status', 'userInfo') ?? textAt(json, 'message')).toEqual(
        // system:unauthenticated may create no review: the refusal shows who it was.
        userInfo.groups.includes('system:unauthenticated')
          ? 'selfsubjectreviews.authentication.k8s.io is forbidden: User "jane" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope'
          : userInfo,
      );
    });

    it.each([
      ['groups without a user', ['impersonate-group', 'x'], 400],
      ['extra without a user', ['impersonate-extra-oid', 'x'], 400],
      ['a uid without a user', ['impersonate-uid', 'x'], 400],
      ['an extra key that it was not given', [...as('jane'), 'impersonate-extra-other', 'x'], 403],
      ['a ServiceAccount, which is no plain user', as('system:serviceaccount:kube-system:default'), 403],
    ])('refuses %s', async (_, headers, status) => {
      expect((await whoAmI(headers)).status).toBe(status);
    });

    it('runs as the agent itself when Impersonate-User is empty: the failure that a proxy must prevent', async () => {
      const { json } = await whoAmI(['impersonate-user', '']);
      expect(textAt(json, 'status', 'userInfo', 'username')).toBe(AGENT);
    });

    it('judges the impersonated user, not the agent', async () => {
      const options = { token: standin.server.agentToken, headers: as('someone', 'devs') };
      expect((await standin.call('GET', `${CORE}/configmaps`, options)).status).toBe(200);
      const written = await standin.call('POST', `${CORE}/configmaps`, { ...options, body: configMap('no') });
      expect(textAt(written.json, 'message')).toContain('User "someone" cannot create resource "configmaps"');
      const record = standin.records.at(-1);
      expect(record).toMatchObject({
        user: AGENT,
        verb: 'create',
        refused: 403,
        impersonatedUser: { name: 'someone' },
      });
    });

    it('lets a user who may not impersonate do it not', async () => {
      const { json } = await standin.call('POST', `${CORE}/serviceaccounts/default/token`, { body: {} });
      const token = textAt(json, 'status', 'token');
      const answer = await standin.call('GET', '/version', { token, headers: as('jane') });
      expect(textAt(answer.json, 'message')).toBe(
        'users "jane" is forbidden: User "system:serviceaccount:default:default" cannot impersonate resource "users" in API group "" at the cluster scope',
      );
    });

    it('gives an impersonated ServiceAccount its groups, where that is allowed', async () => {
      const headers = as('system:serviceaccount:kube-system:default');
      const { json } = await standin.call('POST', WHO_AM_I, { body: {}, headers });
      expect(at(json, 'status', 'userInfo', 'groups')).toEqual([
        'system:serviceaccounts',
        'system:serviceaccounts:kube-system',
        'system:authenticated',
      ]);
    });
  });
});
