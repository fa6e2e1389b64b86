// kubectl --as, --as-group and --as-uid: through the relay as directly, for what RBAC allows and for what it does not.
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { IMPERSONATED_BY } from '../../auth/index.ts';
import type { KubeconfigUser } from '../../demo/control-plane/index.ts';
import { bindMissingRole, createRights, NAMESPACE, OTHER_NAMESPACE, ROBOT } from './act-as-rights.ts';
import { configMap, incompressibleText } from './cluster-objects.ts';
import { certificateOf, certificatePair } from './direct-user.ts';
import { startPod } from './kubelet/index.ts';
import type { Kubectl, KubectlResult, KubectlRun } from './kubectl.ts';
import { startRelay } from './relay-fixture.ts';
import type { KubectlPair, Relay } from './relay-fixture.ts';
import { STREAM_TRANSPORTS } from './transports.ts';

let relay: Relay;
let bob: KubectlPair;

beforeAll(async () => {
  relay = await startRelay();
  await createRights(relay.admin, relay.user('bob').objectId);
  bob = certificatePair(relay, 'bob');
});
afterAll(() => relay.close());

async function expectSame(args: readonly string[], pair = bob, run?: KubectlRun): Promise<KubectlResult> {
  const direct = await pair.direct.run(args, run);
  expect(await pair.relayed.run(args, run)).toEqual(direct);
  return direct;
}

const GET = ['get', 'configmap', 'settings', '-n', NAMESPACE, '-o', 'jsonpath={.data}'];
const FOUND = { stdout: '{"mode":"fast"}', stderr: '', exitCode: 0 };
const carolWith = (extra: Readonly<Record<string, readonly string[]>>): KubeconfigUser => ({
  as: 'carol',
  'as-user-extra': extra,
});

describe('who may act as somebody else', () => {
  test.each([
    ['a user', ['--as', 'carol']],
    ['a user in a group', ['--as', 'carol', '--as-group', 'act-as-readers']],
    ['a user with a uid', ['--as', 'carol', '--as-uid', 'uid-1']],
    ['a ServiceAccount', ['--as', ROBOT]],
    ['all of it at once', ['--as', 'carol', '--as-group', 'act-as-readers', '--as-uid', 'uid-1']],
  ])('acts as %s, and sees what is seen directly', async (_, flags) => {
    expect(await expectSame([...GET, ...flags])).toEqual(FOUND);
  });

  test.each([
    ['one', { 'example.com/team': ['blue'] }],
    ['one with two values, one of them not ASCII', { 'example.com/team': ['blue', 'Grün'] }],
    ['one whose key has to be escaped', { '50% of': ['blue'] }],
  ])('acts as a user with extra: %s', async (_, extra) => {
    expect(await expectSame(GET, certificatePair(relay, 'bob', { more: carolWith(extra) }))).toEqual(FOUND);
  });

  test('is refused what the other one may not, in the same words', async () => {
    const flags = ['--as', 'Zoë "<&>" 世界'];
    const { stderr } = await expectSame(['get', 'pods', '-n', OTHER_NAMESPACE, ...flags]);
    expect(stderr).toContain('cannot list resource "pods"');
    expect(stderr).toContain('Zoë');
  });

  test.each([
    ['can-i', ['auth', 'can-i', 'delete', 'configmaps', '-n', NAMESPACE], 'yes\n'],
    ['can-i about what is refused', ['auth', 'can-i', 'get', 'secrets', '-n', NAMESPACE], 'no\n'],
    ['can-i --list', ['auth', 'can-i', '--list', '-n', NAMESPACE], 'configmaps'],
    ['whoami’s name', ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'], 'carol'],
  ])('asks %s about the other one', async (_, args, text) => {
    expect((await expectSame([...args, '--as', 'carol'])).stdout).toContain(text);
  });

  test('is to the apiserver the other one, whose one extra more names who acts', async () => {
    const flags = ['--as', 'carol', '--as-group', 'act-as-readers', '--as-uid', 'uid-1'];
    const pair = certificatePair(relay, 'bob', { more: carolWith({ 'example.com/team': ['blue'] }) });
    const args = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo}', ...flags];
    const read = async (kubectl: Kubectl): Promise<unknown> => JSON.parse((await kubectl.run(args)).stdout);
    const userInfo = {
      username: 'carol',
      uid: 'uid-1',
      groups: ['act-as-readers', 'system:authenticated'],
      extra: { 'example.com/team': ['blue'] },
    };
    expect(await read(pair.direct)).toEqual(userInfo);
    const extra = { ...userInfo.extra, [IMPERSONATED_BY]: [relay.user('bob').objectId] };
    expect(await read(pair.relayed)).toEqual({ ...userInfo, extra });
  });

  test('writes a body of half a megabyte, watches what comes of it, and deletes it', async () => {
    const watching = bob.relayed.start([
      'get',
      'configmaps',
      '-n',
      NAMESPACE,
      '-w',
      '-o',
      'name',
      '--as',
      'carol',
    ]);
    await watching.printed((stdout) => stdout.includes('configmap/settings'));
    const large = configMap('large', { text: incompressibleText(512 * 1024, 7) });
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...large });
    const flags = ['-n', NAMESPACE, '--as', 'carol'];
    const created = await bob.relayed.run(['create', '-f', '-', ...flags], { input });
    expect(created).toEqual({ stdout: 'configmap/large created\n', stderr: '', exitCode: 0 });
    await watching.printed((stdout) => stdout.includes('configmap/large'));
    watching.interrupt();
    await watching.ended;
    expect(await bob.relayed.run(['delete', 'configmap', 'large', ...flags])).toMatchObject({ exitCode: 0 });
  });

  test('runs a command in a pod, over each protocol', async () => {
    await startPod(relay.admin, { namespace: NAMESPACE, name: 'shell' });
    for (const transport of STREAM_TRANSPORTS.filter(({ route }) => route === 'name')) {
      const pair = certificatePair(relay, 'bob', { transport });
      const args = ['exec', '-i', 'shell', '-n', NAMESPACE, '--as', 'carol', '--', 'sh', '-c', 'cat; exit 3'];
      const result = await expectSame(args, pair, { input: 'to and fro\n' });
      expect([transport.name, result.stdout, result.exitCode], result.stderr).toEqual([
        transport.name,
        'to and fro\n',
        3,
      ]);
      const refused = await expectSame(
        ['exec', 'shell', '-n', NAMESPACE, '--as', 'dave', '--', 'true'],
        pair,
      );
      expect(refused.stderr).toContain('users "dave" is forbidden');
    }
  });

  test('stands in the audit log behind the other one, with the questions that the agent asked', async () => {
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps/as-carol`;
    await bob.relayed.run(['get', '--raw', path, '--as', 'carol', '--as-group', 'act-as-readers']);
    const event = await relay.auditLog.waitFor(({ requestUri }) => requestUri === path);
    const agent = inject('controlPlane').agentUser;
    expect(event.user.username).toBe(agent);
    expect(event.impersonatedUser).toEqual({
      username: 'carol',
      uid: '',
      groups: ['act-as-readers', 'system:authenticated'],
      extra: { [IMPERSONATED_BY]: [relay.user('bob').objectId] },
    });
    const questions = (await relay.auditLog.events()).filter(
      ({ auditId, requestUri }) => auditId === event.auditId && requestUri !== path,
    );
    expect(questions.map(({ requestUri, user }) => [requestUri, user.username])).toEqual(
      Array.from({ length: 2 }, () => ['/apis/authorization.k8s.io/v1/subjectaccessreviews', agent]),
    );
  });
});

const REFUSED: readonly (readonly [string, readonly string[], string])[] = [
  ['a user', ['--as', 'dave'], 'users "dave" is forbidden'],
  ['a name that is no ServiceAccount’s', ['--as', 'system:serviceaccount:act-as'], 'resource "users"'],
  [
    'a ServiceAccount of another namespace',
    ['--as', `system:serviceaccount:${OTHER_NAMESPACE}:robot`],
    'in the namespace',
  ],
  ['an odd name', ['--as', 'a"b\\c<d>&é\u00a0\u200b世界🌍'], '\\u00a0\\u200b'],
  ['a group', ['--as', 'carol', '--as-group', 'system:masters'], 'groups "system:masters" is forbidden'],
  [
    'the second of two groups',
    ['--as', 'carol', '--as-group', 'act-as-readers', '--as-group', 'a, b'],
    'groups "a, b"',
  ],
  ['an empty group', ['--as', 'carol', '--as-group', ''], 'groups is forbidden'],
  ['a user before a group', ['--as', 'dave', '--as-group', 'system:masters'], 'users "dave"'],
  ['a group before a uid', ['--as', 'carol', '--as-group', 'x', '--as-uid', 'y'], 'groups "x"'],
  ['a uid', ['--as', 'carol', '--as-uid', 'uid-2'], 'uids.authentication.k8s.io "uid-2" is forbidden'],
  [
    'the agent itself',
    ['--as', 'system:serviceaccount:cluster-connect:cluster-connect-agent'],
    'resource "serviceaccounts"',
  ],
];

describe('who may not act as somebody else', () => {
  test.each(REFUSED)('reads about %s what is read directly', async (_, flags, text) => {
    const result = await expectSame([...GET, ...flags]);
    expect(result.stderr).toContain(text);
    expect(result).toMatchObject({ stdout: '', exitCode: 1 });
  });

  test.each([
    ['a value', { 'example.com/team': ['red'] }, 'resource "userextras/example.com/team"'],
    ['a key', { 'example.com/other': ['blue'] }, 'userextras.authentication.k8s.io "blue" is forbidden'],
    ['a key that has to be escaped', { 'é <b>': ['blue'] }, 'resource "userextras/é &lt;b&gt;"'],
  ])('reads about %s of extra what is read directly', async (_, extra, text) => {
    // Raw, for kubectl reads no error of a discovery that it has not done before.
    const pair = certificatePair(relay, 'bob', { more: carolWith(extra) });
    const result = await expectSame(['get', '--raw', '/api'], pair);
    expect(result.stderr).toContain(text);
    expect(result.exitCode).toBe(1);
  });

  test('gets the apiserver’s own bytes', async () => {
    const headers = { 'impersonate-user': 'carol', 'impersonate-extra-example.com%2fteam': '<red>' };
    const { server, caPem } = inject('controlPlane');
    const { certificatePem: cert, privateKeyPem: key } = certificateOf(relay, 'bob');
    const direct = await get(`${server}/api`, { ca: caPem, cert, key, headers });
    const authorization = `Bearer ${relay.entra.issueToken({ user: 'bob' })}`;
    const relayed = await get(`${relay.gateway.url}/clusters/harbour/api`, {
      ca: relay.gateway.authorityPem,
      headers: { ...headers, authorization },
    });
    expect(direct.status).toBe(403);
    expect(relayed).toEqual(direct);
  });

  test('reads the authorizer’s reason, where it has one', async () => {
    await bindMissingRole(relay.admin, relay.user('bob').objectId);
    const { stderr } = await expectSame([...GET, '--as', 'dave']);
    expect(stderr).toContain('at the cluster scope: RBAC: clusterrole');
  });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function get(url: string, options: Parameters<typeof request>[1]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...options, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString('latin1'),
        }),
      );
    });
    outgoing.end();
  });
}
