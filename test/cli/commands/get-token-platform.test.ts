// get-token as a process of a machine in Azure (managed identity), and of a person with the Azure CLI, for which a script
// stands.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { runCommand } from '../run-command.ts';
import { appNamed, claimsIn, signInWorld } from './sign-in-world.ts';

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn();
});
afterAll(async () => {
  await entra.close();
});

describe('get-token --login msi', () => {
  const appService = (): Record<string, string> => ({
    IDENTITY_ENDPOINT: entra.managedIdentity.endpoint,
    IDENTITY_HEADER: entra.managedIdentity.header,
  });
  const args = (): string[] => ['get-token', '--scope', entra.scope];

  it('signs in the identity of an App Service, guesses it, and asks once', async () => {
    const { cwd, env } = signInWorld(entra);
    const options = {
      cwd,
      env: { ...env, ...appService(), HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' },
    };
    const first = await runCommand(args(), options);
    expect([first.code, first.stderr]).toEqual([
      0,
      'cluster-connect: --login is left out: signing in with msi, because IDENTITY_ENDPOINT is set\n',
    ]);
    expect(claimsIn(first)['azp']).toBe(appNamed(entra, 'build machine').clientId);
    // The same token again: the double makes another one for each request.
    expect(await runCommand(args(), options)).toEqual({ ...first, stderr: '' });
  });

  it('signs in the identity of a virtual machine (IMDS), and one that is named', async () => {
    const { cwd, env } = signInWorld(entra);
    // MSAL appends its path to this and a slash, which the double, other than Azure, does not take: so it lands in the query.
    const { origin } = new URL(entra.managedIdentity.endpoint);
    const imds = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `${origin}/metadata/identity/oauth2/token?appended=` };
    const login = [...args(), '--login', 'msi'];
    const system = await runCommand(login, { cwd, env: { ...env, ...imds } });
    expect([system.code, system.stderr]).toEqual([0, '']);
    const named = await runCommand([...login, '--client-id', entra.managedIdentity.clientId], {
      cwd,
      env: { ...env, ...imds },
    });
    expect(claimsIn(named)['azp']).toBe(entra.managedIdentity.clientId);
    // Whose token it is, is not known from outside: the identity of the machine and one by name are kept apart.
    expect(named.stdout).not.toBe(system.stdout);
  });

  it.each([
    {
      what: 'an identity that the machine does not have',
      change: { AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000000' },
      flags: [],
      code: 3,
      says: /the sign-in at the managed identity endpoint failed \(\w+\)\. Check that this resource has the identity/,
    },
    {
      what: 'a machine without an endpoint',
      change: { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token' },
      flags: [],
      code: 3,
      says: /the managed identity endpoint could not be asked for a token \(ECONNREFUSED\)\. Run this on an Azure resource/,
    },
    {
      what: 'a wrong header',
      change: { IDENTITY_HEADER: 'canary' },
      flags: [],
      code: 3,
      says: /the sign-in at the managed identity endpoint failed/,
    },
    {
      what: 'an endpoint that is no address',
      change: { IDENTITY_ENDPOINT: 'canary' },
      flags: [],
      code: 3,
      says: /the managed identity endpoint could not be asked for a token \(ERR_INVALID_URL\)/,
    },
    {
      what: 'two names',
      change: {},
      flags: [
        '--client-id',
        '00000000-0000-0000-0000-000000000000',
        '--identity-resource-id',
        '/subscriptions/x',
      ],
      code: 2,
      says: /are both given/,
    },
  ])('says what is wrong with $what', async ({ change, flags, code, says }) => {
    const { cwd, env } = signInWorld(entra);
    const result = await runCommand([...args(), '--login', 'msi', ...flags], {
      cwd,
      env: { ...env, ...appService(), ...change },
    });
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^cluster-connect: [^\n]*\n$/);
    expect(result.stderr).not.toContain('canary');
  });

  it('tells an endpoint that is broken from one that refuses', async () => {
    const broken = createServer((_, response) => void response.writeHead(503).end('canary'));
    await new Promise<void>((resolve) => void broken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void broken.close());
    const address = broken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { cwd, env } = signInWorld(entra);
    const result = await runCommand([...args(), '--login', 'msi'], {
      cwd,
      env: { ...env, ...appService(), IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/` },
    });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(
      /^cluster-connect: the managed identity endpoint answered with 503\. Run the command again [^\n]*\n$/,
    );
  });

  it('does not ask for one scope, which no identity endpoint gives', async () => {
    const result = await runCommand(
      ['get-token', '--login', 'msi', '--scope', 'api://x/user_impersonation'],
      {},
    );
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain('a managed identity gets tokens for a whole API');
  });
});

describe('get-token --login azurecli', () => {
  function setUp(script: string) {
    const { cwd, env } = signInWorld(entra);
    const bin = join(cwd, 'bin');
    const azure = join(cwd, 'azure');
    mkdirSync(bin);
    mkdirSync(azure);
    const token = entra.issueToken({ user: 'alice' });
    writeFileSync(join(cwd, 'answer.json'), JSON.stringify(answer(token)));
    writeFileSync(join(azure, 'azureProfile.json'), '{"subscriptions":["alice"]}');
    // Notes each call, and answers as the lines say that a test gives.
    writeFileSync(join(bin, 'az'), `#!/bin/sh\nprintf '%s\\n' "$*" >>"${cwd}/calls"\n${script}\n`);
    chmodSync(join(bin, 'az'), 0o755);
    return {
      cwd,
      token,
      profile: join(azure, 'azureProfile.json'),
      args: ['get-token', '--login', 'azurecli', '--scope', entra.scope],
      env: { ...env, PATH: `${bin}:/usr/bin:/bin`, AZURE_CONFIG_DIR: azure },
      calls: () =>
        existsSync(join(cwd, 'calls')) ? readFileSync(join(cwd, 'calls'), 'utf8').trim().split('\n') : [],
    };
  }
  const answer = (accessToken: string) => ({
    accessToken,
    expiresOn: '2030-01-01 00:00:00.000000',
    expires_on: Math.floor(Date.now() / 1000) + 3600,
    subscription: '0',
    tenant: '0',
    tokenType: 'Bearer',
  });

  it('asks az once, and again only when somebody else has signed in there', async () => {
    const { cwd, env, args, token, calls, profile } = setUp('cat answer.json');
    const more = [...args, '--tenant', entra.tenantId, '--subscription', 'Pay as you go (1)'];
    const first = await runCommand(more, { cwd, env });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout).status.token).toBe(token);
    expect(await runCommand(more, { cwd, env })).toEqual(first);
    expect(calls()).toEqual([
      `account get-access-token --output json --resource ${entra.scope.replace('/.default', '')} --subscription Pay as you go (1)`,
    ]);
    writeFileSync(profile, '{"subscriptions":["bob"]}');
    await runCommand(more, { cwd, env });
    expect(calls()).toHaveLength(2);
  });

  it('names the tenant where no subscription is named', async () => {
    const { cwd, env, args, calls } = setUp('cat answer.json');
    await runCommand([...args, '--tenant', entra.tenantId], { cwd, env });
    expect(calls()).toEqual([
      `account get-access-token --output json --resource ${entra.scope.replace('/.default', '')} --tenant ${entra.tenantId}`,
    ]);
  });

  it('asks for a single scope by its name', async () => {
    const { cwd, env, args, calls } = setUp('cat answer.json');
    const scope = entra.scope.replace('.default', 'user_impersonation');
    expect(await runCommand([...args, '--scope', scope], { cwd, env })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(calls()).toEqual([`account get-access-token --output json --scope ${scope}`]);
  });

  it('understands an az that says only in local time when the token ends', async () => {
    const { cwd, env, args } = setUp(
      `echo '{"accessToken":"a.b.c","expiresOn":"2030-06-01 12:00:00.000000"}'`,
    );
    const result = await runCommand(args, { cwd, env: { ...env, TZ: 'Asia/Tokyo' } });
    expect(JSON.parse(result.stdout).status.expirationTimestamp).toBe('2030-06-01T03:00:00Z');
  });

  it.each([
    {
      what: 'nobody has signed in',
      script: 'echo "ERROR: Please run \'az login\' to setup account. canary" >&2; exit 1',
      variables: {},
      says: /az is not signed in for this\. Run `az login`/,
    },
    {
      what: 'Entra refuses',
      script: 'echo "AADSTS65001: canary has not consented" >&2; exit 1',
      variables: {},
      says: /az is not signed in for this \(AADSTS65001\)/,
    },
    {
      what: 'az breaks',
      script: 'echo canary >&2; exit 1',
      variables: {},
      says: /az failed\. Run `az account/,
    },
    { what: 'it is no token', script: 'echo canary', variables: {}, says: /az gave no usable access token/ },
    { what: 'it says nothing', script: '', variables: {}, says: /az gave no usable access token/ },
    {
      what: 'it never ends',
      script: 'exec sleep 600',
      variables: { AZURE_CLI_TIMEOUT: '300ms' },
      says: /az gave no token within 0\.3 s\. .*AZURE_CLI_TIMEOUT/,
    },
    { what: 'it never stops', script: 'yes canary', variables: {}, says: /az wrote more than a token/ },
    {
      what: 'az is not there',
      script: 'exit 0',
      variables: { PATH: '/nonexistent' },
      says: /az is not on the PATH\. Install the Azure CLI/,
    },
  ])('says what to do when $what', async ({ script, variables, says }) => {
    const { cwd, env, args } = setUp(script);
    const result = await runCommand(args, { cwd, env: { ...env, ...variables } });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^cluster-connect: [^\n]*\n$/);
    expect(result.stderr).not.toContain('canary');
  });

  it.each([
    {
      flags: [],
      variables: { AZURE_CLI_TIMEOUT: 'soon' },
      says: /AZURE_CLI_TIMEOUT is not a time of up to 10m/,
    },
    {
      flags: [],
      variables: { AZURE_CLI_TIMEOUT: '11m' },
      says: /AZURE_CLI_TIMEOUT is not a time of up to 10m/,
    },
    { flags: ['--subscription', '-x'], variables: {}, says: /--subscription is not the id or the name/ },
    { flags: ['--subscription', 'a";id"'], variables: {}, says: /--subscription is not the id or the name/ },
    {
      flags: ['--scope', 'api://$(id)/.default'],
      variables: {},
      says: /has characters that az is not given/,
    },
  ])('does not run az with $flags $variables', async ({ flags, variables, says }) => {
    const { cwd, env, args, calls } = setUp('cat answer.json');
    const result = await runCommand([...args, ...flags], { cwd, env: { ...env, ...variables } });
    expect([result.code, result.stdout, calls()]).toEqual([2, '', []]);
    expect(result.stderr).toMatch(says);
  });
});
