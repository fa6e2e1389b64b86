// The filter through the agent's own upstream, over TLS and both versions of HTTP, in front of the demo's apiserver and of
// one that writes down what it gets.
import { afterEach, describe, expect, it } from 'vitest';
import { startDemoApiserver } from '../../../demo/apiserver/index.ts';
import { silentLogger } from '../../../observe/index.ts';
import { createGroupFilter } from '../../../relay-agent/groups/index.ts';
import type { GroupFilter } from '../../../relay-agent/groups/index.ts';
import { createUpstream } from '../../../relay-agent/upstream.ts';
import { APISERVER_PROTOCOLS, startRecordingUpstream } from '../../support/recording-upstream.ts';
import { until } from '../../support/until.ts';
import { headersOf, list, somebody } from './bindings-double.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function filterOf(server: string, ca: string, token: string): GroupFilter {
  const upstream = createUpstream({ server, ca, tokenFile: '' });
  const serviceAccount = { authorization: () => `Bearer ${token}`, close: () => undefined };
  const filter = createGroupFilter({
    upstream,
    serviceAccount,
    logger: silentLogger,
    random: () => 0,
    limits: { PAGE_SIZE: 2 },
  });
  closers.push(() => upstream.close());
  closers.push(() => filter.close());
  return filter;
}

const RBAC = 'rbac.authorization.k8s.io';
const MANY = somebody(5_000);
const ROLE = 'cluster-connect-agent-group-filter';
const mayRead = [
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: ROLE },
    rules: [
      { apiGroups: [RBAC], resources: ['clusterrolebindings', 'rolebindings'], verbs: ['list', 'watch'] },
    ],
  },
  binding('ClusterRole', ROLE, [
    { kind: 'ServiceAccount', namespace: 'cluster-connect', name: 'cluster-connect-agent' },
  ]),
];

function binding(kind: 'ClusterRole' | 'Role', name: string, subjects: readonly object[]): object {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata: { name, ...(kind === 'Role' && { namespace: 'default' }) },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: kind === 'Role' ? 'view' : name },
    subjects,
  };
}

const groups = (...names: readonly string[]): object[] =>
  names.map((name) => ({ apiGroup: RBAC, kind: 'Group', name }));

describe('in front of the demo’s apiserver', () => {
  it('reads the bindings that are there, and notices those that come', async () => {
    const apiserver = await startDemoApiserver();
    closers.push(() => apiserver.close());
    apiserver.apply([
      ...mayRead,
      binding('Role', 'dev', groups('g1', 'g2')),
      binding('Role', 'ops', groups('g3')),
    ]);
    const filter = filterOf(apiserver.url, apiserver.caPem, apiserver.agentToken);
    await until(() => filter.isSynced);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf('g1', 'g2', 'g3'));
    apiserver.apply([binding('Role', 'late', groups('g4999'))]);
    await until(() => filter.impersonationOf(MANY).includes('g4999'));
  });

  it('without the role it stays without, says why, and goes on as soon as the role is there', async () => {
    const apiserver = await startDemoApiserver();
    closers.push(() => apiserver.close());
    const filter = filterOf(apiserver.url, apiserver.caPem, apiserver.agentToken);
    const refusal = (): string => {
      try {
        filter.impersonationOf(MANY);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    await until(() => refusal().includes(ROLE));
    apiserver.apply(mayRead);
    await until(() => filter.isSynced);
    expect(filter.impersonationOf(MANY)).toEqual(headersOf());
  });
});

describe.each(APISERVER_PROTOCOLS)('over %s', (apiserver) => {
  it('sends nothing but GETs of role bindings, with nothing of a client’s in them', async () => {
    const recording = await startRecordingUpstream({
      apiserver,
      answer: (request, response) => {
        const isWatch = request.url?.includes('watch=true') === true;
        response.writeHead(200, { 'content-type': 'application/json' });
        if (isWatch) response.write('\n');
        else response.end(JSON.stringify(list('1', [])));
      },
    });
    closers.push(() => recording.close());
    const filter = filterOf(recording.url, recording.caPem, 'agent');
    await until(() => filter.isSynced);
    expect(
      recording.requests.map(({ method, url }) => `${method} ${url.replace(/Seconds=\d+/, '')}`).toSorted(),
    ).toEqual(
      ['clusterrolebindings', 'rolebindings'].flatMap((resource) => [
        `GET /apis/${RBAC}/v1/${resource}?limit=2`,
        `GET /apis/${RBAC}/v1/${resource}?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeout`,
      ]),
    );
    for (const { rawHeaders, body } of recording.requests) {
      expect(rawHeaders.join('\n').toLowerCase()).not.toContain('impersonate');
      expect(rawHeaders).toContain('Bearer agent');
      expect(body).toBe('');
    }
  });
});
