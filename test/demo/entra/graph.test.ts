// The double's Graph answers as Graph documents it: permissions, pages, kinds of members, refusals, throttling.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGraph } from '../../../demo/entra/graph.ts';
import type { Graph, GraphAnswer } from '../../../demo/entra/graph.ts';
import { createSigningKey, createTenant, DEFAULT_DIRECTORY } from '../../../demo/entra/index.ts';
import type { DirectoryApp, Tenant } from '../../../demo/entra/index.ts';

const ORIGIN = 'https://entra.example';
const [someUser, someApp] = [DEFAULT_DIRECTORY.users[0], DEFAULT_DIRECTORY.apps[0]];
if (someUser === undefined || someApp === undefined) throw new Error('an empty directory');

const groups = Array.from(
  { length: 2_500 },
  (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
);
const team = groups[3] ?? '';
const user = { ...someUser, groups };
const app: DirectoryApp = {
  ...someApp,
  displayName: 'reader',
  secret: 'x',
  groups: groups.slice(0, 5),
  graphPermissions: ['GroupMember.Read.All', 'Application.Read.All'],
};
const USER_LIST = `/v1.0/users/${user.objectId}/transitiveMemberOf`;

let tenant: Tenant;
let graph: Graph;
let token: string;

const tokenOf = (graphPermissions: readonly string[], identifier = ORIGIN): string =>
  tenant.issueToken({ app: { ...app, graphPermissions }, resource: { kind: 'graph', identifier } });

beforeAll(() => {
  tenant = createTenant({ origin: ORIGIN, directory: { users: [user], apps: [app] } });
  token = tokenOf(app.graphPermissions ?? []);
});
beforeEach(() => {
  graph = createGraph({ tenant, notSecurityEnabled: [team] });
});

interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly body?: string;
}

function ask(path: string, { method = 'GET', body = '', ...asked }: Asked = {}): GraphAnswer {
  const authorization = asked.token === '' ? '' : `Bearer ${asked.token ?? token}`;
  const answer = graph.answer({ method, url: new URL(path, ORIGIN), authorization, body });
  if (answer === undefined) throw new Error('not a path of Graph');
  return answer;
}

const field = (answer: GraphAnswer, name: string): unknown => Object(answer.body)[name];
const members = (answer: GraphAnswer): readonly Record<string, unknown>[] => {
  const value = field(answer, 'value');
  return Array.isArray(value) ? value : [];
};
const ids = (answer: GraphAnswer): unknown[] => members(answer).map(({ id }) => id);
const code = ({ status, body }: GraphAnswer): string =>
  `${status} ${String(Object(Object(body).error).code)}`;

describe('a list of memberships', () => {
  it('has 100 members on a page, a kind for each, and a link to the next page', () => {
    const first = ask(USER_LIST);
    expect(members(first)).toHaveLength(100);
    expect(members(first)[0]).toEqual({
      '@odata.type': '#microsoft.graph.administrativeUnit',
      id: expect.any(String),
    });
    expect(members(first)[4]).toEqual({
      '@odata.type': '#microsoft.graph.group',
      id: team,
      securityEnabled: false,
    });
    const next = new URL(String(field(first, '@odata.nextLink')));
    expect([next.origin, next.pathname]).toEqual([ORIGIN, USER_LIST]);
  });

  it('has as many as $top asks for up to 999, what $select asks for, and all of them in the end', () => {
    let path = `${USER_LIST}/microsoft.graph.group?$select=id&$top=999`;
    const all: unknown[] = [];
    const sizes: number[] = [];
    while (path !== '') {
      const page = ask(path);
      all.push(...ids(page));
      sizes.push(members(page).length);
      expect(members(page)[0]).not.toHaveProperty('securityEnabled');
      const next = field(page, '@odata.nextLink');
      path = typeof next === 'string' ? next : '';
    }
    expect(all).toEqual(groups);
    expect(sizes).toEqual([999, 999, 502]);
    expect(code(ask(`${USER_LIST}?$top=1000`))).toBe('400 Request_UnsupportedQuery');
  });

  it('has small pages where the double is told so', () => {
    graph = createGraph({ tenant, maxPageSize: 7 });
    expect(members(ask(`${USER_LIST}?$top=999`))).toHaveLength(7);
  });

  it('is there for service principals, and not for whom the directory has not', () => {
    const path = `/v1.0/servicePrincipals/${app.objectId}/transitiveMemberOf`;
    expect(ids(ask(path)).slice(1)).toEqual(app.groups);
    expect(code(ask(path.replace('servicePrincipals', 'users')))).toBe('404 Request_ResourceNotFound');
  });

  it('is in one piece from getMemberGroups', () => {
    const path = `/v1.0/users/${user.objectId}/getMemberGroups`;
    const post = (securityEnabledOnly: unknown): GraphAnswer =>
      ask(path, { method: 'POST', body: JSON.stringify({ securityEnabledOnly }) });
    expect(field(post(false), 'value')).toEqual(groups);
    expect(field(post(true), 'value')).toEqual(groups.filter((id) => id !== team));
    for (const body of ['{}', '', 'null']) {
      expect(code(ask(path, { method: 'POST', body }))).toBe('400 Request_BadRequest');
    }
    expect(code(ask(path))).toBe('400 BadRequest');
  });
});

describe('without permission', () => {
  it.each([
    ['users', [], '403 Authorization_RequestDenied'],
    ['users', ['Application.Read.All'], '403 Authorization_RequestDenied'],
    ['servicePrincipals', ['GroupMember.Read.All'], '403 Authorization_RequestDenied'],
    ['users', ['Directory.Read.All'], '200 undefined'],
    ['servicePrincipals', ['Directory.Read.All'], '200 undefined'],
  ])('for %s with %j the answer is %s', (kind, permissions, answer) => {
    const id = kind === 'users' ? user.objectId : app.objectId;
    expect(code(ask(`/v1.0/${kind}/${id}/transitiveMemberOf`, { token: tokenOf(permissions) }))).toBe(answer);
  });

  it('to read groups, they are types and ids alone', () => {
    const answer = ask(USER_LIST, { token: tokenOf(['User.Read.All']) });
    expect(members(answer)[1]).toEqual({
      '@odata.type': '#microsoft.graph.group',
      id: groups[0],
      securityEnabled: null,
    });
  });
});

describe('a token', () => {
  it.each<[string, () => string]>([
    ['that is missing', () => ''],
    ['that is no token', () => 'x.y'],
    ['of three parts that mean nothing', () => 'x.y.z'],
    ['for another API', () => tenant.issueToken({ app })],
    [
      'of another tenant',
      () =>
        createTenant({ origin: ORIGIN, directory: { apps: [app] } }).issueToken({
          app,
          resource: { kind: 'graph', identifier: ORIGIN },
        }),
    ],
    [
      'that has expired',
      () => tenant.issueToken({ app, resource: { kind: 'graph', identifier: ORIGIN }, ttlSeconds: -1 }),
    ],
    [
      'that somebody else signed',
      () =>
        tenant.issueToken({
          app,
          resource: { kind: 'graph', identifier: ORIGIN },
          signWith: createSigningKey(),
        }),
    ],
  ])('%s is refused', (_, make) => {
    expect(code(ask(USER_LIST, { token: make() }))).toBe('401 InvalidAuthenticationToken');
  });

  it.each(['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000'])(
    'for %s passes',
    (identifier) => {
      expect(ask(USER_LIST, { token: tokenOf(['GroupMember.Read.All'], identifier) }).status).toBe(200);
    },
  );
});

describe('when it is told to', () => {
  it('fails, throttles, and is well again', () => {
    graph.misbehave('error-500');
    expect(ask(USER_LIST).status).toBe(500);
    graph.misbehave('throttle');
    expect(ask(USER_LIST)).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    graph.misbehave(undefined);
    expect(ask(USER_LIST).status).toBe(200);
  });

  it('leaves every other path to others', () => {
    const url = new URL(`${ORIGIN}/common/discovery/instance`);
    expect(graph.answer({ method: 'GET', url, authorization: '', body: '' })).toBeUndefined();
  });
});
