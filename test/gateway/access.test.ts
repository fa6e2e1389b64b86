// The gateway's admission, as tables: who gets which role where.
import { describe, expect, it } from 'vitest';
import type { PrincipalKind, VerifiedToken } from '../../auth/index.ts';
import { createAccessPolicy } from '../../gateway/access.ts';
import type { AccessRole, AccessRule } from '../../gateway/config.ts';
import { verifiedToken } from '../support/verified-token.ts';

const ALICE = 'aaaaaaaa-0000-4000-8000-000000000001';
const BOB = 'bbbbbbbb-0000-4000-8000-000000000002';
const GROUP = 'cccccccc-0000-4000-8000-000000000003';
const APP = 'dddddddd-0000-4000-8000-000000000004';
const APP_OBJECT = 'eeeeeeee-0000-4000-8000-000000000005';

function tokenOf(
  kind: PrincipalKind,
  ids: Partial<Pick<VerifiedToken, 'objectId' | 'applicationId' | 'groups'>>,
) {
  return verifiedToken({ kind, objectId: BOB, ...ids });
}

function rule(clusters: readonly string[], role: AccessRole, whom: Partial<AccessRule>): AccessRule {
  return { clusters, role, users: [], groups: [], applications: [], ...whom };
}

interface Row {
  readonly name: string;
  readonly rules: readonly AccessRule[];
  readonly token: VerifiedToken;
  readonly cluster?: string;
  readonly role: AccessRole | undefined;
}

const user = (objectId: string, groups: readonly string[] = []) => tokenOf('user', { objectId, groups });
const application = (ids: Parameters<typeof tokenOf>[1]) => tokenOf('application', ids);

const rows: readonly Row[] = [
  { name: 'nobody without rules', rules: [], token: user(ALICE), role: undefined },
  {
    name: 'a named user',
    rules: [rule(['a'], 'user', { users: [ALICE] })],
    token: user(ALICE),
    role: 'user',
  },
  {
    name: 'no other user',
    rules: [rule(['a'], 'user', { users: [ALICE] })],
    token: user(BOB),
    role: undefined,
  },
  {
    name: 'no other cluster',
    rules: [rule(['b', 'a-b'], 'user', { users: [ALICE] })],
    token: user(ALICE),
    role: undefined,
  },
  {
    name: 'every cluster by *',
    rules: [rule(['*'], 'viewer', { users: [ALICE] })],
    token: user(ALICE),
    role: 'viewer',
  },
  {
    name: 'nothing for a cluster called * in the request',
    rules: [rule(['a'], 'admin', { users: [ALICE] })],
    token: user(ALICE),
    cluster: '*',
    role: undefined,
  },
  {
    name: 'a user whose id differs in case',
    rules: [rule(['a'], 'user', { users: [ALICE.toUpperCase()] })],
    token: user(ALICE),
    role: 'user',
  },
  {
    name: 'a token whose id differs in case',
    rules: [rule(['a'], 'user', { users: [ALICE] })],
    token: user(ALICE.toUpperCase()),
    role: 'user',
  },
  {
    name: 'a member of a group',
    rules: [rule(['a'], 'user', { groups: [GROUP] })],
    token: user(BOB, [GROUP.toUpperCase()]),
    role: 'user',
  },
  {
    name: 'an application in a group',
    rules: [rule(['a'], 'user', { groups: [GROUP] })],
    token: application({ groups: [GROUP] }),
    role: 'user',
  },
  {
    name: 'nobody outside a group',
    rules: [rule(['a'], 'user', { groups: [GROUP] })],
    token: user(BOB),
    role: undefined,
  },
  {
    name: 'no user whose object id is a group',
    rules: [rule(['a'], 'user', { groups: [GROUP] })],
    token: user(GROUP),
    role: undefined,
  },
  {
    name: 'no user whose group is listed as a user',
    rules: [rule(['a'], 'user', { users: [GROUP] })],
    token: user(BOB, [GROUP]),
    role: undefined,
  },
  {
    name: 'an application by its client id',
    rules: [rule(['a'], 'user', { applications: [APP] })],
    token: application({ objectId: APP_OBJECT, applicationId: APP }),
    role: 'user',
  },
  {
    name: 'an application by its object id',
    rules: [rule(['a'], 'user', { applications: [APP_OBJECT] })],
    token: application({ objectId: APP_OBJECT, applicationId: APP }),
    role: 'user',
  },
  {
    name: 'no user who came through a listed application',
    rules: [rule(['a'], 'user', { applications: [APP] })],
    token: tokenOf('user', { applicationId: APP }),
    role: undefined,
  },
  {
    name: 'no application whose object id is listed as a user',
    rules: [rule(['a'], 'user', { users: [APP_OBJECT] })],
    token: application({ objectId: APP_OBJECT, applicationId: APP }),
    role: undefined,
  },
  {
    name: 'no application without an id by an empty rule entry',
    rules: [rule(['a'], 'user', { users: [''], groups: [''], applications: [''] })],
    token: application({ applicationId: '' }),
    role: undefined,
  },
  {
    name: 'the highest of several roles, whatever their order',
    rules: [
      rule(['a'], 'user', { groups: [GROUP] }),
      rule(['a'], 'admin', { users: [ALICE] }),
      rule(['*'], 'viewer', { users: [ALICE] }),
    ],
    token: user(ALICE, [GROUP]),
    role: 'admin',
  },
  {
    name: 'a higher role by * over a lower one by name',
    rules: [rule(['*'], 'user', { users: [ALICE] }), rule(['a'], 'viewer', { users: [ALICE] })],
    token: user(ALICE),
    role: 'user',
  },
  {
    name: 'nothing for a name of Object.prototype',
    rules: [rule(['a'], 'user', { users: [ALICE] })],
    token: user('constructor'),
    cluster: '__proto__',
    role: undefined,
  },
];

describe('createAccessPolicy admits', () => {
  it.each(rows)('$name', ({ rules, token, cluster = 'a', role }) => {
    const policy = createAccessPolicy(rules);
    expect(policy.roleFor(cluster, token)).toBe(role);
    // Once more from memory.
    expect(policy.roleFor(cluster, token)).toBe(role);
  });

  it('each token by itself, and each cluster of one token by itself', () => {
    const policy = createAccessPolicy([
      rule(['a'], 'viewer', { users: [ALICE] }),
      rule(['b'], 'admin', { users: [ALICE] }),
      rule(['a'], 'user', { users: [BOB] }),
    ]);
    const alice = user(ALICE);
    const bob = user(BOB);
    const asked = (token: VerifiedToken) => ['a', 'b', 'c'].map((cluster) => policy.roleFor(cluster, token));
    for (let round = 0; round < 2; round += 1) {
      expect(asked(alice)).toEqual(['viewer', 'admin', undefined]);
      expect(asked(bob)).toEqual(['user', undefined, undefined]);
    }
  });
});
