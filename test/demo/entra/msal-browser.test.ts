// The real @azure/msal-node as a person's program: a browser, its way back to a listener on this machine, and renewal.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { PublicClientApplication } from '@azure/msal-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_DIRECTORY, findApp, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { BrowserPage, DirectoryUser, EntraStandIn } from '../../../demo/entra/index.ts';
import { claimsOf } from './support.ts';

const HOME_TENANT = '0b6f5f0e-38f5-4a55-8a1c-2f4f8f0f7a11';
const carol: DirectoryUser = {
  displayName: 'Carol Cook',
  userPrincipalName: 'carol_fabrikam.example#EXT#@contoso.example',
  objectId: '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e09',
  groups: [],
  guestOf: { tenantId: HOME_TENANT, mail: 'carol@fabrikam.example' },
};

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ directory: { users: [...DEFAULT_DIRECTORY.users, carol] } });
  setDefaultCACertificates([...getCACertificates('default'), entra.caPem]);
});
afterAll(() => entra.close());

function msal(tenant = entra.tenantId): PublicClientApplication {
  const { clientId } = findApp(entra.directory, 'cluster-connect command line');
  const authority = `${entra.authorityHost}/${tenant}`;
  const knownAuthorities = [new URL(entra.authorityHost).host];
  return new PublicClientApplication({ auth: { clientId, authority, knownAuthorities } });
}

async function signIn(client: PublicClientApplication, user: string | null) {
  const pages: Promise<BrowserPage>[] = [];
  const result = await client.acquireTokenInteractive({
    scopes: [entra.scope],
    openBrowser: (url) => {
      // As a browser does, it goes on by itself while MSAL listens.
      pages.push(entra.browserSignIn(url, user));
      return Promise.resolve();
    },
  });
  return { result, page: await pages[0] };
}

it('signs in a person, whose browser ends at the listener of MSAL', async () => {
  const client = msal();
  const { result, page } = await signIn(client, 'bob');
  expect(new URL(page?.url ?? '').hostname).toBe('localhost');
  expect(claimsOf(result.accessToken)).toMatchObject({
    name: 'Bob Baker',
    scp: 'user_impersonation',
    azpacr: '0',
  });
  expect(result.account).toMatchObject({ username: 'bob@contoso.example', tenantId: entra.tenantId });
  expect(result.scopes).toContain(entra.scope);

  if (result.account === null) throw new TypeError('MSAL made no account');
  const silent = { scopes: [entra.scope], account: result.account };
  expect((await client.acquireTokenSilent(silent)).fromCache).toBe(true);
  const renewed = await client.acquireTokenSilent({ ...silent, forceRefresh: true });
  expect(renewed).toMatchObject({ fromCache: false });
});

it('signs in a guest, whose token says who vouches for the person', async () => {
  const { result } = await signIn(msal(), carol.userPrincipalName);
  expect(claimsOf(result.accessToken)).toMatchObject({
    upn: carol.userPrincipalName,
    email: 'carol@fabrikam.example',
    idp: `https://sts.windows.net/${HOME_TENANT}/`,
    preferred_username: 'carol@fabrikam.example',
  });
});

it.each(['common', 'organizations'])('finds the tenant for an application that says %s', async (tenant) => {
  const { result } = await signIn(msal(tenant), 'alice');
  expect(result.tenantId).toBe(entra.tenantId);
});

it('says to the program that the person cancelled', async () => {
  await expect(signIn(msal(), null)).rejects.toMatchObject({ errorCode: 'access_denied' });
});

it('opens no page but its own', async () => {
  await expect(entra.browserSignIn('https://login.attacker.example/authorize', 'bob')).rejects.toThrow(
    RangeError,
  );
});
