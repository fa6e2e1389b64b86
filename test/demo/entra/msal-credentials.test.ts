// The real @azure/msal-node as an application without a secret: a certificate, or somebody else's token.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createApplicationCertificate,
  DEFAULT_DIRECTORY,
  findApp,
  startEntraStandIn,
  WORKLOAD_ISSUER_PATH,
} from '../../../demo/entra/index.ts';
import type { DirectoryApp, EntraStandIn } from '../../../demo/entra/index.ts';
import { claimsOf, createEntraClient } from './support.ts';
import type { EntraClient } from './support.ts';

const SUBJECT = 'system:serviceaccount:shop:deployer';
const registered = createApplicationCertificate('pipeline.contoso.example');
const strange = createApplicationCertificate('pipeline.contoso.example');

let entra: EntraStandIn;
let client: EntraClient;
let app: DirectoryApp;

beforeAll(async () => {
  app = {
    ...findApp(DEFAULT_DIRECTORY, 'deployment pipeline'),
    certificates: [registered.certificatePem],
    federatedCredentials: [
      { issuer: WORKLOAD_ISSUER_PATH, subject: SUBJECT, audience: 'api://AzureADTokenExchange' },
    ],
  };
  const others = DEFAULT_DIRECTORY.apps.filter(({ clientId }) => clientId !== app.clientId);
  entra = await startEntraStandIn({ directory: { apps: [...others, app] } });
  client = createEntraClient(entra);
  setDefaultCACertificates([...getCACertificates('default'), entra.caPem]);
});
afterAll(async () => {
  await client.close();
  await entra.close();
});

type Auth = ConstructorParameters<typeof ConfidentialClientApplication>[0]['auth'];
function msal(credential: Partial<Auth>, clientId = app.clientId): ConfidentialClientApplication {
  const authority = `${entra.authorityHost}/${entra.tenantId}`;
  const knownAuthorities = [new URL(entra.authorityHost).host];
  return new ConfidentialClientApplication({
    auth: { clientId, authority, knownAuthorities, ...credential },
  });
}
const claims = async (application: ConfidentialClientApplication, skipCache = false) => {
  const result = await application.acquireTokenByClientCredential({ scopes: [entra.scope], skipCache });
  return claimsOf(result?.accessToken);
};

describe('with a certificate', () => {
  it.each([
    ['SHA-256', { thumbprintSha256: registered.sha256Thumbprint }],
    ['SHA-1', { thumbprint: registered.sha1Thumbprint }],
    [
      'SHA-256 and the certificate itself',
      { thumbprintSha256: registered.sha256Thumbprint, x5c: registered.certificatePem },
    ],
  ])('that its assertion names by %s', async (_, name) => {
    const clientCertificate = { privateKey: registered.privateKeyPem, ...name };
    expect(await claims(msal({ clientCertificate }))).toMatchObject({ azp: app.clientId, azpacr: '2' });
  });

  it('may show one assertion twice, as MSAL does while it lasts', async () => {
    const { privateKeyPem: privateKey, sha256Thumbprint: thumbprintSha256 } = registered;
    const application = msal({ clientCertificate: { privateKey, thumbprintSha256 } });
    const first = await claims(application);
    expect((await claims(application, true))['uti']).not.toBe(first['uti']);
  });

  it.each([
    [
      'that nobody registered',
      { privateKey: strange.privateKeyPem, thumbprintSha256: strange.sha256Thumbprint },
      700027,
    ],
    [
      'and the key of another',
      { privateKey: strange.privateKeyPem, thumbprintSha256: registered.sha256Thumbprint },
      700027,
    ],
  ])('is refused with one %s', async (_, clientCertificate, number) => {
    const error = await claims(msal({ clientCertificate })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ errorCode: 'invalid_client', errorNo: number });
  });
});

describe('with a token of somebody else', () => {
  it('of a cluster', async () => {
    const clientAssertion = () => Promise.resolve(entra.issueFederatedToken({ subject: SUBJECT }));
    expect(await claims(msal({ clientAssertion }))).toMatchObject({
      azp: app.clientId,
      azpacr: '2',
      idtyp: 'app',
    });
  });

  it('of a job of Azure Pipelines', async () => {
    const { oidcRequestUri, accessToken, serviceConnectionId, clientId } = entra.pipelines;
    const url = `${oidcRequestUri}?api-version=7.1&serviceConnectionId=${serviceConnectionId}`;
    const answer = await client.post(url, {}, { authorization: `Bearer ${accessToken}` });
    const clientAssertion = String(answer.body['oidcToken']);
    expect(await claims(msal({ clientAssertion }, clientId))).toMatchObject({
      azp: clientId,
      roles: ['Cluster.Connect'],
    });
  });

  it('of a workflow run of GitHub', async () => {
    const { requestUrl, requestToken, clientId } = entra.github;
    const url = `${requestUrl}&audience=api%3A%2F%2FAzureADTokenExchange`;
    const answer = await client.get(url, { authorization: `bearer ${requestToken}` });
    const clientAssertion = String(answer.body['value']);
    expect(await claims(msal({ clientAssertion }, clientId))).toMatchObject({ azp: clientId });
  });

  it('whose subject no federated credential names, is nobody', async () => {
    const clientAssertion = entra.issueFederatedToken({ subject: `${SUBJECT}s` });
    const error = await claims(msal({ clientAssertion })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ errorCode: 'invalid_client', errorNo: 700213 });
  });
});
