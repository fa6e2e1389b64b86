// From a token that says it has too many groups to a Kubernetes user who is in all of them, and where nobody asks.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntraVerifier } from '../../../auth/index.ts';
import type { EntraSettings, TokenVerifier } from '../../../auth/index.ts';
import { DEFAULT_DIRECTORY, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { entraSettingsOf } from '../../support/entra-stand-in.ts';
import { testAuthority } from '../../support/test-authority.ts';
import { CLIENT, codeOf, groupId } from './graph-double.ts';

const [someUser, someApp] = [DEFAULT_DIRECTORY.users[0], DEFAULT_DIRECTORY.apps[0]];
if (someUser === undefined || someApp === undefined) throw new Error('an empty directory');
const groups = Array.from({ length: 5_000 }, (_, index) => groupId(index));
const user = { ...someUser, groups };
const app = { ...someApp, groups: groups.slice(0, 201) };

let entra: EntraStandIn;
let directory: string;
const verifiers: TokenVerifier[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'overage-token-'));
  writeFileSync(join(directory, 'secret'), 'canary');
  const graphPermissions = ['GroupMember.Read.All', 'Application.Read.All'];
  const reader = { ...someApp, displayName: 'reader', clientId: CLIENT, secret: 'canary', graphPermissions };
  entra = await startEntraStandIn({
    authority: testAuthority(),
    directory: { users: [user], apps: [app, { ...reader, objectId: groupId(9) }] },
  });
});
afterAll(async () => {
  for (const verifier of verifiers) await verifier.close();
  await entra.close();
  rmSync(directory, { recursive: true });
});

function verifier(whenUnavailable: 'fail' | 'without-groups' = 'fail'): TokenVerifier {
  const settings: EntraSettings = {
    ...entraSettingsOf(entra),
    groupsOverage: 'graph',
    graph: {
      clientId: CLIENT,
      clientSecretFile: join(directory, 'secret'),
      origin: entra.authorityHost,
      whenUnavailable,
    },
  };
  const made = createEntraVerifier(settings);
  verifiers.push(made);
  return made;
}

describe.each([1, 2] as const)('a token of version %i', (version) => {
  it('of a user in 5,000 groups becomes a user in 5,000 groups', async () => {
    const verified = await verifier().verify(entra.issueToken({ user, version }));
    expect(verified.groups).toEqual(groups);
    expect(verified.user.groups).toEqual(groups);
    expect(verified.impersonation.filter((text) => text === 'impersonate-group')).toHaveLength(5_000);
  });

  it('of a service principal in 201 groups becomes one in 201 groups', async () => {
    const verified = await verifier().verify(entra.issueToken({ app, version }));
    expect(verified).toMatchObject({ kind: 'application', groups: app.groups });
  });

  it('sends nobody where it says that its groups are', async () => {
    const before = entra.requestedPaths().length;
    const endpoint = `${entra.authorityHost}/elsewhere/getMemberObjects`;
    const overrides = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
    await verifier().verify(entra.issueToken({ user, version, overrides }));
    const hosts = entra.requestedPaths().slice(before);
    expect(hosts.filter((path) => path.includes('elsewhere'))).toEqual([]);
    expect(hosts.some((path) => path.startsWith('/v1.0/users/'))).toBe(true);
  });
});

describe('while Graph is down', () => {
  it('the token is refused for now, or passes without groups until it is looked at again: as it was chosen', async () => {
    const token = entra.issueToken({ user });
    entra.misbehave({ graph: 'error-500' });
    expect(await codeOf(verifier('fail').verify(token))).toBe('CC_ERR_AUTH_GRAPH_UNAVAILABLE');
    const verified = await verifier('without-groups').verify(token);
    expect(verified.groups).toEqual([]);
    expect(verified.recheckAtMs).toBeLessThan(verified.expiresAtMs);
    entra.misbehave(undefined);
  });
});
