// The hops up to the gateway, each really broken: which one is named, and what is said to do.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildServerCertificate } from '../../../gateway/pki/build-certificate.ts';
import { generateAuthority } from '../../../gateway/pki/authority.ts';
import { boundPort } from '../../../observe/index.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import type { ConnectProxy, ConnectProxyOptions } from '../../support/connect-proxy.ts';
import { freePort } from '../../support/free-port.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../../support/relay-world.ts';
import type { RelayWorld } from '../../support/relay-world.ts';
import { testAuthority, testIdentity } from '../../support/test-authority.ts';
import { reportOf, statesOf, troubleshoot, writeKubeconfig } from './troubleshoot-world.ts';

let world: RelayWorld;
let token: string;
beforeAll(async () => {
  world = await startRelayWorld();
  token = await world.token('alice');
});
afterAll(() => world.close());

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return boundPort(server);
}

function user(): Readonly<Record<string, unknown>> {
  return { token };
}

/** What stands in the diagnosis, and that nothing behind it was tried. */
async function expectFailure(
  kubeconfig: string,
  hop: string,
  problem: string,
  env: Record<string, string> = {},
) {
  const report = await reportOf(kubeconfig, [], env);
  const at = report.hops.findIndex((line) => line.hop === hop);
  expect(report).toMatchObject({ result: 'failed', diagnosis: { hop, problem } });
  expect(report.hops.slice(0, at).map(({ state }) => state)).not.toContain('failed');
  for (const line of report.hops.slice(at + 1)) {
    expect(line).toMatchObject({ state: 'skipped', message: `${hop} failed` });
  }
  return report;
}

describe('dns', () => {
  it('names a name that does not exist', async () => {
    const server = `https://gateway.invalid:${world.port}`;
    const kubeconfig = writeKubeconfig(world, { server, user: user() });
    const { diagnosis } = await expectFailure(kubeconfig, 'dns', 'name-unknown');
    expect(diagnosis.message).toContain('there is no gateway.invalid (ENOTFOUND)');
    expect(diagnosis.advice).toContain('Check the name in the kubeconfig');
  });

  it('is told as text, with exit code 1', async () => {
    const server = `https://gateway.invalid:${world.port}`;
    const kubeconfig = writeKubeconfig(world, { server, user: user() });
    const { code, stdout, stderr } = await troubleshoot(['--kubeconfig', kubeconfig]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^failed {3}dns {9}there is no gateway\.invalid \(ENOTFOUND\)$/m);
    expect(stdout).toMatch(/^skipped {2}tcp {9}dns failed$/m);
    expect(stdout).toMatch(
      /\nThe hop dns fails: there is no gateway\.invalid \(ENOTFOUND\)\.\n {2}\(name-unknown\)\n\nWhat to do: Check the name .*\n$/,
    );
  });
});

describe('tcp', () => {
  it('names a closed port', async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    const { diagnosis } = await expectFailure(
      writeKubeconfig(world, { server, user: user() }),
      'tcp',
      'port-closed',
    );
    expect(diagnosis.message).toMatch(/^nothing listens at 127\.0\.0\.1 port \d+ \(ECONNREFUSED\)$/);
    expect(diagnosis.advice).toContain('Check the port');
  });
});

describe('proxy', () => {
  async function startProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
    const proxy = await startConnectProxy({ everyNameIs: '127.0.0.1', ...options });
    closers.push(() => proxy.close());
    return proxy;
  }
  /** Not a loopback address, for which kubectl uses no proxy. */
  const server = (): string => `https://${CLUSTER_SERVER_NAME}:${world.port}`;

  it('is used where HTTPS_PROXY says so, and looks the name up itself', async () => {
    const proxy = await startProxy({});
    const report = await reportOf(writeKubeconfig(world, { server: server(), user: user() }), [], {
      HTTPS_PROXY: proxy.url,
    });
    expect(statesOf(report)).toMatchObject({
      proxy: 'ok',
      dns: 'skipped',
      tcp: 'skipped',
      tls: 'ok',
      access: 'ok',
    });
    expect(report.hops[1]?.facts).toMatchObject({ used: true, from: 'HTTPS_PROXY', address: proxy.url });
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(server()).host]));
  });

  it('is not used for what NO_PROXY names, nor for a loopback address', async () => {
    const proxy = await startProxy({});
    const direct = writeKubeconfig(world, { user: user() });
    const loopback = await reportOf(direct, [], { HTTPS_PROXY: proxy.url });
    const named = await reportOf(direct, [], { HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.0/8' });
    expect(loopback.hops[1]).toMatchObject({ state: 'ok', message: expect.stringContaining('loopback') });
    expect(named.hops[1]).toMatchObject({ state: 'ok', message: expect.stringContaining('NO_PROXY') });
    expect(proxy.targets).toEqual([]);
  });

  it.each<[string, ConnectProxyOptions, string, string]>([
    [
      'refuses',
      { refuseWith: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' },
      'proxy-refused',
      'to allow CONNECT to',
    ],
    [
      'cannot reach the gateway',
      { refuseWith: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n' },
      'proxy-refused',
      'can reach it at all',
    ],
    ['wants a password', { credentials: 'somebody:else' }, 'proxy-credentials', 'user and password'],
  ])('is named where it %s', async (_name, options, problem, advice) => {
    const proxy = await startProxy(options);
    const address = proxy.url.replace(/\/\/.*127/, '//somebody:proxy-canary@127');
    const kubeconfig = writeKubeconfig(world, { server: server(), user: user() });
    const report = await expectFailure(kubeconfig, 'proxy', problem, { HTTPS_PROXY: address });
    expect(report.diagnosis.advice).toContain(advice);
    // Nor is the advice taken for a secret.
    expect(report.diagnosis.advice).not.toContain('[redacted]');
    expect(JSON.stringify(report)).not.toContain('proxy-canary');
  });

  it('is named where it is not there, or no proxy at all', async () => {
    const gone = `http://127.0.0.1:${await freePort()}`;
    const kubeconfig = writeKubeconfig(world, { server: server(), user: user() });
    await expectFailure(kubeconfig, 'proxy', 'proxy-unreachable', { HTTPS_PROXY: gone });
    const other = { HTTPS_PROXY: 'ftp://x:proxy-canary@y' };
    const { diagnosis } = await expectFailure(kubeconfig, 'proxy', 'proxy-unusable', other);
    expect(diagnosis.advice).toMatch(/^Set it to http:\/\/host:port, /);
    const socks = writeKubeconfig(world, { cluster: { 'proxy-url': 'socks5://127.0.0.1:1' }, user: user() });
    await expectFailure(socks, 'proxy', 'proxy-unusable');
  });
});

describe('tls', () => {
  it('names a CA that is not the gateway’s, and who issued the certificate', async () => {
    const kubeconfig = writeKubeconfig(world, { caPem: testAuthority().certificatePem, user: user() });
    const { diagnosis, hops } = await expectFailure(kubeconfig, 'tls', 'certificate-untrusted');
    expect(diagnosis.message).toContain("is not trusted by the kubeconfig's CA");
    expect(diagnosis.advice).toContain('get-credentials --ca FILE');
    expect(hops[4]?.facts).toMatchObject({
      issuer: expect.stringContaining('cluster-connect gateway CA'),
      authorities: [expect.stringContaining('CN=stand-ins of a test')],
    });
  });

  it('names another gateway’s CA of the same name', async () => {
    const caPem = generateAuthority('cluster-connect gateway CA').certificatePem;
    await expectFailure(writeKubeconfig(world, { caPem, user: user() }), 'tls', 'certificate-untrusted');
  });

  it('names a private CA where the kubeconfig has none', async () => {
    const kubeconfig = writeKubeconfig(world, {
      cluster: { 'certificate-authority-data': undefined },
      user: user(),
    });
    const { diagnosis } = await expectFailure(kubeconfig, 'tls', 'certificate-untrusted');
    expect(diagnosis.message).toContain('the roots of this system');
  });

  it('names a wrong name', async () => {
    const kubeconfig = writeKubeconfig(world, {
      cluster: { 'tls-server-name': 'edge-1.another.domain' },
      user: user(),
    });
    const { diagnosis } = await expectFailure(kubeconfig, 'tls', 'certificate-name');
    expect(diagnosis.message).toMatch(
      /^the certificate is for .*127\.0\.0\.1.*, not for edge-1\.another\.domain$/,
    );
    expect(diagnosis.advice).toContain('tls-server-name');
  });

  it.each([
    ['certificate-expired', -30, -1, 'renew it'],
    ['certificate-not-yet-valid', 1, 30, 'set the clock'],
  ])('names a certificate that is not valid now: %s', async (problem, fromDays, toDays, advice) => {
    const issuer = generateAuthority('a CA of this test');
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const day = (days: number): Date => new Date(Date.now() + days * 86_400_000);
    const cert = buildServerCertificate(
      issuer,
      publicKey,
      { dnsNames: [CLUSTER_SERVER_NAME], ipAddresses: [] },
      { notBefore: day(fromDays), notAfter: day(toDays) },
    );
    const port = await listen(createHttpsServer({ cert, key: privateKey }));
    const kubeconfig = writeKubeconfig(world, {
      server: `https://127.0.0.1:${port}`,
      caPem: issuer.certificatePem,
      user: user(),
    });
    const { diagnosis } = await expectFailure(kubeconfig, 'tls', problem);
    expect(diagnosis.advice).toContain(advice);
  });

  it('names a port that does not speak TLS, and one that hangs up', async () => {
    const plain = await listen(createPlainServer());
    const closing = await listen(createServer((socket) => socket.destroy()));
    const at = (port: number): string =>
      writeKubeconfig(world, { server: `https://127.0.0.1:${port}`, user: user() });
    await expectFailure(at(plain), 'tls', 'not-tls');
    await expectFailure(at(closing), 'tls', 'tls-broken');
  });
});

describe('gateway', () => {
  it('names a server that is no gateway', async () => {
    const { certificatePem: cert, privateKeyPem: key } = testIdentity();
    const page = createHttpsServer({ cert, key }, (_request, response) => {
      response.writeHead(200, { server: 'captive-portal' }).end('<html>please sign in</html>');
    });
    const kubeconfig = writeKubeconfig(world, {
      server: `https://127.0.0.1:${await listen(page)}`,
      caPem: testAuthority().certificatePem,
      cluster: { 'tls-server-name': 'localhost' },
      user: user(),
    });
    const { diagnosis } = await expectFailure(kubeconfig, 'gateway', 'not-the-gateway');
    expect(diagnosis.message).toContain('status 200, server captive-portal');
  });

  it('names an address that names no cluster, and a name that is not the gateway’s', async () => {
    const noCluster = writeKubeconfig(world, { cluster: { 'tls-server-name': undefined }, user: user() });
    const { diagnosis } = await expectFailure(noCluster, 'gateway', 'nothing-served');
    expect(diagnosis.errorCode).toBe('CC_ERR_GATEWAY_NOT_FOUND');
    const otherHost = writeKubeconfig(world, { server: `https://localhost:${world.port}`, user: user() });
    expect((await expectFailure(otherHost, 'gateway', 'misdirected')).diagnosis).toMatchObject({
      errorCode: 'CC_ERR_GATEWAY_MISDIRECTED',
      requestId: expect.stringMatching(/\S{8,}/),
    });
  });
});
