import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AuthError, createEntraVerifier } from '../../auth/index.ts';
import type { EntraSettings, TokenVerifier } from '../../auth/index.ts';
import { readEntraClaims } from '../../auth/entra-claims.ts';
import { GROUPS_RECHECK_MS } from '../../auth/limits.ts';
import { groupsOfToken } from '../../auth/token-groups.ts';
import { createTenant } from '../../demo/entra/index.ts';
import { codeOf, createAuthorityDouble, ORIGIN, settingsFor } from './authority-double.ts';

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
  graph: { clientId: OID, clientSecretFile: '/nowhere', origin: ORIGIN, whenUnavailable },
});

const groupsOf = vi.fn<(principal: object) => Promise<readonly string[]>>();
const freshForMs = vi.fn<(principal: object) => number>();
const lookup = { groupsOf, freshForMs, close: () => Promise.resolve() };
beforeEach(() => {
  groupsOf.mockReset();
  freshForMs.mockReset().mockReturnValue(300_000);
});

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
  expect((await groupsOfToken(OVER, kind, graph('fail'), lookup)).groups).toEqual(['g']);
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
  expect(recheckAtMs).toBeGreaterThanOrEqual(before + GROUPS_RECHECK_MS);
});

it.each([
  ['new, is good for as long as it is', 300_000, 300_000],
  ['old, because Graph is down, is looked at again soon', 0, GROUPS_RECHECK_MS],
])('what Graph said that is %s', async (_how, freshMs, goodForMs) => {
  groupsOf.mockResolvedValue(['g']);
  freshForMs.mockReturnValue(freshMs);
  const before = Date.now();
  const { recheckAtMs = 0 } = await groupsOfToken(OVER, 'user', graph('fail'), lookup);
  expect(recheckAtMs).toBeGreaterThanOrEqual(before + goodForMs);
  expect(recheckAtMs).toBeLessThanOrEqual(Date.now() + goodForMs);
});

describe('a token whose groups are looked up', () => {
  const tenant = createTenant({ origin: ORIGIN });
  const many = {
    displayName: 'Many',
    userPrincipalName: 'many@contoso.example',
    objectId: OID,
    groups: Array.from({ length: 201 }, (_, index) => GROUP.slice(0, -3) + String(index).padStart(3, '0')),
  };
  const verifierWith = (changes: Partial<EntraSettings> = {}): TokenVerifier => {
    const { keyFetch } = createAuthorityDouble(tenant);
    const settings = settingsFor(tenant, { ...graph('fail'), ...changes });
    return createEntraVerifier(settings, { keyFetch, groupLookup: lookup, denyList });
  };
  let changed: () => void = () => undefined;
  const denyList = {
    denies: () => false,
    onChange: (listener: () => void) => {
      changed = listener;
    },
  };

  it('is judged again when what it was judged by changed meanwhile', async () => {
    groupsOf.mockImplementationOnce(async () => {
      changed();
      return ['old'];
    });
    groupsOf.mockResolvedValueOnce(['new']);
    const verified = await verifierWith().verify(tenant.issueToken({ user: many }));
    expect(verified.groups).toEqual(['new']);
    expect(groupsOf).toHaveBeenCalledTimes(2);
  });

  it('has to have what is asked for, before Graph is asked', async () => {
    const verifier = verifierWith({ requiredScopes: ['another'] });
    expect(await codeOf(() => verifier.verify(tenant.issueToken({ user: many })))).toBe(
      'CC_ERR_AUTH_PERMISSION',
    );
    expect(groupsOf).not.toHaveBeenCalled();
  });
});
