// get-token --login interactive as a process: a fake of the platform's opener notes the address, and the double plays the
// browser.
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_DIRECTORY, startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { resultOf, runCommand, startCommand } from '../run-command.ts';
import type { RunOptions } from '../run-command.ts';
import { claimsIn, clients, removeTokens, signInWorld, tokenIn, tokenRequests } from './sign-in-world.ts';

let entra: EntraStandIn;
beforeAll(async () => {
  const apps = DEFAULT_DIRECTORY.apps.map((app) =>
    app.redirectUris === undefined
      ? app
      : { ...app, redirectUris: [...app.redirectUris, 'http://localhost/signed-in'] },
  );
  entra = await startEntraStandIn({ directory: { apps } });
});
afterAll(async () => {
  await entra.close();
});

function setUp() {
  const world = signInWorld(entra);
  const opened = join(world.cwd, 'opened');
  const bin = join(world.cwd, 'bin');
  mkdirSync(bin);
  // What it is given is noted in one step, so that a reader never sees half of it.
  const script = `#!/bin/sh\nprintf '%s' "$1" >"${opened}.part" && mv "${opened}.part" "${opened}"\n`;
  for (const name of ['xdg-open', 'open']) writeFileSync(join(bin, name), script, { mode: 0o755 });
  return {
    ...world,
    opened,
    args: [
      ...world.common,
      '--login',
      'interactive',
      '--tenant',
      entra.tenantId,
      '--client-id',
      clients(entra).person.clientId,
    ],
    env: { ...world.env, PATH: `${bin}:/usr/bin:/bin`, DISPLAY: ':0' },
  };
}

/** The address that a child prints, as soon as it does. */
async function addressOf(child: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      seen += bytes.toString();
      const [, url] = /(https:\/\/\S+\/authorize\?\S+)\n/.exec(seen) ?? [];
      if (url !== undefined) resolve(new URL(url));
    });
    child.once('close', () => reject(new Error(`no address in ${JSON.stringify(seen)}`)));
  });
}

async function signIn(args: readonly string[], options: RunOptions, person: string) {
  const child = startCommand(args, options);
  const ending = resultOf(child);
  const url = await addressOf(child);
  await entra.browserSignIn(url.href, person);
  return { url, result: await ending };
}

describe('get-token --login interactive', () => {
  it('signs a person in by the browser, and later only renews', async () => {
    const { cwd, env, args, cache } = setUp();
    const child = startCommand(args, { cwd, env });
    const ending = resultOf(child);
    const url = await addressOf(child);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      response_mode: 'form_post',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    const page = await entra.browserSignIn(url.href, 'alice@contoso.example');
    expect([page.status, page.text]).toEqual([
      200,
      'Signed in. You can close this page and go back to your terminal.\n',
    ]);
    const first = await ending;
    expect(first.code).toBe(0);
    expect(first.stderr).toBe(`To sign in, go to your browser, or open ${url.href}\n`);
    expect(claimsIn(first)['oid']).toBe(entra.directory.users[0]?.objectId);
    for (const file of readdirSync(cache)) expect(statSync(join(cache, file)).mode & 0o777).toBe(0o600);

    const before = entra.requestedPaths().length;
    expect(await runCommand(args, { cwd, env })).toEqual({ ...first, stderr: '' });
    expect(entra.requestedPaths().length).toBe(before);

    removeTokens(cache);
    const renewed = await runCommand(args, { cwd, env });
    expect([renewed.code, renewed.stderr]).toEqual([0, '']);
    expect(tokenIn(renewed)).not.toBe(tokenIn(first));
  });

  it('ends though a browser keeps connections open that it made in advance', async () => {
    const { cwd, env, args } = setUp();
    const child = startCommand(args, { cwd, env });
    const ending = resultOf(child);
    const url = await addressOf(child);
    const port = Number(new URL(url.searchParams.get('redirect_uri') ?? '').port);
    const idle = connect(port, '127.0.0.1');
    onTestFinished(() => void idle.destroy());
    await once(idle, 'connect');
    const page = await entra.browserSignIn(url.href, 'alice@contoso.example');
    expect([page.status, (await ending).code]).toEqual([200, 0]);
  });

  it('lets another person sign in with --refresh, and from then on renews for that one alone', async () => {
    const { cwd, env, args, cache } = setUp();
    await signIn([...args], { cwd, env }, 'alice@contoso.example');
    const { url, result } = await signIn([...args, '--refresh'], { cwd, env }, 'bob@contoso.example');
    expect(url.searchParams.get('prompt')).toBe('select_account');
    const bob = entra.directory.users[1]?.objectId;
    expect(claimsIn(result)['oid']).toBe(bob);
    removeTokens(cache);
    const renewed = await runCommand(args, { cwd, env });
    expect([renewed.code, renewed.stderr]).toEqual([0, '']);
    expect(claimsIn(renewed)['oid']).toBe(bob);
    const [account = ''] = readdirSync(cache).filter((name) => name.startsWith('account-'));
    const kept = readFileSync(join(cache, account), 'utf8');
    expect(Object.keys(JSON.parse(kept).Account)).toHaveLength(1);
    expect(kept).not.toContain(entra.directory.users[0]?.objectId ?? '');
  });

  it('keeps people apart whom --login-hint names', async () => {
    const { cwd, env, args, cache } = setUp();
    const hinted = (name: string): string[] => [...args, '--login-hint', `${name}@contoso.example`];
    const ids = entra.directory.users.map(({ objectId }) => objectId);
    for (const name of ['alice', 'bob']) {
      await signIn(hinted(name), { cwd, env }, `${name}@contoso.example`);
    }
    for (const remove of [() => undefined, () => removeTokens(cache)]) {
      remove();
      const [alice, bob] = [
        await runCommand(hinted('alice'), { cwd, env }),
        await runCommand(hinted('bob'), { cwd, env }),
      ];
      expect([alice.stderr, bob.stderr]).toEqual(['', '']);
      expect([claimsIn(alice)['oid'], claimsIn(bob)['oid']]).toEqual(ids.slice(0, 2));
    }
  });

  it('gives the address to the opener of the platform, and without a display to nobody', async () => {
    const { cwd, env, args, opened } = setUp();
    const child = startCommand(args, { cwd, env });
    const url = await addressOf(child);
    await expect.poll(() => readdirSync(cwd).includes('opened'), { timeout: 10_000 }).toBe(true);
    expect(statSync(opened).size).toBe(url.href.length);
    child.kill('SIGKILL');
    await resultOf(child);

    const alone = startCommand(args, { cwd, env: { ...env, DISPLAY: '' } });
    const ending = resultOf(alone);
    const other = await addressOf(alone);
    await entra.browserSignIn(other.href, 'bob@contoso.example');
    expect((await ending).stderr).toBe(`To sign in, open in a browser of this machine ${other.href}\n`);
  });

  it('listens where --redirect-url says, and begins with --login-hint', async () => {
    const { cwd, env, args } = setUp();
    const port = await freePort();
    const more = [
      '--redirect-url',
      `http://localhost:${port}/signed-in`,
      '--login-hint',
      'bob@contoso.example',
    ];
    const child = startCommand([...args, ...more], { cwd, env });
    const ending = resultOf(child);
    const url = await addressOf(child);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      redirect_uri: `http://localhost:${port}/signed-in`,
      login_hint: 'bob@contoso.example',
    });
    await entra.browserSignIn(url.href, 'bob@contoso.example');
    expect(claimsIn(await ending)['oid']).toBe(entra.directory.users[1]?.objectId);
  });

  it('says so when the person cancels', async () => {
    const { cwd, env, args, cache } = setUp();
    const child = startCommand(args, { cwd, env });
    const ending = resultOf(child);
    const page = await entra.browserSignIn((await addressOf(child)).href, null);
    expect(page.text).toBe('The sign-in failed. Your terminal says why.\n');
    const result = await ending;
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(
      /failed \(AADSTS65004\)\. Run the command again and accept the sign-in\.\n$/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('lets nobody else end it: not with a state that is not its own, nor with a code that is not for its key', async () => {
    const { cwd, env, args } = setUp();
    const child = startCommand(args, { cwd, env });
    const ending = resultOf(child);
    const url = await addressOf(child);
    const listener = url.searchParams.get('redirect_uri') ?? '';
    const post = async (body: string) => {
      const answer = await request(listener, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      await answer.body.dump();
      return answer.statusCode;
    };
    expect(await post('code=canary&state=guess')).toBe(400);
    expect(await post('code=canary')).toBe(400);
    expect(child.exitCode).toBeNull();
    const before = tokenRequests(entra);
    // The victim's browser is brought to an address of another client's sign-in, whose code is for another challenge.
    const foreign = new URL(url);
    foreign.searchParams.set('code_challenge', 'x'.repeat(43));
    await entra.browserSignIn(foreign.href, 'mallory@contoso.example');
    const result = await ending;
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).not.toContain('canary');
    expect(tokenRequests(entra) - before).toBe(1);
  });

  it('says what to do when the port is taken', async () => {
    const { cwd, env, args } = setUp();
    const taken = createServer();
    const port = await listen(taken);
    const result = await runCommand([...args, '--redirect-url', `http://localhost:${port}`], { cwd, env });
    taken.close();
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('cannot be listened on (EADDRINUSE). Give another --redirect-url');
  });
});

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
