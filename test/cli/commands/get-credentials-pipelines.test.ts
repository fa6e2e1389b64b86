// get-credentials --format azure-pipelines and --exec kubelogin as processes: what somebody would paste or merge.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createAuthority } from '../../../gateway/index.ts';
import { resultOf, runCommand, runHere, startCommand, temporaryDirectory } from '../run-command.ts';
import type { CommandResult } from '../run-command.ts';

const authority = createAuthority('test');
const CLUSTER_ID = '0b9a3c52-93d4-4c6b-8a0e-2f5b7d9e1a01';
// Nobody listens there: what is not about the certificate goes on without it.
const GATEWAY = 'https://127.0.0.1:1';
const CLUSTER = ['--gateway', GATEWAY, '--cluster', 'factory-7'];
const PIPELINES = ['get-credentials', ...CLUSTER, '--format', 'azure-pipelines'];

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: object): string =>
  `${part({ alg: 'RS256' })}.${part({ sub: 'system:serviceaccount:shop:deployer', ...claims })}.c2lnbmF0dXJl`;
const inDays = (days: number): number => Math.floor(Date.now() / 1000) + days * 86_400;

function home(): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'ca.pem'), authority.certificatePem);
  return directory;
}

function secretOf(result: CommandResult): { url: string; secret: Record<string, unknown> } {
  const [url = '', ...rest] = result.stdout.split('\n');
  return { url, secret: JSON.parse(rest.join('\n')) };
}

describe('get-credentials --format azure-pipelines --token-file', () => {
  it('prints the Server URL and the Secret, and says which is which', async () => {
    const directory = home();
    const token = tokenOf({ exp: inDays(90) });
    writeFileSync(join(directory, 'token'), `${token}\n`, { mode: 0o600 });
    const args = [...PIPELINES, '--ca', 'ca.pem', '--token-file', 'token'];
    const result = await runCommand(args, { cwd: directory });
    expect(result.code).toBe(0);
    expect(secretOf(result)).toEqual({
      url: `${GATEWAY}/clusters/factory-7`,
      secret: {
        apiVersion: 'v1',
        kind: 'Secret',
        data: {
          'ca.crt': Buffer.from(`${authority.certificatePem.trim()}\n`).toString('base64'),
          token: Buffer.from(token).toString('base64'),
        },
      },
    });
    expect(result.stderr.split('\n').map((line) => line.replace('cluster-connect: ', ''))).toEqual([
      'New service connection, type Kubernetes, authentication method "Service account".',
      'Field "Server URL":',
      'Field "Secret":',
      expect.stringContaining('The token is of system:serviceaccount:shop:deployer and good until '),
      expect.stringContaining('The Secret is one'),
      'Whether the CA signs what 127.0.0.1:1 shows was not seen: it is not reached from here (ECONNREFUSED).',
      '',
    ]);
    expect(result.stderr).not.toContain(token.slice(0, 20));
  });

  it('takes the token from standard input, and warns that it never expires', async () => {
    const directory = home();
    const args = [...PIPELINES, '--ca', 'ca.pem', '--token-file', '-'];
    const child = startCommand(args, {
      cwd: directory,
      stdin: 'pipe',
    });
    const result = resultOf(child);
    if (child.stdin === null) throw new TypeError('no standard input');
    child.stdin.end(tokenOf({}));
    await once(child.stdin, 'close');
    expect(secretOf(await result).url).toBe(`${GATEWAY}/clusters/factory-7`);
    expect((await result).stderr).toContain('warning: the token never expires');
  });

  it.each([
    { args: ['--token-file', 'token'], says: 'the Secret of a ServiceAccount connection holds a CA' },
    { args: ['--ca', 'ca.pem', '--token-file', 'none'], says: '--token-file none does not exist' },
    {
      args: ['--ca', 'ca.pem', '--token-file', 'ca.pem'],
      says: 'the token of --token-file is no JSON Web Token',
    },
    { args: ['--ca', 'ca.pem', '--token-file', 'old'], says: 'the token of --token-file has expired at ' },
    {
      args: ['--ca', 'ca.pem', '--token-file', 'token', '--route', 'name'],
      says: '--route name does not work',
    },
    {
      args: ['--ca', 'ca.pem', '--token-file', 'token', '--server-id', 'x'],
      says: '--server-id is for signing in',
    },
    ...[
      ['--tenant-id', 'x'],
      ['--login', 'azurepipelines'],
      ['--exec', 'kubelogin'],
      ['--exec-command', '/opt/cc'],
      ['--authority-host', 'https://login.microsoftonline.us'],
      ['--authority-ca', '/x/ca.pem'],
      ['--token-cache-dir', '/x'],
      ['--cluster-id', CLUSTER_ID],
      ['--federated-token-file', '/x'],
      ['--use-azurerm-env-vars'],
    ].map((flags) => ({
      args: ['--ca', 'ca.pem', '--token-file', 'token', ...flags],
      says: `${flags[0]} is for signing in`,
    })),
    {
      args: ['--ca', 'ca.pem', '--token-file', 'token', '--context', 'x'],
      says: '--context names entries of a kubeconfig',
    },
    {
      args: ['--ca', 'ca.pem', '--token-file', 'token', '--overwrite'],
      says: '--format azure-pipelines writes no file for --overwrite',
    },
    {
      args: ['--ca', 'ca.pem', '--server-id', 'x', '--keep-current-context'],
      says: '--format azure-pipelines writes no file for --keep-current-context',
    },
    {
      args: ['--ca', 'ca.pem', '--token-file', 'token', '-f', 'config'],
      says: '--format azure-pipelines writes no file',
    },
    { args: ['--ca', 'ca.pem', '--token', 'x'], says: "unknown option '--token'" },
    { args: ['--server-id', 'x'], says: "--route name needs the gateway's CA" },
    { args: ['--ca', 'ca.pem'], says: 'the API that tokens are for is missing' },
    {
      args: ['--ca', 'ca.pem', '--server-id', 'x', '--login', 'devicecode'],
      says: "nobody sits at a pipeline's agent",
    },
    {
      args: ['--ca', 'ca.pem', '--server-id', 'x', '--exec', 'kubelogin'],
      says: "nobody sits at a pipeline's agent to sign in with devicecode",
    },
    {
      args: ['--ca', 'ca.pem', '--server-id', 'x', '--authority-ca', 'entra.pem'],
      says: '--authority-ca is a relative path',
    },
  ])('refuses $says', async ({ args, says }) => {
    const directory = home();
    writeFileSync(join(directory, 'token'), tokenOf({ exp: inDays(90) }));
    writeFileSync(join(directory, 'old'), tokenOf({ exp: inDays(-1) }));
    const { code, stdout, stderr } = await runCommand([...PIPELINES, ...args], { cwd: directory });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`cluster-connect: ${says}`);
  });
});

describe('get-credentials --format azure-pipelines', () => {
  it('prints a kubeconfig for the agent: no path of this machine, nobody to ask, no secret', async () => {
    const directory = home();
    const args = [...PIPELINES, '--ca', 'ca.pem', '--server-id', 'api://clusters'];
    const { code, stdout, stderr } = await runCommand(args, {
      cwd: directory,
      env: { AZURE_CLIENT_SECRET: 'canary-secret' },
    });
    expect(code).toBe(0);
    const config = parse(stdout);
    expect(config['current-context']).toBe('factory-7');
    expect(config.clusters[0].cluster).toMatchObject({
      server: GATEWAY,
      'tls-server-name': 'factory-7.cluster-connect.internal',
    });
    expect(config.users[0].user.exec).toMatchObject({
      command: 'cluster-connect',
      args: ['get-token', '--server-id', 'api://clusters'],
      interactiveMode: 'Never',
    });
    expect(`${stdout}${stderr}`).not.toMatch(/canary|token: /);
    expect(stderr).toContain('authentication method "Kubeconfig"');
    expect(stderr).toContain('Field "Kubeconfig":');
  });

  it('leaves paths of the agent as they are, whatever kind of machine it is', async () => {
    const paths = [
      ['--authority-ca', 'C:\\agent\\entra.pem'],
      ['--token-cache-dir', 'D:/cache'],
      ['--client-certificate', '/etc/agent/../client.pem'],
      ['--federated-token-file', '\\\\files\\token'],
    ].flat();
    const args = [...PIPELINES, '--ca', 'ca.pem', '--server-id', 'x', ...paths];
    const { stdout } = await runCommand(args, { cwd: home() });
    expect(parse(stdout).users[0].user.exec.args).toEqual(['get-token', '--server-id', 'x', ...paths]);
  });

  it('names kubelogin and the way to sign in, where told', async () => {
    const directory = home();
    const args = [
      '--exec',
      'kubelogin',
      '--login',
      'azurepipelines',
      '--server-id',
      'api://clusters',
      '--route',
      'path',
    ];
    const { code, stdout, stderr } = await runCommand([...PIPELINES, '--ca', 'ca.pem', ...args], {
      cwd: directory,
    });
    expect([code, stderr.includes('needs kubelogin on its PATH')]).toEqual([0, true]);
    const config = parse(stdout);
    expect(config.clusters[0].cluster.server).toBe(`${GATEWAY}/clusters/factory-7`);
    expect(config.users[0].user.exec).toMatchObject({
      command: 'kubelogin',
      args: [
        'get-token',
        '--login',
        'azurepipelines',
        '--server-id',
        'api://clusters',
        '--environment',
        'AzurePublicCloud',
      ],
    });
  });
});

describe('get-credentials --exec kubelogin', () => {
  it('writes a kubeconfig for kubelogin, with a proof of possession for this cluster where asked for', async () => {
    const directory = home();
    const { code, stdout } = await runCommand(
      [
        'get-credentials',
        ...CLUSTER,
        '--ca',
        'ca.pem',
        '-f',
        '-',
        '--exec',
        'kubelogin',
        '--login',
        'spn',
        '--tenant',
        'contoso.com',
        '--server-id',
        'api://clusters',
        '--pop',
        '--cluster-id',
        CLUSTER_ID,
        '--authority-host',
        'https://login.microsoftonline.us',
      ],
      { cwd: directory },
    );
    expect(code).toBe(0);
    expect(parse(stdout).users[0].user.exec).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'kubelogin',
      args: [
        'get-token',
        '--login',
        'spn',
        '--server-id',
        'api://clusters',
        '--tenant-id',
        'contoso.com',
        '--environment',
        'AzureUSGovernmentCloud',
        '--pop-enabled',
        '--pop-claims',
        `u=${CLUSTER_ID}`,
      ],
      interactiveMode: 'IfAvailable',
      provideClusterInfo: false,
      installHint: expect.stringContaining('kubelogin is not installed'),
    });
  });

  it.each([
    { args: ['--pop'], says: '--pop and --cluster-id belong together' },
    { args: ['--cluster-id', CLUSTER_ID], says: '--pop and --cluster-id belong together' },
    { args: ['--pop', '--cluster-id', 'factory-7'], says: '--cluster-id is not a GUID' },
    {
      args: ['--pop', '--cluster-id', CLUSTER_ID, '--login', 'azurecli'],
      says: '--login azurecli cannot bind a token to a key',
    },
    { args: ['--exec', 'az'], says: "option '--exec <plugin>' argument 'az' is invalid" },
    { args: ['--token-file', 'x'], says: '--token-file is only for --format azure-pipelines' },
  ])('refuses $says', async ({ args, says }) => {
    const { code, stdout, stderr } = await runHere([
      'get-credentials',
      ...CLUSTER,
      '--route',
      'path',
      '-f',
      '-',
      '--login',
      'spn',
      '--server-id',
      'x',
      ...args,
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`cluster-connect: ${says}`);
  });
});
