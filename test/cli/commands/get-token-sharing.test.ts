// The cache of get-token between processes, as kubectl's many calls use it, and what may not come out of it or of them.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { resultOf, runCommand, startCommand } from '../run-command.ts';
import type { CommandResult, RunOptions } from '../run-command.ts';
import { claimsIn, clients, removeTokens, signInWorld, tokenIn, tokenRequests } from './sign-in-world.ts';

let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ pollIntervalSeconds: 1 });
});
afterAll(async () => {
  await entra.close();
});

function setUp() {
  const world = signInWorld(entra);
  const { pipeline, person } = clients(entra);
  const spn = [
    ...world.common,
    '--login',
    'spn',
    '--tenant',
    entra.tenantId,
    '--client-id',
    pipeline.clientId,
  ];
  const devicecode = [
    ...world.common,
    '--login',
    'devicecode',
    '--tenant',
    entra.tenantId,
    '--client-id',
    person.clientId,
  ];
  return { ...world, spn, devicecode, env: { ...world.env, AZURE_CLIENT_SECRET: pipeline.secret } };
}

const onlyFile = (cache: string): string => join(cache, readdirSync(cache)[0] ?? '');

describe('the cache between processes', () => {
  it('makes one sign-in for sixty calls at the same moment', { timeout: 120_000 }, async () => {
    const { cwd, env, spn, cache } = setUp();
    const before = tokenRequests(entra);
    const results = await Promise.all(Array.from({ length: 60 }, () => runCommand(spn, { cwd, env })));
    expect(results.filter(({ code, stderr }) => code !== 0 || stderr !== '')).toEqual([]);
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(tokenRequests(entra) - before).toBe(1);
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^token-[0-9a-f]{40}\.json$/)]);
  });

  it('makes one sign-in also after the call that held the lock was killed', async () => {
    const { cwd, env, spn, devicecode, cache } = setUp();
    const child = startCommand(devicecode, { cwd, env });
    await firstWords(child);
    const lock = onlyFile(cache);
    expect(lock).toMatch(/\.lock$/);
    child.kill('SIGKILL');
    await resultOf(child);
    // As if that one had held the lock of this sign-in.
    await runCommand(spn, { cwd, env });
    const token =
      readdirSync(cache).find((name) => name.startsWith('token-') && name.endsWith('.json')) ?? '';
    rmSync(join(cache, token));
    copyFileSync(lock, join(cache, `${token}.lock`));
    const before = tokenRequests(entra);
    const later = await Promise.all(Array.from({ length: 8 }, () => runCommand(spn, { cwd, env })));
    expect(later.map(({ code }) => code)).toEqual(later.map(() => 0));
    expect(new Set(later.map(({ stdout }) => stdout)).size).toBe(1);
    expect(tokenRequests(entra) - before).toBe(1);
  });

  it('tells a person at a second terminal what it waits for, and goes on with the first one’s token', async () => {
    const { cwd, env, devicecode } = setUp();
    const first = startCommand(devicecode, { cwd, env });
    const [, code = ''] = /enter the code (\w+)\n/.exec(await firstWords(first)) ?? [];
    const second = startCommand(devicecode, { cwd, env });
    const ends = [resultOf(first), resultOf(second)];
    expect(await firstWords(second)).toBe(
      'Another command is waiting for this sign-in to be finished: this one goes on after it\n',
    );
    entra.approveDeviceCode(code, 'alice');
    const [one, two] = await Promise.all(ends);
    expect([one?.code, two?.code, two?.stdout]).toEqual([0, 0, one?.stdout]);
  });

  it('asks a person once for two scopes at the same moment', async () => {
    const { cwd, env, devicecode } = setUp();
    const other = devicecode.map((arg) =>
      arg === entra.scope ? entra.scope.replace('.default', 'user_impersonation') : arg,
    );
    const first = startCommand(devicecode, { cwd, env });
    const [, code = ''] = /enter the code (\w+)\n/.exec(await firstWords(first)) ?? [];
    const second = startCommand(other, { cwd, env });
    const ends = [resultOf(first), resultOf(second)];
    expect(await firstWords(second)).toMatch(/^Another command is waiting /);
    entra.approveDeviceCode(code, 'alice');
    const [one, two] = await Promise.all(ends);
    expect([one?.code, two?.code]).toEqual([0, 0]);
    expect(two?.stderr).not.toContain('enter the code');
    expect(two?.stdout).not.toBe(one?.stdout);
  });

  it('asks whom it is for when several accounts are kept, and keeps the one that signs in', async () => {
    const { cwd, env, devicecode, cache } = setUp();
    const elsewhere = join(cwd, 'elsewhere');
    await signInAs('alice', devicecode, { cwd, env });
    await signInAs('bob', devicecode, { cwd, env: { ...env, CLUSTER_CONNECT_CACHE_DIR: elsewhere } });
    const [ours, theirs] = [cache, elsewhere].map((directory) => accountIn(directory));
    if (ours === undefined || theirs === undefined) throw new TypeError('no account is kept');
    // As an earlier version kept them.
    const [alice, bob] = [ours, theirs].map((file) => JSON.parse(readFileSync(file, 'utf8')));
    const both = Object.keys(alice).map((kind) => [kind, { ...alice[kind], ...bob[kind] }]);
    writeFileSync(ours, JSON.stringify(Object.fromEntries(both)));
    removeTokens(cache);
    const result = await signInAs('bob', devicecode, { cwd, env });
    expect(claimsIn(result)['oid']).toBe(entra.directory.users[1]?.objectId);
    const kept = readFileSync(ours, 'utf8');
    expect(kept).toContain(entra.directory.users[1]?.objectId);
    expect(kept).not.toContain(entra.directory.users[0]?.objectId);
  });

  it.each([
    { what: 'readable by others', harm: (file: string) => chmodSync(file, 0o644) },
    {
      what: 'cut off',
      harm: (file: string) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20)),
    },
    {
      what: 'prolonged by hand',
      harm: (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace(/("usableUntilMs":)\d+/, '$19999999999999')),
    },
    {
      what: 'with another token in it',
      harm: (file: string) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace(/("token":")[^"]+/, '$1canary')),
    },
    { what: 'a link', harm: (file: string) => moveAndLink(file) },
  ])('does not use a file that is $what', async ({ harm }) => {
    const { cwd, env, spn, cache } = setUp();
    const first = await runCommand(spn, { cwd, env });
    harm(onlyFile(cache));
    const before = tokenRequests(entra);
    const second = await runCommand(spn, { cwd, env });
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(tokenIn(second)).not.toBe(tokenIn(first));
    expect(second.stdout).not.toContain('canary');
    expect(tokenRequests(entra) - before).toBe(1);
    expect(statSync(onlyFile(cache)).mode & 0o777).toBe(0o600);
  });

  it('does not use the token of another identity, whatever its file is called', async () => {
    const { cwd, env, spn, cache } = setUp();
    const byId = [
      ...spn.filter((arg) => arg !== '--scope' && arg !== entra.scope),
      '--server-id',
      entra.audiences[0] ?? '',
    ];
    const other = join(cwd, 'other');
    const [first, second] = [
      await runCommand(spn, { cwd, env }),
      await runCommand([...byId, '--token-cache-dir', other], { cwd, env }),
    ];
    expect([first.code, second.code]).toEqual([0, 0]);
    // The file of one under the name of the other.
    copyFileSync(onlyFile(cache), onlyFile(other));
    const third = await runCommand([...byId, '--token-cache-dir', other], { cwd, env });
    expect([third.code, tokenIn(third) === tokenIn(first)]).toEqual([0, false]);
  });
});

describe('L1: what a call says', () => {
  it('holds no secret but the token, and that in one place, with every kind of debugging on', async () => {
    const { cwd, env, spn, cache } = setUp();
    const loud = { NODE_DEBUG: 'http,https,tls,net,undici', CLUSTER_CONNECT_DEBUG: '1' };
    const good = await runCommand(spn, { cwd, env: { ...env, ...loud } });
    expect(good.code).toBe(0);
    const token = tokenIn(good);
    expect(good.stdout.split(token)).toHaveLength(2);
    const wrong = await runCommand([...spn, '--refresh', '--debug'], {
      cwd,
      env: { ...env, ...loud, AZURE_CLIENT_SECRET: 'canary-secret' },
    });
    expect([wrong.code, wrong.stdout]).toEqual([3, '']);
    for (const text of [good.stderr, wrong.stderr]) {
      expect(text).not.toContain('canary');
      expect(text).not.toContain(env.AZURE_CLIENT_SECRET);
      expect(text).not.toContain(token);
      expect(text).not.toContain('client_secret=');
    }
    expect(readFileSync(onlyFile(cache), 'utf8')).not.toContain(env.AZURE_CLIENT_SECRET);
    expect(existsSync(join(cwd, '.azure'))).toBe(false);
  });
});

async function signInAs(user: string, args: readonly string[], options: RunOptions): Promise<CommandResult> {
  const child = startCommand(args, options);
  const ending = resultOf(child);
  const [, code = ''] = /enter the code (\w+)\n/.exec(await firstWords(child)) ?? [];
  entra.approveDeviceCode(code, user);
  return ending;
}

function accountIn(directory: string): string | undefined {
  const name = readdirSync(directory).find((candidate) => candidate.startsWith('account-'));
  return name === undefined ? undefined : join(directory, name);
}

async function firstWords(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.stderr?.once('data', (bytes: Buffer) => resolve(bytes.toString()));
  });
}

function moveAndLink(file: string): void {
  copyFileSync(file, `${file}.moved`);
  rmSync(file);
  symlinkSync(`${file}.moved`, file);
}
