// get-token as a process against an authority that is broken, or somebody else's: an error that says so, no token, nothing
// in the cache, and no secret sent to another host.
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startEntraStandIn } from '../../../demo/entra/index.ts';
import type { EntraStandIn, Misbehaviour } from '../../../demo/entra/index.ts';
import { createAuthority } from '../../../gateway/pki/index.ts';
import { runCommand, startCommand, resultOf } from '../run-command.ts';
import { clients, signInWorld } from './sign-in-world.ts';

const authority = createAuthority('test');
let entra: EntraStandIn;
beforeAll(async () => {
  entra = await startEntraStandIn({ authority });
});
afterEach(() => entra.misbehave(undefined));
afterAll(async () => {
  await entra.close();
});

function setUp(authorityHost = entra.authorityHost) {
  const world = signInWorld(entra);
  const { pipeline, person } = clients(entra);
  const args = [...world.common, '--tenant', entra.tenantId, '--authority-host', authorityHost];
  return {
    ...world,
    spn: [...args, '--login', 'spn', '--client-id', pipeline.clientId],
    interactive: [...args, '--login', 'interactive', '--client-id', person.clientId],
    env: { ...world.env, AZURE_CLIENT_SECRET: pipeline.secret },
  };
}

describe('an authority that fails', () => {
  it.each<{ what: string; misbehaviour: Misbehaviour; says: RegExp }>([
    {
      what: 'breaks at the token',
      misbehaviour: { token: 'error-500' },
      says: /answered with 500\. Run the command again/,
    },
    { what: 'breaks at its metadata', misbehaviour: { metadata: 'error-500' }, says: /answered with 500/ },
    {
      what: 'sends huge metadata',
      misbehaviour: { metadata: 'huge' },
      says: /UND_ERR_RES_EXCEEDED_MAX_SIZE/,
    },
    {
      what: 'sends empty metadata',
      misbehaviour: { metadata: 'empty' },
      says: /failed \(endpoints_resolution_error\)\. Check --authority-host and --tenant/,
    },
    {
      what: 'redirects',
      misbehaviour: { metadata: 'redirect' },
      says: /failed \(endpoints_resolution_error\)\. Check --authority-host and --tenant/,
    },
    {
      what: "names somebody else's endpoints",
      misbehaviour: { metadata: 'hostile' },
      says: /sends sign-ins to another host\. Check --authority-host/,
    },
  ])('that $what is no sign-in', async ({ misbehaviour, says }) => {
    const { cwd, env, spn, cache } = setUp();
    entra.misbehave(misbehaviour);
    const before = entra.requestedPaths().length;
    const result = await runCommand(spn, { cwd, env });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(says);
    expect(result.stderr).toMatch(/^cluster-connect: [^\n]*\n$/);
    expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
    expect(
      entra
        .requestedPaths()
        .slice(before)
        .some((path) => path.startsWith('/elsewhere')),
    ).toBe(false);
  });

  it('does not send a person to somebody else’s page', async () => {
    const { cwd, env, interactive } = setUp();
    entra.misbehave({ metadata: 'hostile' });
    const result = await runCommand(interactive, { cwd, env });
    expect([result.code, result.stdout]).toEqual([3, '']);
    expect(result.stderr).toMatch(/sends sign-ins to another host\. Check --authority-host/);
    expect(result.stderr).not.toContain('attacker');
  });

  it('can be interrupted while it hangs, and leaves the cache usable', async () => {
    const { cwd, env, spn, cache } = setUp();
    entra.misbehave({ token: 'hang' });
    const child = startCommand(spn, { cwd, env });
    await expect
      .poll(() => entra.requestedPaths().at(-1), { timeout: 20_000 })
      .toMatch(/\/oauth2\/v2\.0\/token$/);
    child.kill('SIGINT');
    const result = await resultOf(child);
    expect(result.stdout).toBe('');
    entra.misbehave(undefined);
    expect(await runCommand(spn, { cwd, env })).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

describe('a token response', () => {
  async function impostor(tokenAnswer: string): Promise<string> {
    const { certificatePem, privateKeyPem } = authority.issueServerCertificate({
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    });
    let host = '';
    const answer: RequestListener = (request, response) => {
      const path = `${host}/${entra.tenantId}`;
      const metadata = {
        issuer: `${path}/v2.0`,
        authorization_endpoint: `${path}/oauth2/v2.0/authorize`,
        token_endpoint: `${path}/oauth2/v2.0/token`,
        jwks_uri: `${path}/keys`,
      };
      response.end(request.method === 'GET' ? JSON.stringify(metadata) : tokenAnswer);
    };
    const server = createServer({ cert: certificatePem, key: privateKeyPem }, answer);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    host = `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    return host;
  }

  it('is taken as it is meant', async () => {
    const { cwd, env, spn } = setUp(
      await impostor('{"access_token":"a.b.c","token_type":"Bearer","expires_in":3600}'),
    );
    const { code, stdout, stderr } = await runCommand(spn, { cwd, env });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout).status.token).toBe('a.b.c');
  });

  it.each([
    '{}',
    '<html>canary</html>',
    '{"token_type":"Bearer","expires_in":3600}',
    '{"access_token":"","token_type":"Bearer","expires_in":3600}',
    '{"access_token":7,"token_type":"Bearer","expires_in":3600}',
    '{"access_token":["canary"],"token_type":"Bearer","expires_in":3600}',
    '{"access_token":"canary\\r\\nX: y","token_type":"Bearer","expires_in":3600}',
    '{"access_token":"canary","token_type":"Bearer"}',
    '{"access_token":"canary","token_type":"Bearer","expires_in":"soon"}',
    '{"access_token":"canary","token_type":"Bearer","expires_in":-1e30}',
    '{"access_token":"canary","token_type":"Bearer","expires_in":1e300}',
    `{"access_token":"${'x'.repeat(65_537)}","token_type":"Bearer","expires_in":3600}`,
    '{"error":"canary\\u001b[2J","error_description":"AADSTS7000215: canary"}',
  ])('%.70s is no token', async (tokenAnswer) => {
    const { cwd, env, spn, cache } = setUp(await impostor(tokenAnswer));
    const { code, stdout, stderr } = await runCommand(spn, { cwd, env });
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^cluster-connect: [^\n\p{Cc}]*\n$/u);
    expect(stderr).not.toContain('canary');
    expect(existsSync(cache) ? readdirSync(cache) : []).toEqual([]);
  });
});
