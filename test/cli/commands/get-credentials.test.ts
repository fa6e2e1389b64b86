// get-credentials as a process: what it writes, with which mode, and what it refuses.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createAuthority } from '../../../gateway/index.ts';
import { MAIN, runCommand, runHere, temporaryDirectory } from '../run-command.ts';
import type { CommandResult } from '../run-command.ts';

const authority = createAuthority('test');
const CLIENT = '22222222-2222-3333-4444-555555555555';
const SIGN_IN = ['--tenant', 'contoso.com', '--client-id', CLIENT, '--server-id', 'api://clusters'];
const CLUSTER = ['--gateway', 'https://relay.example.com', '--cluster', 'factory-7'];

function home(): string {
  const directory = temporaryDirectory();
  const { privateKeyPem } = createAuthority('other').issueServerCertificate({ dnsNames: ['x.example'] });
  // As on the gateway itself: a key beside the certificate.
  writeFileSync(join(directory, 'ca.pem'), privateKeyPem + authority.certificatePem);
  return directory;
}

function getCredentials(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return runCommand(['get-credentials', ...CLUSTER, ...args], { cwd, env });
}

describe('get-credentials', () => {
  it('writes ~/.kube/config for its owner only, with the CA, the server name and the exec plugin', async () => {
    const directory = home();
    const result = await getCredentials(directory, ['--ca', 'ca.pem', ...SIGN_IN]);
    const file = join(directory, '.kube', 'config');
    expect(result).toEqual({
      code: 0,
      stdout: `Context factory-7 is in ${file}.\nNext: kubectl get pods\n`,
      stderr: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, '.kube')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, '.kube'))).toEqual(['config']);
    const config = parse(readFileSync(file, 'utf8'));
    expect(config.clusters[0].cluster).toEqual({
      server: 'https://relay.example.com',
      'tls-server-name': 'factory-7.cluster-connect.internal',
      'certificate-authority-data': Buffer.from(`${authority.certificatePem.trim()}\n`).toString('base64'),
    });
    // Not installed here: kubectl must find this very program.
    expect(config.users[0].user.exec.command).toBe(process.execPath);
    expect(config.users[0].user.exec.args).toEqual([MAIN, 'get-token', ...SIGN_IN]);
  });

  it('L2: writes no secret, not even one that lies beside the CA or in the environment', async () => {
    const env = { AZURE_CLIENT_SECRET: 'canary-secret' };
    const { stdout, code } = await getCredentials(
      home(),
      ['--ca', 'ca.pem', '-f', '-', '--login', 'spn', '--server-id', 'x'],
      env,
    );
    expect(code).toBe(0);
    expect(stdout).not.toContain('canary');
    const data = parse(stdout).clusters[0].cluster['certificate-authority-data'];
    expect(Buffer.from(data, 'base64').toString()).not.toContain('PRIVATE KEY');
  });

  it('passes on where tokens are kept, for a second account on one machine', async () => {
    const directory = home();
    const args = ['--ca', 'ca.pem', ...SIGN_IN, '--token-cache-dir', 'second', '--kubeconfig', '-'];
    const config = parse((await getCredentials(directory, args)).stdout);
    expect(config.users[0].user.exec.args.slice(-2)).toEqual([
      '--token-cache-dir',
      join(directory, 'second'),
    ]);
  });

  it('names the program by its name where it is installed, or as it is told', async () => {
    const directory = home();
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin', 'cluster-connect'), '#!/bin/sh\n', { mode: 0o755 });
    const args = ['--ca', 'ca.pem', '-f', '-', ...SIGN_IN];
    const installed = await getCredentials(directory, args, { PATH: `relative:${join(directory, 'bin')}` });
    expect(parse(installed.stdout).users[0].user.exec).toMatchObject({
      command: 'cluster-connect',
      args: expect.arrayContaining(['get-token']),
    });
    const told = await getCredentials(directory, [...args, '--exec-command', '/opt/cc']);
    expect(parse(told.stdout).users[0].user.exec.command).toBe('/opt/cc');
  });

  it('names its own files where only npx put it on PATH, for one command', async () => {
    const directory = home();
    const bin = join(directory, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'cluster-connect'), '#!/bin/sh\n', { mode: 0o755 });
    const args = ['--ca', 'ca.pem', '-f', '-', ...SIGN_IN];
    const { stdout } = await getCredentials(directory, args, { PATH: bin });
    const { exec } = parse(stdout).users[0].user;
    expect([exec.command, exec.args[0]]).toEqual([process.execPath, MAIN]);
  });

  it('writes the first file of KUBECONFIG, keeps its mode and what it holds, and warns when others can read it', async () => {
    const directory = home();
    const file = join(directory, 'first');
    writeFileSync(file, '# mine\nusers:\n- name: me\n  user: {token: abc}\n');
    chmodSync(file, 0o640);
    const env = { KUBECONFIG: `:${file}:${join(directory, 'second')}` };
    const { code, stderr } = await getCredentials(
      directory,
      ['--ca', 'ca.pem', '--context', 'f7', '--keep-current-context', ...SIGN_IN],
      env,
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `cluster-connect: warning: ${file} can be read by others. Run: chmod 600 ${file}\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^# mine\nusers:\n {2}- name: me\n {4}user: \{ ?token: abc ?\}\n/,
    );
    expect(existsSync(join(directory, 'second'))).toBe(false);
  });

  it('follows a link instead of replacing it', async () => {
    const directory = home();
    writeFileSync(join(directory, 'real'), '', { mode: 0o600 });
    symlinkSync('real', join(directory, 'link'));
    await getCredentials(directory, ['--ca', 'ca.pem', '-f', 'link', ...SIGN_IN]);
    expect(readFileSync(join(directory, 'real'), 'utf8')).toContain('factory-7');
  });

  it('does not touch a file that it cannot read as a kubeconfig', async () => {
    const directory = home();
    writeFileSync(join(directory, 'broken'), 'clusters: [', { mode: 0o600 });
    const broken = await getCredentials(directory, ['--ca', 'ca.pem', '-f', 'broken', ...SIGN_IN]);
    expect([broken.code, broken.stdout]).toEqual([2, '']);
    expect(broken.stderr).toMatch(
      /^cluster-connect: \S+broken is not valid YAML\. It was not changed\. .*\n$/,
    );
    expect(readFileSync(join(directory, 'broken'), 'utf8')).toBe('clusters: [');
    expect(readdirSync(directory).toSorted()).toEqual(['broken', 'ca.pem']);
  });

  it('loses no entry when four of them write at once', async () => {
    const directory = home();
    const names = Array.from({ length: 4 }, (_, index) => `cluster-${index}`);
    const results = await Promise.all(
      names.map((name) =>
        getCredentials(directory, ['--ca', 'ca.pem', '-f', 'config', '--context', name, ...SIGN_IN]),
      ),
    );
    expect(results.map(({ code }) => code)).toEqual(names.map(() => 0));
    const { contexts } = parse(readFileSync(join(directory, 'config'), 'utf8'));
    expect(contexts.map((context: { name: string }) => context.name).toSorted()).toEqual(names);
  });

  it.each([
    { args: ['--client-certificate', '/c.pem'], env: {} },
    { args: ['--federated-token-file', '/token'], env: {} },
    { args: ['--identity-resource-id', '/subscriptions/1'], env: {} },
    { args: ['--use-azurerm-env-vars'], env: { ARM_CLIENT_SECRET: 'x' } },
    { args: [], env: { AAD_LOGIN_METHOD: 'spn' } },
    { args: ['--exec', 'kubelogin'], env: { AAD_LOGIN_METHOD: 'msi' } },
  ])('needs no tenant and no client for what get-token guesses: $args $env', async ({ args, env }) => {
    const flags = ['--ca', 'ca.pem', '-f', '-', '--server-id', 'x', ...args];
    const { code, stdout, stderr } = await getCredentials(home(), flags, env);
    expect([code, stderr]).toEqual([0, '']);
    expect(parse(stdout).users[0].user.exec.args).not.toContain('--login');
  });

  it("takes the tenant under kubelogin's name too, and writes it down under its own", async () => {
    const [, tenant = '', ...rest] = SIGN_IN;
    const args = ['--ca', 'ca.pem', '-f', '-', '--tenant-id', tenant, ...rest];
    const { stdout } = await getCredentials(home(), args);
    expect(parse(stdout).users[0].user.exec.args).toEqual([MAIN, 'get-token', ...SIGN_IN]);
  });

  it('leaves a cluster of somebody else under the same name as it was', async () => {
    const directory = home();
    const text = 'clusters:\n- name: factory-7\n  cluster: { server: https://prod.example }\n';
    writeFileSync(join(directory, 'config'), text, { mode: 0o600 });
    const args = ['--ca', 'ca.pem', '-f', 'config', ...SIGN_IN];
    const { code, stderr } = await getCredentials(directory, args);
    expect([code, readFileSync(join(directory, 'config'), 'utf8')]).toEqual([2, text]);
    expect(stderr).toContain('already holds a cluster with another address under the name factory-7');
    expect((await getCredentials(directory, [...args, '--overwrite'])).code).toBe(0);
  });

  it.each([
    { args: SIGN_IN, says: "--route name needs the gateway's CA" },
    { args: ['--ca', 'none.pem', ...SIGN_IN], says: '--ca none.pem does not exist' },
    { args: ['--route', 'host', ...SIGN_IN], says: '--route host needs the domain' },
    { args: ['--route', 'path'], says: 'the API that tokens are for is missing' },
    {
      args: ['--route', 'path', '--server-id', 'x'],
      says: 'it is not said who signs in where',
    },
    {
      args: ['--route', 'path', ...SIGN_IN, '--tenant-id', 'x'],
      says: '--tenant and --tenant-id are both given',
    },
    { args: ['--route', 'path', ...SIGN_IN, '--scope', 'y'], says: '--server-id and --scope are both given' },
    {
      args: ['--route', 'path', ...SIGN_IN, '--tenant', 'common'],
      says: '--tenant is not a GUID or a domain',
    },
    {
      args: ['--route', 'path', ...SIGN_IN, '--cluster', '../a'],
      says: '--cluster is not the name of a cluster',
    },
    {
      args: ['--route', 'path', ...SIGN_IN, '--gateway', 'http://a'],
      says: '--gateway is not an https address',
    },
    { args: ['--route', 'path', ...SIGN_IN, '--context', 'a b'], says: '--context has characters' },
    {
      args: ['--route', 'path', ...SIGN_IN, '--client-secret', 'x'],
      says: "unknown option '--client-secret'",
    },
  ])('refuses $says', async ({ args, says }) => {
    const { code, stdout, stderr } = await runHere(['get-credentials', ...CLUSTER, '-f', '-', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`cluster-connect: ${says}`);
  });
});
