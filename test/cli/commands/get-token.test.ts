// get-token as a process, with the real MSAL, against the Entra stand-in.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { AZURERM_NAMES, AZURE_NAMES } from '../../../cli/token/azure-variables.ts';
import { LOGIN_MODE_NAMES } from '../../../cli/token/login-modes.ts';
import { accountFile } from '../../../cli/token/token-cache.ts';
import { resultOf, runCommand, runHere, startCommand, temporaryDirectory } from '../run-command.ts';

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ pollIntervalSeconds: 1 });
});
afterAll(async () => {
  await entra.close();
});

/** The application with a secret, and the one without. */
function clients() {
  const pipeline = entra.directory.apps.find((app) => app.secret !== undefined);
  const person = entra.directory.apps.find((app) => app.secret === undefined);
  if (pipeline?.secret === undefined || person === undefined) throw new TypeError('the directory lacks them');
  return { pipeline: { ...pipeline, secret: pipeline.secret }, person };
}

function setUp(): {
  cwd: string;
  common: string[];
  pipeline: string[];
  person: string[];
  env: Record<string, string>;
  personEnv: Record<string, string>;
} {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'ca.pem'), entra.caPem);
  const { pipeline, person } = clients();
  const common = [
    'get-token',
    '--authority-host',
    entra.authorityHost,
    '--authority-ca',
    'ca.pem',
    '--scope',
    entra.scope,
  ];
  return {
    cwd,
    common,
    pipeline: [...common, '--login', 'spn', '--tenant', entra.tenantId, '--client-id', pipeline.clientId],
    person: [...common, '--tenant', entra.tenantId, '--client-id', person.clientId],
    // Without the secret: with it get-token would guess that the pipeline is meant.
    personEnv: { CLUSTER_CONNECT_CACHE_DIR: join(cwd, 'cache') },
    env: { AZURE_CLIENT_SECRET: pipeline.secret, CLUSTER_CONNECT_CACHE_DIR: join(cwd, 'cache') },
  };
}

const tokenRequests = (): number => entra.requestedPaths().filter((path) => path.endsWith('/token')).length;

describe('get-token --login spn', () => {
  it('signs in once, and answers the next call from a file without any request', async () => {
    const { cwd, env, pipeline } = setUp();
    const first = await runCommand(pipeline, { cwd, env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    const credential = JSON.parse(first.stdout);
    expect(credential).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: expect.any(String), expirationTimestamp: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/) },
    });
    const claims = decodeJwt(credential.status.token);
    expect(claims['azp']).toBe(clients().pipeline.clientId);
    const endsEarly = (claims.exp ?? 0) * 1000 - Date.parse(credential.status.expirationTimestamp);
    expect(Math.abs(endsEarly)).toBeLessThanOrEqual(5000);

    const files = readdirSync(join(cwd, 'cache'));
    expect(files).toEqual([expect.stringMatching(/^token-[0-9a-f]{40}\.json$/)]);
    expect(statSync(join(cwd, 'cache')).mode & 0o777).toBe(0o700);
    expect(statSync(join(cwd, 'cache', files[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(cwd, 'cache', files[0] ?? ''), 'utf8')).not.toContain(clients().pipeline.secret);

    const before = entra.requestedPaths().length;
    const info = JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      spec: { interactive: false },
    });
    const second = await runCommand(pipeline, {
      cwd,
      env: { ...env, KUBERNETES_EXEC_INFO: info },
    });
    expect(JSON.parse(second.stdout)).toEqual({
      ...credential,
      apiVersion: 'client.authentication.k8s.io/v1beta1',
    });
    expect(entra.requestedPaths().length).toBe(before);
  });

  it.each([
    { what: 'no secret', secret: '', says: /there is no client secret and no client certificate/ },
    { what: 'a wrong secret', secret: 'canary', says: /failed \(AADSTS7000215\)/ },
  ])('gives a kept token to nobody with $what', async ({ secret, says }) => {
    const { cwd, env, pipeline } = setUp();
    expect(await runCommand(pipeline, { cwd, env })).toMatchObject({ code: 0 });
    const second = await runCommand(pipeline, { cwd, env: { ...env, AZURE_CLIENT_SECRET: secret } });
    expect([second.code, second.stdout]).toEqual([3, '']);
    expect(second.stderr).toMatch(says);
  });

  it('goes to the authority that was named, whatever region MSAL is told of', async () => {
    const { cwd, env, pipeline } = setUp();
    const result = await runCommand(pipeline, { cwd, env: { ...env, MSAL_FORCE_REGION: 'westeurope' } });
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });

  it('signs in anew with --refresh', async () => {
    const { cwd, env, pipeline } = setUp();
    const before = tokenRequests();
    await runCommand(pipeline, { cwd, env });
    await runCommand([...pipeline, '--refresh'], { cwd, env });
    expect(tokenRequests() - before).toBe(2);
  });

  it('signs in once for four calls at the same moment', async () => {
    const { cwd, env, pipeline } = setUp();
    const before = tokenRequests();
    const results = await Promise.all([1, 2, 3, 4].map(() => runCommand(pipeline, { cwd, env })));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(tokenRequests() - before).toBe(1);
  });

  it('gives a token though nothing can be kept, and says so', async () => {
    const { cwd, env, pipeline } = setUp();
    writeFileSync(join(cwd, 'cache'), 'a file where the directory should be');
    const { code, stdout, stderr } = await runCommand(pipeline, { cwd, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).status.token).toMatch(/^eyJ/);
    expect(stderr).toMatch(/cannot be written .*The next call signs in again\n$/);
  });

  it('takes tenant, client id and authority from the variables of Azure', async () => {
    const { cwd, env, common } = setUp();
    const azure = {
      ...env,
      AZURE_TENANT_ID: entra.tenantId,
      AZURE_CLIENT_ID: clients().pipeline.clientId,
      AZURE_AUTHORITY_HOST: `${entra.authorityHost}/`,
    };
    const args = [
      ...common.filter((arg) => arg !== '--authority-host' && arg !== entra.authorityHost),
      '--login',
      'spn',
    ];
    expect(await runCommand(args, { cwd, env: azure })).toMatchObject({ code: 0, stderr: '' });
  });

  it('goes through HTTPS_PROXY with CONNECT, and trusts NODE_EXTRA_CA_CERTS', async () => {
    const { cwd, env, pipeline } = setUp();
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const port = isAddress(address) ? address.port : 0;
    const args = pipeline.filter((arg) => arg !== '--authority-ca' && arg !== 'ca.pem');
    const result = await runCommand(args, {
      cwd,
      env: { ...env, HTTPS_PROXY: `http://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') },
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(asked)).toEqual(new Set([new URL(entra.authorityHost).host]));
  });

  it.each([
    {
      what: 'a wrong secret',
      change: { variables: { AZURE_CLIENT_SECRET: 'canary' } },
      says: /failed \(AADSTS7000215\)\. Check the client secret/,
    },
    {
      what: 'no secret',
      change: { variables: { AZURE_CLIENT_SECRET: '' } },
      says: /there is no client secret and no client certificate\. Set AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH/,
    },
    {
      what: 'an unknown CA',
      change: { without: ['--authority-ca', 'ca.pem'] },
      says: /UNABLE_TO_VERIFY_LEAF_SIGNATURE.*--authority-ca/,
    },
    {
      what: 'nobody there',
      change: { more: ['--authority-host', 'https://127.0.0.1:1'] },
      says: /ECONNREFUSED.*HTTPS_PROXY/,
    },
  ])('says what to do with exit code 3 for $what', async ({ change, says }) => {
    const { cwd, env, pipeline } = setUp();
    const { without, more, variables } = { without: [], more: [], variables: {}, ...change };
    const args = [...pipeline.filter((arg) => !without.some((one) => one === arg)), ...more];
    const { code, stdout, stderr } = await runCommand(args, {
      cwd,
      env: { ...env, ...variables },
    });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^cluster-connect: [^\n]*\n$/);
    expect(stderr).not.toContain('canary');
    expect(existsSync(join(cwd, 'cache')) ? readdirSync(join(cwd, 'cache')) : []).toEqual([]);
  });
});

describe('get-token --login devicecode', () => {
  it('asks the person once, and later only renews', async () => {
    const { cwd, personEnv: env, person } = setUp();
    const child = startCommand(person, { cwd, env });
    const prompt = promptOf(child);
    const result = resultOf(child);
    const [, page, code = ''] = /open (\S+) and enter the code (\S+)\n/.exec(await prompt) ?? [];
    expect(page).toBe(`${entra.authorityHost}/devicelogin`);
    entra.approveDeviceCode(code, 'alice@contoso.example');
    const first = await result;
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(
      /^cluster-connect: --login is left out: signing in with devicecode, because no variable of [^\n]* is set\nTo sign in, [^\n]*\n$/,
    );
    const token: string = JSON.parse(first.stdout).status.token;
    expect(decodeJwt(token)['oid']).toBe(entra.directory.users[0]?.objectId);

    const cache = join(cwd, 'cache');
    for (const file of readdirSync(cache)) expect(statSync(join(cache, file)).mode & 0o777).toBe(0o600);
    expect(
      readdirSync(cache)
        .map((file) => file.replace(/-.*/, ''))
        .toSorted(),
    ).toEqual(['account', 'token']);

    const before = entra.requestedPaths().length;
    expect(JSON.parse((await runCommand(person, { cwd, env })).stdout).status.token).toBe(token);
    expect(entra.requestedPaths().length).toBe(before);

    // The access token is over: the refresh token brings another, without a question.
    const renewed = await runCommand([...person, '--refresh'], { cwd, env });
    expect([renewed.code, renewed.stderr]).toEqual([0, '']);
    expect(JSON.parse(renewed.stdout).status.token).not.toBe(token);
    expect(
      entra
        .requestedPaths()
        .slice(before)
        .some((path) => path.endsWith('/devicecode')),
    ).toBe(false);
  });

  it('asks again when the kept account is damaged, or when a call was killed while it held the lock', async () => {
    const { cwd, personEnv: env, person } = setUp();
    const identity = {
      authorityHost: entra.authorityHost,
      tenant: entra.tenantId,
      clientId: clients().person.clientId,
      scope: entra.scope,
    };
    mkdirSync(join(cwd, 'cache'), { mode: 0o700 });
    for (const text of ['{"Account": 5}', '{', '[]']) {
      writeFileSync(accountFile(join(cwd, 'cache'), 'devicecode', identity), text, { mode: 0o600 });
      const child = startCommand(person, { cwd, env });
      const said = await promptOf(child);
      expect(said).toContain('enter the code');
      child.kill('SIGKILL');
      await resultOf(child);
    }
  });
});

describe('get-token refuses', () => {
  it.each([
    { args: ['--server-id', 'x'], says: 'the tenant is missing. Give --tenant or AZURE_TENANT_ID.' },
    {
      args: ['--tenant', 'contoso.com', '--server-id', 'x'],
      says: 'the client id is missing. Give --client-id or AZURE_CLIENT_ID.',
    },
    {
      args: ['--authority-host', 'http://a'],
      says: '--authority-host is not an https address without a path.',
    },
    { args: ['--client-id', 'x'], says: '--client-id is not a GUID.' },
    { args: ['--scope', 'a b'], says: '--scope is not one scope' },
    {
      args: ['--login', 'password'],
      says: '--login "password" is not a way to sign in that this version knows. Use one of: devicecode, interactive, spn, workloadidentity, msi, azurecli, azurepipelines.',
    },
    {
      args: ['--login', 'ropc'],
      says: '--login "ropc" is not a way to sign in that this version knows. It hands',
    },
    {
      args: ['--redirect-url', 'http://example.com'],
      says: '--redirect-url is not http://localhost[:port][/path]',
    },
    {
      args: ['--azure-pipelines-service-connection-id', 'x'],
      says: '--azure-pipelines-service-connection-id is not a GUID.',
    },
  ])('$args', async ({ args, says }) => {
    const { code, stdout, stderr } = await runHere(['get-token', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`cluster-connect: ${says}`);
  });
});

it('get-token --help names every way to sign in, every variable, and why there are no passwords', async () => {
  const { code, stdout } = await runHere(['get-token', '--help']);
  expect(code).toBe(0);
  for (const name of [
    ...LOGIN_MODE_NAMES,
    ...Object.values({ ...AZURE_NAMES, azureRm: AZURERM_NAMES.clientId }).flat(),
  ]) {
    expect(stdout).toContain(name);
  }
  expect(stdout).toMatch(
    /AGENT_TEMPDIRECTORY, RUNNER_TEMP \(both of a job\), KUBECACHEDIR, ~\/\.kube\/cache/,
  );
  expect(stdout).toContain('There is no ropc (user name and password)');
});

/** What a child says until it has asked the person. */
async function promptOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes('enter the code')) resolve(said);
    });
    child.once('close', () => reject(new Error(`it asked nothing: ${said}`)));
  });
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
