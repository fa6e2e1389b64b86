// Lookups against the double of Entra and Graph: users and service principals, 5,000 groups, each kind of credential.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGroupLookup } from '../../../auth/graph/index.ts';
import type { GraphSettings, GroupLookup } from '../../../auth/graph/index.ts';
import {
  createApplicationCertificate,
  DEFAULT_DIRECTORY,
  startEntraStandIn,
} from '../../../demo/entra/index.ts';
import type { DirectoryApp, EntraStandIn } from '../../../demo/entra/index.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { testAuthority } from '../../support/test-authority.ts';
import { codeOf, groupId } from './graph-double.ts';

const SECRET = 'canary-secret-of-the-lookup';
const MANY = Array.from({ length: 5_000 }, (_, index) => groupId(index));
const [someUser, someApp] = [DEFAULT_DIRECTORY.users[0], DEFAULT_DIRECTORY.apps[0]];
if (someUser === undefined || someApp === undefined) throw new Error('an empty directory');

const WORKLOAD = 'system:serviceaccount:cluster-connect:gateway';
const AUDIENCE = 'api://AzureADTokenExchange';
const clientId = (last: number): string => `9d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b0${last}`;
const reader = (last: number, more: Partial<DirectoryApp>): DirectoryApp => ({
  displayName: `group reader ${last}`,
  clientId: clientId(last),
  objectId: `9c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a0${last}`,
  graphPermissions: ['GroupMember.Read.All', 'Application.Read.All'],
  groups: [],
  roles: [],
  ...more,
});

let entra: EntraStandIn;
let directory: string;
const log = memoryLog();
const lookups: GroupLookup[] = [];
const user = { ...someUser, userPrincipalName: 'many@contoso.example', groups: MANY };
const app = { ...someApp, displayName: 'many', clientId: clientId(9), groups: MANY.slice(0, 300) };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'group-lookup-'));
  const { certificatePem, privateKeyPem } = createApplicationCertificate('group reader');
  entra = await startEntraStandIn({
    authority: testAuthority(),
    directory: {
      users: [user],
      apps: [
        app,
        reader(1, { secret: SECRET }),
        reader(2, { certificates: [certificatePem] }),
        reader(3, {
          federatedCredentials: [{ issuer: '/workload-cluster', subject: WORKLOAD, audience: AUDIENCE }],
        }),
        reader(4, { secret: SECRET, graphPermissions: [] }),
        reader(5, { secret: SECRET, graphPermissions: ['User.Read.All'] }),
      ],
    },
  });
  writeFileSync(file('secret'), `${SECRET}\n`);
  writeFileSync(file('certificate'), `${certificatePem}\n${privateKeyPem}`);
  writeFileSync(file('federated'), entra.issueFederatedToken({ subject: WORKLOAD, audience: AUDIENCE }));
});
afterAll(async () => {
  for (const lookup of lookups) await lookup.close();
  await entra.close();
  rmSync(directory, { recursive: true });
});
afterEach(() => {
  entra.misbehave(undefined);
  expect(log.text()).not.toContain('canary');
});

const file = (name: string): string => join(directory, name);

function lookupAs(settings: Omit<GraphSettings, 'origin'>, graphProxyUrl?: string): GroupLookup {
  const { authorityHost, caPem } = entra;
  const lookup = createGroupLookup(
    { ...settings, origin: authorityHost },
    {
      authorityHost,
      authorityCa: caPem,
      logger: log.logger,
      limits: { RETRY_JITTER_MS: 1 },
      ...(graphProxyUrl !== undefined && { graphProxyUrl, authorityProxyUrl: graphProxyUrl }),
    },
  );
  lookups.push(lookup);
  return lookup;
}

const bySecret = (last: number): GroupLookup =>
  lookupAs({ clientId: clientId(last), clientSecretFile: file('secret') });
const theUser = () => ({ tenantId: entra.tenantId, objectId: user.objectId, kind: 'user' as const });
const theApp = () => ({ tenantId: entra.tenantId, objectId: app.objectId, kind: 'application' as const });

describe('with a permission', () => {
  it('finds 5,000 groups of a user, in order and each once, in six pages', async () => {
    const before = entra.requestedPaths().length;
    const groups = await bySecret(1).groupsOf(theUser());
    expect(groups).toEqual(MANY);
    const pages = entra
      .requestedPaths()
      .slice(before)
      .filter((path) => path === `/v1.0/users/${user.objectId}/transitiveMemberOf`);
    expect(pages).toHaveLength(6);
  });

  it('finds those of a service principal', async () => {
    expect(await bySecret(1).groupsOf(theApp())).toEqual(app.groups);
  });

  it.each([
    ['a certificate', { clientId: clientId(2), certificateFile: 'certificate' }],
    ['a federated token', { clientId: clientId(3), federatedTokenFile: 'federated' }],
  ])('proves who it is by %s', async (_, { clientId, ...files }) => {
    const paths = Object.fromEntries(Object.entries(files).map(([name, value]) => [name, file(value)]));
    expect(await lookupAs({ clientId, ...paths }).groupsOf(theApp())).toEqual(app.groups);
  });

  it('asks through the outbound proxy', async () => {
    const proxy = await startConnectProxy();
    const lookup = lookupAs({ clientId: clientId(1), clientSecretFile: file('secret') }, proxy.url);
    expect(await lookup.groupsOf(theApp())).toEqual(app.groups);
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(entra.authorityHost).host]));
    await lookup.close();
    await proxy.close();
  });

  it('knows when the directory has nobody of that id', async () => {
    const gone = { ...theUser(), objectId: groupId(1) };
    expect(await codeOf(bySecret(1).groupsOf(gone))).toBe('CC_ERR_AUTH_IDENTITY');
  });
});

describe('without', () => {
  const UNAVAILABLE = 'CC_ERR_AUTH_GRAPH_UNAVAILABLE';

  it.each([
    ['any permission, a user', 4, theUser, 'GroupMember.Read.All'],
    ['any permission, a service principal', 4, theApp, 'Application.Read.All'],
    ['the permission to read groups', 5, theUser, 'GroupMember.Read.All'],
  ])('%s cannot be looked up, and the log says which it is', async (_, last, principal, permission) => {
    const before = log.text().length;
    expect(await codeOf(bySecret(last).groupsOf(principal()))).toBe(UNAVAILABLE);
    expect(log.text().slice(before)).toContain(permission);
  });

  it('the right secret, it is unavailable, and a new secret in the file is used without a restart', async () => {
    writeFileSync(file('rotating'), 'canary-secret-of-last-year');
    const lookup = lookupAs({ clientId: clientId(1), clientSecretFile: file('rotating') });
    expect(await codeOf(lookup.groupsOf(theUser()))).toBe(UNAVAILABLE);
    expect(log.text()).toContain('AADSTS7000215');
    writeFileSync(file('rotating'), SECRET);
    expect(await lookup.groupsOf(theApp())).toEqual(app.groups);
  });

  it('a file, it is unavailable', async () => {
    const lookup = lookupAs({ clientId: clientId(1), clientSecretFile: file('nowhere') });
    expect(await codeOf(lookup.groupsOf(theUser()))).toBe(UNAVAILABLE);
    expect(log.text()).toContain('nowhere cannot be read');
  });

  it.each(['error-500', 'throttle'] as const)(
    'a Graph that is well (%s), it is unavailable',
    async (graph) => {
      entra.misbehave({ graph });
      const { authorityHost, caPem } = entra;
      const settings = { clientId: clientId(1), clientSecretFile: file('secret'), origin: authorityHost };
      const lookup = createGroupLookup(settings, {
        authorityHost,
        authorityCa: caPem,
        limits: { MAX_WAIT_MS: 1, RETRY_JITTER_MS: 1 },
      });
      expect(await codeOf(lookup.groupsOf(theUser()))).toBe(UNAVAILABLE);
      await lookup.close();
    },
  );

  it('the CA of the authority, it is unavailable', async () => {
    const { authorityHost } = entra;
    const settings = { clientId: clientId(1), clientSecretFile: file('secret'), origin: authorityHost };
    const lookup = createGroupLookup(settings, { authorityHost, limits: { RETRY_JITTER_MS: 1 } });
    expect(await codeOf(lookup.groupsOf(theUser()))).toBe(UNAVAILABLE);
    await lookup.close();
  });
});
