// The agent's group filter with a real apiserver: what it lists and watches there, what it then sends for somebody in 5,000
// groups, and how much of them the apiserver takes without it.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { VerifiedToken } from '../../auth/index.ts';
import { impersonationHeaders } from '../../auth/index.ts';
import { createApiserverClient } from '../../demo/control-plane/index.ts';
import type { ApiserverClient } from '../../demo/control-plane/index.ts';
import { errorCode, silentLogger } from '../../observe/index.ts';
import { createGroupFilter } from '../../relay-agent/groups/index.ts';
import type { GroupFilter } from '../../relay-agent/groups/index.ts';
import { readApiserver } from '../../relay-agent/groups/apiserver-read.ts';
import { watchServiceAccountToken } from '../../relay-agent/service-account.ts';
import type { ServiceAccountToken } from '../../relay-agent/service-account.ts';
import { createUpstream } from '../../relay-agent/upstream.ts';
import type { Upstream } from '../../relay-agent/upstream.ts';
import { createNamespace } from './cluster-objects.ts';

const API = 'rbac.authorization.k8s.io';
const RBAC = `/apis/${API}/v1`;
const NAMESPACE = 'group-filter';

let admin: ApiserverClient;
let upstream: Upstream;
let serviceAccount: ServiceAccountToken;
let filter: GroupFilter;

beforeAll(async () => {
  const { server, caPem, agentTokenFile } = inject('controlPlane');
  admin = createApiserverClient(inject('controlPlane'));
  await createNamespace(admin, NAMESPACE);
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await admin.create(bindings, roleBinding(name, [randomUUID()]));
  await admin.create(`${RBAC}/namespaces/${NAMESPACE}/roles`, {
    apiVersion: `${API}/v1`,
    kind: 'Role',
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
  });
  upstream = createUpstream({ server, ca: caPem, tokenFile: agentTokenFile });
  serviceAccount = await watchServiceAccountToken(agentTokenFile, silentLogger);
  // Several pages, and a watch that ends and goes on while the test runs.
  const limits = { PAGE_SIZE: 2, WATCH_SECONDS: 1 };
  filter = createGroupFilter({ upstream, serviceAccount, logger: silentLogger, limits });
  await soon(() => expect(filter.isSynced).toBe(true));
});
afterAll(async () => {
  filter.close();
  serviceAccount.close();
  await upstream.close();
  admin.close();
});

const bindings = `${RBAC}/namespaces/${NAMESPACE}/rolebindings`;

const soon = (look: () => unknown): Promise<unknown> => vi.waitFor(look, { timeout: 10_000, interval: 20 });

function roleBinding(name: string, groups: readonly string[]): object {
  return {
    apiVersion: `${API}/v1`,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: API, kind: 'Role', name: 'reader' },
    subjects: groups.map((group) => ({ apiGroup: API, kind: 'Group', name: group })),
  };
}

/** Somebody with that many groups, as the verifier leaves him. */
function somebody(count: number): VerifiedToken {
  const groups = Array.from({ length: count }, () => randomUUID());
  const objectId = randomUUID();
  const user = { name: objectId, uid: '', groups, extra: { oid: [objectId] } };
  return {
    kind: 'user',
    tenantId: randomUUID(),
    objectId,
    applicationId: randomUUID(),
    tokenId: '',
    groups,
    expiresAtMs: Infinity,
    recheckAtMs: Infinity,
    user,
    impersonation: impersonationHeaders(user),
  };
}

function groupsIn(headers: readonly string[]): string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === 'impersonate-group');
}

/** The status of a request in the name of whoever the headers say, as the agent sends it. */
function statusAs(headers: readonly string[], target: string): Promise<number> {
  const acting: Upstream = {
    ...upstream,
    dispatch: (request, handler) =>
      upstream.dispatch({ ...request, headers: [...request.headers, ...headers] }, handler),
  };
  return readApiserver(acting, {
    target,
    authorization: serviceAccount.authorization(),
    signal: AbortSignal.timeout(30_000),
    onData: () => undefined,
  });
}

const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

describe('bindings', () => {
  test('are noticed when they are created, changed and deleted, of both kinds', async () => {
    const many = somebody(5_000);
    const [first = '', second = '', third = ''] = many.groups;
    const kept = (): string[] => groupsIn(filter.impersonationOf(many));
    expect(kept()).toEqual([]);

    await admin.create(bindings, roleBinding('noticed', [first, second]));
    await soon(() => expect(kept()).toEqual([first, second]));
    await admin.create(`${RBAC}/clusterrolebindings`, {
      ...roleBinding('group-filter-noticed', [third]),
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: API, kind: 'ClusterRole', name: 'view' },
    });
    await soon(() => expect(kept()).toEqual([first, second, third]));
    const changed = await admin.send('PUT', `${bindings}/noticed`, roleBinding('noticed', [second]));
    expect(changed.status).toBe(200);
    await soon(() => expect(kept()).toEqual([second, third]));
    await admin.send('DELETE', `${bindings}/noticed`);
    await admin.send('DELETE', `${RBAC}/clusterrolebindings/group-filter-noticed`);
    await soon(() => expect(kept()).toEqual([]));
  });

  test('that name one of 5,000 groups let that user in, and let him in no longer when they are gone', async () => {
    const many = somebody(5_000);
    const bound = many.groups[4_321] ?? '';
    expect(await statusAs(filter.impersonationOf(many), CONFIG_MAPS)).toBe(403);
    await admin.create(bindings, roleBinding('lets-in', [bound]));
    await soon(() => expect(groupsIn(filter.impersonationOf(many))).toEqual([bound]));
    // The authorizer hears of it by a watch of its own.
    await soon(async () => expect(await statusAs(filter.impersonationOf(many), CONFIG_MAPS)).toBe(200));
    await admin.send('DELETE', `${bindings}/lets-in`);
    await soon(async () => expect(await statusAs(filter.impersonationOf(many), CONFIG_MAPS)).toBe(403));
  });
});

describe('without the filter', () => {
  test('2,000 groups pass, and 5,000 are more than the agent puts into a head', async () => {
    expect(await statusAs(somebody(2_000).impersonation, CONFIG_MAPS)).toBe(403);
    const tooMany = await statusAs(somebody(5_000).impersonation, CONFIG_MAPS).catch(errorCode);
    expect(tooMany).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
    // Nobody else's requests suffer.
    expect(await statusAs(somebody(1).impersonation, CONFIG_MAPS)).toBe(403);
  });

  test('the apiserver itself takes 10,000, as many as a lookup gives, and not 20,000', async () => {
    const send = async (count: number): Promise<number | undefined> => {
      const { server, caPem: ca } = inject('controlPlane');
      const authorization = ['authorization', serviceAccount.authorization()];
      const headers = ['host', new URL(server).host, ...authorization, ...somebody(count).impersonation];
      const sent = request(`${server}${CONFIG_MAPS}`, { ca, headers, agent: false });
      const [answer]: IncomingMessage[] = await once(sent.end(), 'response');
      answer?.resume();
      return answer?.statusCode;
    };
    expect(await send(10_000)).toBe(403);
    expect(await send(20_000)).toBe(431);
  });
});

describe('the role for it', () => {
  test.each([
    ['list', 'rolebindings', true],
    ['watch', 'clusterrolebindings', true],
    ['create', 'rolebindings', false],
    ['update', 'clusterrolebindings', false],
    ['list', 'roles', false],
    ['bind', 'clusterroles', false],
  ])('to %s %s: %s', async (verb, resource, allowed) => {
    const spec = {
      user: inject('controlPlane').agentUser,
      resourceAttributes: { verb, group: API, resource },
    };
    const review = await admin.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec,
    });
    expect(review).toMatchObject({ status: { allowed } });
  });
});
