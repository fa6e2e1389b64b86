// The way a person or a pipeline goes: get-credentials writes the kubeconfig, and kubectl calls get-token by itself.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { bindReader, createNamespace, createWorkloads } from './cluster-objects.ts';
import { createKubectl } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { CLUSTER_NAME, startRelay } from './relay-fixture.ts';
import type { Relay } from './relay-fixture.ts';

const run = promisify(execFile);
const CLI = join(import.meta.dirname, '../../cli/main.ts');
const NAMESPACE = 'plugin';
const WHOAMI = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];

let relay: Relay;
let caFile = '';
let entraCaFile = '';
beforeAll(async () => {
  relay = await startRelay();
  await createNamespace(relay.admin, NAMESPACE);
  await createWorkloads(relay.admin, NAMESPACE);
  await bindReader(relay.admin, NAMESPACE, pipeline().objectId);
  caFile = join(relay.directory, 'gateway-ca.pem');
  entraCaFile = join(relay.directory, 'entra-ca.pem');
  writeFileSync(caFile, relay.gateway.authorityPem);
  writeFileSync(entraCaFile, relay.entra.caPem);
});
afterAll(() => relay.close());

function pipeline() {
  const app = relay.entra.directory.apps.find(({ secret }) => secret !== undefined);
  if (app?.secret === undefined) throw new TypeError('the directory has an application with a secret');
  return { ...app, secret: app.secret };
}

/** Runs the real get-credentials, and gives a kubectl that has what it wrote and nothing else. */
async function getCredentials(name: string, args: readonly string[], environment: Record<string, string>) {
  const directory = join(relay.directory, name);
  mkdirSync(directory, { recursive: true });
  const kubeconfig = join(directory, 'kubeconfig');
  const options = {
    '--gateway': relay.gateway.url,
    '--cluster': CLUSTER_NAME,
    '--ca': caFile,
    '--kubeconfig': kubeconfig,
    '--tenant': relay.entra.tenantId,
    '--scope': relay.entra.scope,
    '--authority-host': relay.entra.authorityHost,
    '--authority-ca': entraCaFile,
  };
  const command = [CLI, 'get-credentials', ...Object.entries(options).flat(), ...args];
  // No PATH: an installed cluster-connect must not be taken for this one.
  const { stdout } = await run(process.execPath, command, { env: { HOME: directory } });
  const kubectl = createKubectl(inject('tools').kubectl, kubeconfig, {
    CLUSTER_CONNECT_CACHE_DIR: join(directory, 'tokens'),
    ...environment,
  });
  return { kubeconfig, kubectl, stdout };
}

describe('kubectl with the exec plugin', () => {
  let kubectl: Kubectl;
  let kubeconfig = '';
  beforeAll(async () => {
    const args = ['--login', 'spn', '--client-id', pipeline().clientId];
    ({ kubectl, kubeconfig } = await getCredentials('pipeline', args, {
      AZURE_CLIENT_SECRET: pipeline().secret,
    }));
  });

  test('is a service principal with a secret from the environment', async () => {
    expect(await kubectl.run(WHOAMI)).toEqual({ stdout: pipeline().objectId, stderr: '', exitCode: 0 });
  });

  test('reads what RBAC allows, and is refused what it does not', async () => {
    const list = await kubectl.run(['get', 'pods', '-n', NAMESPACE, '-o', 'name']);
    expect(list).toEqual({ stdout: 'pod/web-0\n', stderr: '', exitCode: 0 });
    const refused = await kubectl.run(['delete', 'pod', 'web-0', '-n', NAMESPACE]);
    expect(refused.stderr).toContain(`User "${pipeline().objectId}" cannot delete resource "pods"`);
  });

  test('has a kubeconfig for its owner only, without any secret', () => {
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    const text = readFileSync(kubeconfig, 'utf8');
    expect(text).toContain('get-token');
    expect(text).not.toMatch(/eyJ|PRIVATE KEY|token:/);
    expect(text).not.toContain(pipeline().secret);
  });

  test('goes by the path as well', async () => {
    const args = ['--login', 'spn', '--client-id', pipeline().clientId, '--route', 'path'];
    const environment = { AZURE_CLIENT_SECRET: pipeline().secret };
    const { kubectl: byPath } = await getCredentials('by-path', args, environment);
    const direct = await kubectl.run(['get', 'pods', '-n', NAMESPACE, '-o', 'yaml']);
    expect(await byPath.run(['get', 'pods', '-n', NAMESPACE, '-o', 'yaml'])).toEqual(direct);
  });

  test('is a person who types a code into a browser', async () => {
    const args = ['--login', 'devicecode', '--client-id', relay.entra.directory.apps[0]?.clientId ?? ''];
    const { kubectl: person } = await getCredentials('person', args, {});
    const whoami = person.start(WHOAMI);
    const code = await vi.waitUntil(() => relay.entra.waitingDeviceCodes()[0], { timeout: 20_000 });
    await vi.waitUntil(() => whoami.stderr().includes(code), { timeout: 20_000 });
    relay.entra.approveDeviceCode(code, 'alice');
    expect(await whoami.ended).toMatchObject({ stdout: relay.user('alice').objectId, exitCode: 0 });
    // The second command needs no second code.
    expect(await person.run(WHOAMI)).toMatchObject({ stdout: relay.user('alice').objectId, stderr: '' });
  });

  test('is told what to do when the secret is wrong', async () => {
    const args = ['--login', 'spn', '--client-id', pipeline().clientId];
    const { kubectl: wrong } = await getCredentials('wrong', args, { AZURE_CLIENT_SECRET: 'wrong' });
    const { stderr, exitCode } = await wrong.run(WHOAMI);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('AZURE_CLIENT_SECRET');
  });
});
