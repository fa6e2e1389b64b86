// get-token as a process of a workload, a GitHub job and a job of Azure Pipelines, with nothing but what each platform gives.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_DIRECTORY, WORKLOAD_ISSUER_PATH, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { runCommand } from '../run-command.ts';
import { appNamed, claimsIn, signInWorld, tokenRequests } from './sign-in-world.ts';

const SUBJECT = 'system:serviceaccount:shop:deployer';
const WORKLOAD = {
  displayName: 'workload',
  clientId: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b31',
  objectId: '8c2f6d34-7b1e-4a95-8e40-3c6d9f0b5a31',
  federatedCredentials: [
    { issuer: WORKLOAD_ISSUER_PATH, subject: SUBJECT, audience: 'api://AzureADTokenExchange' },
  ],
  groups: [],
  roles: ['Cluster.Connect'],
};

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ directory: { apps: [...DEFAULT_DIRECTORY.apps, WORKLOAD] } });
});
afterAll(async () => {
  await entra.close();
});

describe('get-token in a pod (AZURE_FEDERATED_TOKEN_FILE)', () => {
  const podEnvironment = (cwd: string): Record<string, string> => ({
    AZURE_TENANT_ID: entra.tenantId,
    AZURE_CLIENT_ID: WORKLOAD.clientId,
    AZURE_FEDERATED_TOKEN_FILE: join(cwd, 'token'),
    AZURE_AUTHORITY_HOST: `${entra.authorityHost}/`,
  });

  it('signs in with what the webhook sets, and guesses how', async () => {
    const { cwd, env } = signInWorld(entra);
    writeFileSync(join(cwd, 'token'), `${entra.issueFederatedToken({ subject: SUBJECT })}\n`);
    const args = ['get-token', '--authority-ca', 'ca.pem', '--scope', entra.scope];
    const result = await runCommand(args, { cwd, env: { ...env, ...podEnvironment(cwd) } });
    expect([result.code, result.stderr]).toEqual([
      0,
      'cluster-connect: --login is left out: signing in with workloadidentity, because AZURE_FEDERATED_TOKEN_FILE is set\n',
    ]);
    expect(claimsIn(result)).toMatchObject({ azp: WORKLOAD.clientId, roles: ['Cluster.Connect'] });

    const before = entra.requestedPaths().length;
    const again = await runCommand(args, { cwd, env: { ...env, ...podEnvironment(cwd) } });
    expect(again).toEqual({ ...result, stderr: '' });
    expect(entra.requestedPaths().length).toBe(before);

    // What is kept is for those who have the platform's token.
    rmSync(join(cwd, 'token'));
    const without = await runCommand(args, { cwd, env: { ...env, ...podEnvironment(cwd) } });
    expect([without.code, without.stdout]).toEqual([2, '']);
    expect(without.stderr).toContain('does not exist. Check AZURE_FEDERATED_TOKEN_FILE');
  });

  it('reads the file anew at each sign-in', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const args = [...common, '--login', 'workloadidentity', '--refresh'];
    const options = { cwd, env: { ...env, ...podEnvironment(cwd) } };
    writeFileSync(join(cwd, 'token'), entra.issueFederatedToken({ subject: SUBJECT, ttlSeconds: -3600 }));
    const old = await runCommand(args, options);
    expect([old.code, old.stdout]).toEqual([3, '']);
    expect(old.stderr).toMatch(/AADSTS700024.*federated token has expired/);
    writeFileSync(join(cwd, 'token'), entra.issueFederatedToken({ subject: SUBJECT }));
    expect(await runCommand(args, options)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    { what: 'no file', text: undefined, code: 2, says: /does not exist\. Check AZURE_FEDERATED_TOKEN_FILE/ },
    { what: 'an empty file', text: '', code: 2, says: /holds no token/ },
    { what: 'no token', text: 'canary not a token', code: 2, says: /holds no token/ },
    { what: 'a huge file', text: 'a.b.c'.repeat(20_000), code: 2, says: /too large/ },
  ])('says what to do for $what', async ({ text, code, says }) => {
    const { cwd, env, common } = signInWorld(entra);
    if (text !== undefined) writeFileSync(join(cwd, 'token'), text);
    const result = await runCommand([...common, '--login', 'workloadidentity'], {
      cwd,
      env: { ...env, ...podEnvironment(cwd) },
    });
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).not.toContain('canary');
  });
});

describe('get-token in a GitHub job', () => {
  const job = (): Record<string, string> => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: entra.github.requestUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: entra.github.requestToken,
    AZURE_TENANT_ID: entra.tenantId,
    AZURE_CLIENT_ID: entra.github.clientId,
  });

  it('exchanges the token of the run', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const result = await runCommand(common, { cwd, env: { ...env, ...job() } });
    expect(result.stderr).toBe(
      'cluster-connect: --login is left out: signing in with workloadidentity, because ACTIONS_ID_TOKEN_REQUEST_URL is set\n',
    );
    expect(claimsIn(result)['azp']).toBe(appNamed(entra, 'github actions').clientId);
  });

  it('says what to do when GitHub refuses, and repeats nothing', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const result = await runCommand([...common, '--login', 'workloadidentity'], {
      cwd,
      env: { ...env, ...job(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary' },
    });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toBe(
      'cluster-connect: GitHub (ACTIONS_ID_TOKEN_REQUEST_URL) answered with 401. Give the job the permission id-token: write.\n',
    );
  });
});

describe('get-token in a job of Azure Pipelines', () => {
  const job = (): Record<string, string> => ({
    SYSTEM_OIDCREQUESTURI: entra.pipelines.oidcRequestUri,
    SYSTEM_ACCESSTOKEN: entra.pipelines.accessToken,
  });
  const connection = (): Record<string, string> => ({
    AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: entra.pipelines.serviceConnectionId,
    AZURESUBSCRIPTION_CLIENT_ID: entra.pipelines.clientId,
    AZURESUBSCRIPTION_TENANT_ID: entra.tenantId,
  });

  it('needs nothing but the job and what its task knows of the connection, and guesses how', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const before = entra.requestedPaths().length;
    const result = await runCommand(common, { cwd, env: { ...env, ...job(), ...connection() } });
    expect(result.stderr).toBe(
      'cluster-connect: --login is left out: signing in with azurepipelines, because AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is set\n',
    );
    expect(claimsIn(result)).toMatchObject({
      azp: appNamed(entra, 'azure pipelines').clientId,
      roles: ['Cluster.Connect'],
    });
    const asked = entra.requestedPaths().slice(before);
    expect(asked.filter((path) => path.endsWith('/oidctoken'))).toHaveLength(1);
  });

  it('takes the connection from flags, and keeps the token where the job ends', async () => {
    const { cwd, common } = signInWorld(entra);
    const args = [
      ...common,
      '--login',
      'azurepipelines',
      '--tenant',
      entra.tenantId,
      '--client-id',
      entra.pipelines.clientId,
      '--azure-pipelines-service-connection-id',
      entra.pipelines.serviceConnectionId.toUpperCase(),
    ];
    const env = { ...job(), AGENT_TEMPDIRECTORY: join(cwd, 'temp') };
    const before = tokenRequests(entra);
    const first = await runCommand(args, { cwd, env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(await runCommand(args, { cwd, env })).toEqual(first);
    expect(tokenRequests(entra) - before).toBe(1);
    // A kept token is for the job, not for whoever finds its directory.
    const outside = await runCommand(args, { cwd, env: { AGENT_TEMPDIRECTORY: join(cwd, 'temp') } });
    expect([outside.code, outside.stdout]).toEqual([3, '']);
    expect(outside.stderr).toContain('SYSTEM_OIDCREQUESTURI is not set');
  });

  it.each([
    {
      what: 'no access token',
      change: { SYSTEM_ACCESSTOKEN: '' },
      says: /SYSTEM_ACCESSTOKEN is not set\. Map it in the step/,
    },
    { what: 'no job', change: { SYSTEM_OIDCREQUESTURI: '' }, says: /Run this in a job of Azure Pipelines/ },
    {
      what: 'no connection',
      change: { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: '' },
      says: /Give --azure-pipelines-service-connection-id/,
    },
    {
      what: 'another connection',
      change: { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: '00000000-0000-0000-0000-000000000000' },
      says: /answered with 404\. Check the id of the service connection/,
    },
    {
      what: 'a job token that is over',
      change: { SYSTEM_ACCESSTOKEN: 'canary' },
      says: /answered with 401\. Check the id of the service connection/,
    },
    {
      what: 'an address that is not https',
      change: { SYSTEM_OIDCREQUESTURI: 'http://127.0.0.1:1/' },
      says: /is not an https address/,
    },
    {
      what: 'nobody there',
      change: { SYSTEM_OIDCREQUESTURI: 'https://127.0.0.1:1/' },
      says: /could not be asked for a token \(ECONNREFUSED\)/,
    },
    {
      what: 'an application of another connection',
      change: { AZURESUBSCRIPTION_CLIENT_ID: '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b04' },
      says: /AADSTS7002\d\d.*federated credential/,
    },
  ])('says what to do for $what', async ({ change, says }) => {
    const { cwd, env, common } = signInWorld(entra);
    const result = await runCommand([...common, '--login', 'azurepipelines'], {
      cwd,
      env: { ...env, ...job(), ...connection(), ...change },
    });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^cluster-connect: [^\n]*\n$/);
    expect(result.stderr).not.toContain('canary');
    expect(result.stderr).not.toContain(entra.pipelines.accessToken);
  });

  it('says what was guessed also when something is missing for it, and asks nobody for a code', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const result = await runCommand([...common, '--tenant', entra.tenantId], {
      cwd,
      env: { ...env, TF_BUILD: 'True', SYSTEM_OIDCREQUESTURI: entra.pipelines.oidcRequestUri },
    });
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toBe(
      'cluster-connect: --login is left out: signing in with azurepipelines, because SYSTEM_OIDCREQUESTURI is set\n' +
        'cluster-connect: the client id is missing. Give --client-id or AZURE_CLIENT_ID.\n',
    );
  });

  it('L1: does not send the job token to a proxy that is no tunnel', async () => {
    const { cwd, env, common } = signInWorld(entra);
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.writeHead(403).end();
    }).on('connect', (request, socket) => {
      seen.push(JSON.stringify(request.headers));
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const result = await runCommand([...common, '--login', 'azurepipelines'], {
      cwd,
      env: { ...env, ...job(), ...connection(), HTTPS_PROXY: `http://127.0.0.1:${port}` },
    });
    expect(result.code).toBe(3);
    expect(seen).toHaveLength(1);
    expect(seen.join()).not.toContain(entra.pipelines.accessToken);
  });
});
