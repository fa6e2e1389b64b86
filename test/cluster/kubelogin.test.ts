// Azure's own kubelogin, unchanged, in front of kubectl: each of its ways to sign in against the Entra double, and the tokens
// through the relay to the real apiserver, plain and with a proof of possession.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import {
  createApplicationCertificate,
  DEFAULT_DIRECTORY,
  findApp,
  WORKLOAD_ISSUER_PATH,
} from '../../demo/entra/index.ts';
import type { DirectoryApp } from '../../demo/entra/index.ts';
import { bindReader, createNamespace, createWorkloads } from './cluster-objects.ts';
import { createKubectl } from './kubectl.ts';
import { createKubeloginHome, writeOwnKubeconfig } from './kubelogin/kubelogin-home.ts';
import { CLUSTER_NAME, startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';

const NAMESPACE = 'kubelogin';
const WHOAMI = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
/** Discovery and two lists. */
const SEVERAL = ['get', 'pods,configmaps', '-n', NAMESPACE, '-o', 'name'];
const WORKLOAD_SUBJECT = 'system:serviceaccount:builds:deployer';
const OTHER_CLUSTER = '0f7c6d2a-9a5e-4c6f-8f0b-6f3a1d5e7b42';

const certificate = createApplicationCertificate('pipeline.contoso.example');
const pipeline: DirectoryApp = {
  ...findApp(DEFAULT_DIRECTORY, 'deployment pipeline'),
  certificates: [certificate.certificatePem],
  federatedCredentials: [
    { issuer: WORKLOAD_ISSUER_PATH, subject: WORKLOAD_SUBJECT, audience: 'api://AzureADTokenExchange' },
  ],
};

let relay: Relay;
let clusterId = '';
beforeAll(async () => {
  const others = DEFAULT_DIRECTORY.apps.filter((app) => app.clientId !== pipeline.clientId);
  const [person, ...rest] = others;
  if (person === undefined) throw new TypeError('the directory has no application');
  relay = await startRelay({
    entra: { pollIntervalSeconds: 1, directory: { apps: [person, pipeline, ...rest] } },
  });
  clusterId = (await relay.gateway.store.getClusterByName(CLUSTER_NAME))?.id ?? '';
  await createNamespace(relay.admin, NAMESPACE);
  await createWorkloads(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, pipeline.objectId);
});
afterAll(() => relay.close());

const appOf = (clientId: string): DirectoryApp => findApp(relay.entra.directory, clientId);
const personArgs = (login: string): string[] => [
  '--login',
  login,
  '--client-id',
  relay.entra.directory.apps[0]?.clientId ?? '',
];
const spnArgs = (): string[] => ['--login', 'spn', '--client-id', pipeline.clientId];
const secret = (): Record<string, string> => ({ AZURE_CLIENT_SECRET: pipeline.secret ?? '' });
function writeSecret(file: string, text: string): string {
  writeFileSync(join(relay.directory, file), text, { mode: 0o600 });
  return join(relay.directory, file);
}
const certificateFile = (): Record<string, string> => ({
  AZURE_CLIENT_CERTIFICATE_PATH: writeSecret(
    'pipeline.pem',
    certificate.certificatePem + certificate.privateKeyPem,
  ),
});

describe('a program signs in', () => {
  test.each([
    ['spn with a secret', 'spn', () => pipeline.clientId, secret],
    ['spn with a certificate', 'spn', () => pipeline.clientId, certificateFile],
    [
      'workloadidentity with a token in a file',
      'workloadidentity',
      () => pipeline.clientId,
      () => ({
        AZURE_FEDERATED_TOKEN_FILE: writeSecret(
          'workload-token',
          relay.entra.issueFederatedToken({ subject: WORKLOAD_SUBJECT }),
        ),
      }),
    ],
    [
      'workloadidentity in a workflow run of GitHub',
      'workloadidentity',
      () => relay.entra.github.clientId,
      () => ({
        ACTIONS_ID_TOKEN_REQUEST_URL: relay.entra.github.requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: relay.entra.github.requestToken,
      }),
    ],
    [
      'azurepipelines in a job',
      'azurepipelines',
      () => relay.entra.pipelines.clientId,
      () => ({
        SYSTEM_OIDCREQUESTURI: relay.entra.pipelines.oidcRequestUri,
        SYSTEM_ACCESSTOKEN: relay.entra.pipelines.accessToken,
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: relay.entra.pipelines.serviceConnectionId,
      }),
    ],
    [
      'msi on a machine',
      'msi',
      () => relay.entra.managedIdentity.clientId,
      () => ({
        IDENTITY_ENDPOINT: relay.entra.managedIdentity.endpoint,
        IDENTITY_HEADER: relay.entra.managedIdentity.header,
      }),
    ],
  ] as const)('by %s', async (name, login, clientId, environment) => {
    const args = ['--login', login, '--client-id', clientId()];
    const settings = { args, environment: environment() };
    const { kubectl, token } = await createKubeloginHome(relay, name.replaceAll(' ', '-'), settings);
    const claims = decodeJwt(await token());
    expect(claims).toMatchObject({ azp: clientId(), idtyp: 'app' });
    const { objectId } = appOf(clientId());
    expect(await kubectl.run(WHOAMI)).toEqual({ stdout: objectId, stderr: '', exitCode: 0 });
  });

  test('and is told by Entra that its secret is wrong', async () => {
    const settings = { args: spnArgs(), environment: { AZURE_CLIENT_SECRET: 'wrong' } };
    const { kubectl } = await createKubeloginHome(relay, 'wrong-secret', settings);
    const { stderr, exitCode } = await kubectl.run(WHOAMI);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('AADSTS7000215');
  });
});

describe('a person signs in', () => {
  test('by device code, on another device', async () => {
    const { kubectl } = await createKubeloginHome(relay, 'devicecode', { args: personArgs('devicecode') });
    const whoami = kubectl.start(WHOAMI);
    const code = await vi.waitUntil(() => relay.entra.waitingDeviceCodes()[0], { timeout: 20_000 });
    await vi.waitUntil(() => whoami.stderr().includes(code), { timeout: 20_000 });
    relay.entra.approveDeviceCode(code, 'alice');
    expect(await whoami.ended).toMatchObject({ stdout: relay.user('alice').objectId, exitCode: 0 });
  });

  test('by browser, which ends at a listener of kubelogin', async () => {
    const home = await createKubeloginHome(relay, 'interactive', { args: personArgs('interactive') });
    const whoami = home.kubectl.start(WHOAMI);
    await home.browse('bob');
    expect(await whoami.ended).toMatchObject({ stdout: relay.user('bob').objectId, exitCode: 0 });
  });
});

describe('with a proof of possession', () => {
  const pop = (id = clusterId): string[] => ['--pop', '--cluster-id', id];

  test.each([
    ['a secret', secret],
    ['a certificate', certificateFile],
  ])('spn with %s uses one token for all requests of a kubectl', async (name, environment) => {
    const settings = { args: [...spnArgs(), ...pop()], environment: environment() };
    const { kubectl, token } = await createKubeloginHome(relay, `pop-${name.slice(2)}`, settings);
    const proof = await token();
    expect(decodeProtectedHeader(proof)).toMatchObject({ typ: 'pop', alg: 'RS256' });
    expect(decodeJwt(proof)).toMatchObject({ u: clusterId, at: expect.any(String) });
    // What kubelogin says on standard error of a machine without a keyring is its own.
    expect(await kubectl.run(WHOAMI)).toMatchObject({ stdout: pipeline.objectId, exitCode: 0 });
    const several = await kubectl.run(SEVERAL);
    const stdout = 'pod/web-0\nconfigmap/greetings\nconfigmap/settings\n';
    expect(several).toMatchObject({ stdout, exitCode: 0 });
    const overHttp1 = await kubectl.run(SEVERAL, { environment: { DISABLE_HTTP2: '1' } });
    expect(overHttp1).toMatchObject({ stdout, exitCode: 0 });
  });

  test('a person by browser is that person', async () => {
    const settings = { args: [...personArgs('interactive'), ...pop()] };
    const home = await createKubeloginHome(relay, 'pop-interactive', settings);
    const whoami = home.kubectl.start(WHOAMI);
    await home.browse('bob');
    expect(await whoami.ended).toMatchObject({ stdout: relay.user('bob').objectId, exitCode: 0 });
  });

  test('that is for another cluster it is nobody', async () => {
    const settings = { args: [...spnArgs(), ...pop(OTHER_CLUSTER)], environment: secret() };
    const { kubectl, token } = await createKubeloginHome(relay, 'pop-elsewhere', settings);
    expect(decodeJwt(await token())).toMatchObject({ u: OTHER_CLUSTER });
    const { stderr, exitCode } = await kubectl.run(WHOAMI);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('You must be logged in to the server');
  });

  test('the access token alone is worth nothing', async () => {
    const settings = { args: [...spnArgs(), ...pop()], environment: secret() };
    const { token } = await createKubeloginHome(relay, 'pop-stolen', settings);
    const { at } = decodeJwt(await token());
    const kubeconfig = relay.writeKubeconfig('pop-stolen-token', String(at));
    const { stderr, exitCode } = await createKubectl(inject('tools').kubectl, kubeconfig).run(WHOAMI);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('You must be logged in to the server');
  });
});

// Azure's tasks for Kubernetes run this on every kubeconfig where kubelogin is installed.
test('kubelogin convert-kubeconfig leaves a kubeconfig alone that starts cluster-connect', async () => {
  const kubeconfig = await writeOwnKubeconfig(relay);
  const before = readFileSync(kubeconfig, 'utf8');
  const convert = ['convert-kubeconfig', '--kubeconfig', kubeconfig, '--login', 'azurecli'];
  await promisify(execFile)(inject('tools').kubelogin, convert, { env: { HOME: dirname(kubeconfig) } });
  expect(readFileSync(kubeconfig, 'utf8')).toBe(before);
  expect(before).toContain('command:');
});
