import { beforeEach, expect, it, vi } from 'vitest';
import { AuthError } from '../../auth/index.ts';
import type { EntraSettings } from '../../auth/index.ts';
import { readEntraClaims } from '../../auth/entra-claims.ts';
import { WITHOUT_GROUPS_RECHECK_MS } from '../../auth/limits.ts';
import { groupsOfToken } from '../../auth/token-groups.ts';
import { codeOf } from './authority-double.ts';

const OID = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const TENANT = '7c6f0e1a-2b3c-4d5e-8f90-a1b2c3d4e5f6';
const GROUP = '6f1c0a52-93d4-4c6b-8a0e-2f5b7d9e1a01';
const BASE = { ver: '2.0', iss: 'i', aud: 'a', tid: TENANT, oid: OID, sub: 's', iat: 1, nbf: 1, exp: 2 };
const FEW = readEntraClaims({ ...BASE, groups: [GROUP] });
const OVER = readEntraClaims({ ...BASE, groups: [GROUP], _claim_names: { groups: 'src1' } });

const graph = (
  whenUnavailable: 'fail' | 'without-groups',
): Pick<EntraSettings, 'groupsOverage' | 'graph'> => ({
  groupsOverage: 'graph',
  graph: { clientId: OID, clientSecretFile: '/nowhere', whenUnavailable },
});

const groupsOf = vi.fn<(principal: object) => Promise<readonly string[]>>();
const lookup = { groupsOf, close: () => Promise.resolve() };
beforeEach(() => void groupsOf.mockReset());

it('groups that are in the token are taken from it, and nobody is asked', async () => {
  expect(await groupsOfToken(FEW, 'user', graph('fail'), lookup)).toEqual({ groups: [GROUP] });
  expect(groupsOf).not.toHaveBeenCalled();
});

it('J11: groups that did not fit are refused, or left out where the setting says so', async () => {
  expect(await codeOf(() => groupsOfToken(OVER, 'user', { groupsOverage: 'fail' }, undefined))).toBe(
    'CC_ERR_AUTH_GROUPS_OVERAGE',
  );
  const without = await groupsOfToken(OVER, 'user', { groupsOverage: 'without-groups' }, undefined);
  expect(without).toEqual({ groups: [] });
});

it.each([['user'], ['application']] as const)('Graph is asked for those of a %s', async (kind) => {
  groupsOf.mockResolvedValue(['g']);
  expect(await groupsOfToken(OVER, kind, graph('fail'), lookup)).toEqual({ groups: ['g'] });
  expect(groupsOf).toHaveBeenCalledExactlyOnceWith({ tenantId: TENANT, objectId: OID, kind });
});

it('while Graph is down the token is refused for now, or goes on without groups for a minute', async () => {
  groupsOf.mockRejectedValue(new AuthError('CC_ERR_AUTH_GRAPH_UNAVAILABLE', 'down'));
  expect(await codeOf(() => groupsOfToken(OVER, 'user', graph('fail'), lookup))).toBe(
    'CC_ERR_AUTH_GRAPH_UNAVAILABLE',
  );
  const before = Date.now();
  const { groups, recheckAtMs = 0 } = await groupsOfToken(OVER, 'user', graph('without-groups'), lookup);
  expect(groups).toEqual([]);
  expect(recheckAtMs).toBeGreaterThanOrEqual(before + WITHOUT_GROUPS_RECHECK_MS);
});
