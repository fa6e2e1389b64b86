// get-token --pop-enabled as a process: tokens as kubelogin makes them, bound to a key of this machine.
import { createPublicKey, hash, verify } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn } from '../../../demo/entra/index.ts';
import { resultOf, runCommand, startCommand } from '../run-command.ts';
import { claimsIn, clients, removeTokens, signInWorld, tokenIn, tokenRequests } from './sign-in-world.ts';

const CLUSTER = '0b54f2a6-1f7c-4d0e-9f0a-6f2f1f0f7a11';
const POP = ['--pop-enabled', '--pop-claims', `u=${CLUSTER}`];

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
  const who = (clientId: string): string[] => ['--tenant', entra.tenantId, '--client-id', clientId];
  return {
    ...world,
    spn: [...world.common, '--login', 'spn', ...who(pipeline.clientId)],
    person: [...world.common, ...who(person.clientId)],
    env: { ...world.env, AZURE_CLIENT_SECRET: pipeline.secret },
  };
}

/** Verifies it as RFC 7515 has it, and gives what is in it. */
function open(token: string) {
  const { cnf, at, ...payload } = decodeJwt<{ cnf: { jwk: Record<string, string> }; at: string }>(token);
  const key = createPublicKey({ key: cnf.jwk, format: 'jwk' });
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  expect(verify('sha256', Buffer.from(token.slice(0, end)), key, signature)).toBe(true);
  return { header: decodeProtectedHeader(token), payload, jwk: cnf.jwk, at, inner: decodeJwt(at) };
}

describe('get-token --pop-enabled', () => {
  it('gives a token of kubelogin’s form: bound to a key, a cluster and a moment', async () => {
    const { cwd, env, spn, cache } = setUp();
    const result = await runCommand([...spn, ...POP], { cwd, env });
    expect([result.code, result.stderr]).toEqual([0, '']);
    const { header, payload, jwk, inner } = open(tokenIn(result));
    const thumbprint = hash('sha256', JSON.stringify({ e: jwk['e'], kty: 'RSA', n: jwk['n'] }), 'base64url');
    expect(header).toEqual({ typ: 'pop', alg: 'RS256', kid: thumbprint });
    expect(payload).toEqual({
      ts: expect.any(Number),
      u: CLUSTER,
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(jwk).toEqual({ e: 'AQAB', kty: 'RSA', n: expect.any(String), alg: 'RS256', kid: thumbprint });
    expect(inner['cnf']).toEqual({ kid: thumbprint, xms_ksl: 'sw' });
    expect(inner['azp']).toBe(clients(entra).pipeline.clientId);
    const ends = Date.parse(JSON.parse(result.stdout).status.expirationTimestamp);
    // kubectl asks for another one before the strictest verifier finds this one old.
    expect(ends / 1000 - Number(payload['ts'])).toBeGreaterThan(200);
    expect(ends / 1000 - Number(payload['ts'])).toBeLessThan(300);

    expect(readdirSync(cache).map((file) => file.replace(/-[0-9a-f]{40}/, ''))).toEqual([
      'pop-key.pem',
      'token.json',
    ]);
    for (const file of readdirSync(cache)) expect(statSync(join(cache, file)).mode & 0o777).toBe(0o600);
  });

  it('keeps the access token, and signs anew at each call', async () => {
    const { cwd, env, spn } = setUp();
    const before = tokenRequests(entra);
    const first = open(tokenIn(await runCommand([...spn, ...POP], { cwd, env })));
    const asked = entra.requestedPaths().length;
    const second = open(tokenIn(await runCommand([...spn, ...POP], { cwd, env })));
    const elsewhere = await runCommand([...spn, '--pop-enabled', '--pop-claims', 'u=another'], { cwd, env });
    expect(entra.requestedPaths().length).toBe(asked);
    expect(tokenRequests(entra) - before).toBe(1);
    expect([second.at, second.jwk]).toEqual([first.at, first.jwk]);
    expect(second.payload['nonce']).not.toBe(first.payload['nonce']);
    expect(open(tokenIn(elsewhere)).payload['u']).toBe('another');
  });

  it('never takes a plain token for a bound one, nor one of another key', async () => {
    const { cwd, env, spn, cache } = setUp();
    const plain = await runCommand(spn, { cwd, env });
    expect(claimsIn(plain)['cnf']).toBeUndefined();
    const bound = open(tokenIn(await runCommand([...spn, ...POP], { cwd, env })));
    expect(await runCommand(spn, { cwd, env })).toEqual(plain);
    writeFileSync(join(cache, 'pop-key.pem'), 'damaged');
    const renewed = open(tokenIn(await runCommand([...spn, ...POP], { cwd, env })));
    expect(renewed.jwk['n']).not.toBe(bound.jwk['n']);
    expect(renewed.inner['cnf']).toEqual({ kid: renewed.jwk['kid'], xms_ksl: 'sw' });
    expect(readFileSync(join(cache, 'pop-key.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it('makes one key and one sign-in for ten calls at the same moment', async () => {
    const { cwd, env, spn } = setUp();
    const before = tokenRequests(entra);
    const results = await Promise.all(
      Array.from({ length: 10 }, () => runCommand([...spn, ...POP], { cwd, env })),
    );
    const opened = results.map((result) => open(tokenIn(result)));
    expect(new Set(opened.map(({ at, jwk }) => `${at} ${jwk['kid']}`)).size).toBe(1);
    expect(new Set(opened.map(({ payload }) => payload['nonce'])).size).toBe(10);
    expect(tokenRequests(entra) - before).toBe(1);
  });

  it.each(['devicecode', 'interactive'])(
    'works for a person, with --login %s, and is renewed',
    async (login) => {
      const { cwd, env, person, cache } = setUp();
      const args = [...person, '--login', login, ...POP];
      const child = startCommand(args, { cwd, env });
      const ending = resultOf(child);
      const said = await new Promise<string>((resolve) => {
        child.stderr?.once('data', (bytes: Buffer) => resolve(bytes.toString()));
      });
      const [, code, url] = /enter the code (\w+)\n|(https:\S+authorize\?\S+)\n/.exec(said) ?? [];
      if (code !== undefined) entra.approveDeviceCode(code, 'alice');
      if (url !== undefined) await entra.browserSignIn(url, 'alice');
      const first = open(tokenIn(await ending));
      expect(first.inner).toMatchObject({
        oid: entra.directory.users[0]?.objectId,
        cnf: { kid: first.jwk['kid'], xms_ksl: 'sw' },
      });
      removeTokens(cache);
      const renewed = await runCommand(args, { cwd, env });
      expect([renewed.code, renewed.stderr]).toEqual([0, '']);
      expect(open(tokenIn(renewed)).inner['cnf']).toEqual(first.inner['cnf']);
      expect(open(tokenIn(renewed)).at).not.toBe(first.at);
    },
  );

  it('works for a job of Azure Pipelines, where kubelogin leaves the flag aside', async () => {
    const { cwd, env, common } = setUp();
    const job = {
      SYSTEM_OIDCREQUESTURI: entra.pipelines.oidcRequestUri,
      SYSTEM_ACCESSTOKEN: entra.pipelines.accessToken,
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: entra.pipelines.serviceConnectionId,
      AZURESUBSCRIPTION_CLIENT_ID: entra.pipelines.clientId,
      AZURESUBSCRIPTION_TENANT_ID: entra.tenantId,
    };
    const result = await runCommand([...common, '--login', 'azurepipelines', ...POP], {
      cwd,
      env: { ...env, ...job },
    });
    const { inner, jwk } = open(tokenIn(result));
    expect([inner['azp'], inner['cnf']]).toEqual([
      entra.pipelines.clientId,
      { kid: jwk['kid'], xms_ksl: 'sw' },
    ]);
  });

  it('costs the cache and not the token where no key can be kept', async () => {
    const { cwd, env, spn } = setUp();
    writeFileSync(join(cwd, 'file'), '');
    const result = await runCommand([...spn, ...POP], {
      cwd,
      env: { ...env, CLUSTER_CONNECT_CACHE_DIR: join(cwd, 'file', 'cache') },
    });
    expect(result.code).toBe(0);
    expect(open(tokenIn(result)).payload['u']).toBe(CLUSTER);
    expect(result.stderr).toMatch(
      /^[^\n]*pop-key\.pem\.lock cannot be written [^\n]*\n[^\n]*The next call signs in again\n$/,
    );
  });

  it.each([
    { args: ['--pop-enabled'], says: '--pop-enabled and --pop-claims belong together' },
    { args: ['--pop-claims', 'u=x'], says: '--pop-enabled and --pop-claims belong together' },
    ...['', 'u', 'u=', 'host=x', 'u=a,host=b', 'u=a,u=b', 'u=a b', `u=${'x'.repeat(513)}`].map((claims) => ({
      args: ['--pop-enabled', '--pop-claims', claims],
      says: '--pop-claims is not u=<id of the cluster>',
    })),
    { args: ['--login', 'azurecli', ...POP], says: '--login azurecli cannot bind a token to a key' },
    { args: ['--login', 'msi', ...POP], says: '--login msi cannot bind a token to a key' },
  ])('refuses $args', async ({ args, says }) => {
    const { cwd, env, spn } = setUp();
    const result = await runCommand([...spn, ...args], { cwd, env });
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(`cluster-connect: ${says}`);
  });
});
