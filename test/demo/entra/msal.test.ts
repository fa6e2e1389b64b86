// The real @azure/msal-node, unchanged, against the stand-in: what a person's sign-in and a pipeline's go through.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ConfidentialClientApplication, PublicClientApplication } from '@azure/msal-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEntraVerifier } from '../../../auth/index.ts';
import type { TokenVerifier } from '../../../auth/index.ts';
import { findApp } from '../../../demo/entra/directory.ts';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';

let entra: EntraStandIn;
let verifier: TokenVerifier;

beforeAll(async () => {
  entra = await startEntraStandIn({ pollIntervalSeconds: 1 });
  // MSAL speaks through Node's own fetch, which trusts what this process trusts.
  setDefaultCACertificates([...getCACertificates('default'), entra.caPem]);
  verifier = createEntraVerifier({
    authorityHost: entra.authorityHost,
    tenants: [entra.tenantId],
    audiences: entra.audiences,
    usernameClaim: 'upn',
    groupsOverage: 'fail',
    clockSkewSeconds: 30,
    authorityCa: entra.caPem,
  });
});
afterAll(async () => {
  await verifier.close();
  await entra.close();
});

const auth = (name: string) => {
  const { clientId } = findApp(entra.directory, name);
  const { authorityHost, tenantId } = entra;
  return {
    clientId,
    authority: `${authorityHost}/${tenantId}`,
    knownAuthorities: [new URL(authorityHost).host],
  };
};

it('client credentials give an app-only token that the verifier accepts', async () => {
  const clientSecret = findApp(entra.directory, 'deployment pipeline').secret ?? '';
  const client = new ConfidentialClientApplication({
    auth: { ...auth('deployment pipeline'), clientSecret },
  });
  const result = await client.acquireTokenByClientCredential({ scopes: [entra.scope] });
  expect(await verifier.verify(result?.accessToken ?? '')).toMatchObject({
    kind: 'application',
    applicationId: auth('deployment pipeline').clientId,
  });
});

it('a wrong secret fails with the error of Entra', async () => {
  const client = new ConfidentialClientApplication({
    auth: { ...auth('deployment pipeline'), clientSecret: 'wrong' },
  });
  await expect(client.acquireTokenByClientCredential({ scopes: [entra.scope] })).rejects.toHaveProperty(
    'errorCode',
    'invalid_client',
  );
});

it('a device code gives a user token once it is approved, and a silent renewal after that', async () => {
  const client = new PublicClientApplication({ auth: auth('cluster-connect command line') });
  const result = await client.acquireTokenByDeviceCode({
    scopes: [entra.scope],
    deviceCodeCallback: ({ userCode }) => entra.approveDeviceCode(userCode, 'bob'),
  });
  expect(await verifier.verify(result?.accessToken ?? '')).toHaveProperty('user.name', 'bob@contoso.example');
  if (result?.account === undefined || result.account === null) throw new TypeError('MSAL made no account');
  const renewed = await client.acquireTokenSilent({
    scopes: [entra.scope],
    account: result.account,
    forceRefresh: true,
  });
  expect(renewed.fromCache).toBe(false);
  expect(renewed.accessToken).not.toBe(result.accessToken);
  expect(await verifier.verify(renewed.accessToken)).toHaveProperty('user.name', 'bob@contoso.example');
});
