// What stands between people and the gateway: boxes that take TLS apart, strip what they do not know, hang or cut.
import { once } from 'node:events';
import { createServer as createHttpsServer, request } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from '../../../cli/troubleshoot/diagnose.ts';
import type { TroubleshootLimits } from '../../../cli/troubleshoot/limits.ts';
import { probeKubeconfig } from '../../../cli/troubleshoot/probe-kubeconfig.ts';
import { createReport } from '../../../cli/troubleshoot/report.ts';
import type { Report } from '../../../cli/troubleshoot/report.ts';
import { createScrubber } from '../../../cli/troubleshoot/scrub.ts';
import { boundPort } from '../../../observe/index.ts';
import { CLUSTER } from '../../support/relay-world.ts';
import { testAuthority, testIdentity } from '../../support/test-authority.ts';
import { reportOf, startClusterWorld, statesOf, writeKubeconfig } from './troubleshoot-world.ts';
import type { ClusterWorld } from './troubleshoot-world.ts';

let world: ClusterWorld;
let token: string;
beforeAll(async () => {
  world = await startClusterWorld();
  token = await world.token('alice');
});
afterAll(() => world.close());

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): unknown }>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return boundPort(server);
}

/** A box that ends TLS, and passes on HTTP/1.1 requests without what is hop by hop. `dateOf` writes its Date. */
function startBox(dateOf?: () => string): Promise<number> {
  const { certificatePem: cert, privateKeyPem: key } = testIdentity();
  const box = createHttpsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (asked, answer) => {
    const { connection: _connection, upgrade: _upgrade, ...headers } = asked.headers;
    const onward = request({
      host: '127.0.0.1',
      port: world.port,
      ca: world.caPem,
      agent: false,
      method: asked.method,
      path: asked.url,
      headers,
    });
    onward.on('error', () => answer.destroy());
    onward.on('response', (response) => {
      const date = dateOf === undefined ? {} : { date: dateOf() };
      answer.writeHead(response.statusCode ?? 502, { ...response.headers, ...date });
      response.pipe(answer);
    });
    asked.pipe(onward);
  });
  return listen(box);
}

function behindBox(port: number): string {
  return writeKubeconfig(world, {
    server: `https://127.0.0.1:${port}/clusters/${CLUSTER}`,
    caPem: testAuthority().certificatePem,
    cluster: { 'tls-server-name': undefined },
    user: { token },
  });
}

describe('a box on the way that takes TLS apart', () => {
  it('and drops upgrades is what fails, though everything else works', async () => {
    const report = await reportOf(behindBox(await startBox()));
    expect(report.diagnosis).toMatchObject({ hop: 'exec', problem: 'upgrade-lost' });
    expect(report.diagnosis.advice).toContain('takes the Upgrade header away');
    expect(statesOf(report)).toMatchObject({ gateway: 'ok', apiserver: 'ok', rbac: 'ok', exec: 'failed' });
    const tls = report.hops.find(({ hop }) => hop === 'tls');
    expect(tls?.facts).toMatchObject({ protocol: 'http/1.1' });
    expect(tls?.notes.join()).toContain('does not speak HTTP/2');
  });

  it.each([
    [-300, -299],
    [300, 301],
  ])('shows by how much the clocks differ: %d s', async (seconds, orSo) => {
    const port = await startBox(() => new Date(Date.now() + seconds * 1000).toUTCString());
    const report = await reportOf(behindBox(port));
    const gateway = report.hops.find(({ hop }) => hop === 'gateway');
    const shownSeconds = Number(gateway?.facts['clockDifferenceSeconds']);
    expect(Math.min(...[seconds, orSo].map((one) => Math.abs(shownSeconds - one)))).toBeLessThanOrEqual(1);
    expect(gateway?.notes.join()).toContain('set the clock of this machine');
  });
});

describe('whoever does not answer', () => {
  async function diagnosed(port: number, limits: Partial<TroubleshootLimits>, changes = {}): Promise<Report> {
    const kubeconfig = writeKubeconfig(world, {
      server: `https://127.0.0.1:${port}`,
      caPem: testAuthority().certificatePem,
      cluster: { 'tls-server-name': 'localhost', ...changes },
      user: { token },
    });
    const diagnosis = await diagnose({
      findRoute: () => probeKubeconfig({ kubeconfig, environment: {} }),
      environment: {},
      isInteractive: false,
      scrubber: createScrubber({}),
      say: () => undefined,
      limits,
    });
    return createReport(diagnosis, { startedAtMs: 0, program: 'test' });
  }

  it('to a TLS handshake is named after its time', async () => {
    const port = await listen(createTcpServer(() => undefined));
    const { diagnosis } = await diagnosed(port, { TLS_TIMEOUT_MS: 100 });
    expect(diagnosis).toMatchObject({ hop: 'tls', problem: 'tls-timeout' });
  });

  it('to a request is named after its time', async () => {
    const { certificatePem: cert, privateKeyPem: key } = testIdentity();
    const port = await listen(createTlsServer({ cert, key }, (socket) => socket.resume()));
    const { diagnosis } = await diagnosed(port, { ANSWER_TIMEOUT_MS: 100 });
    expect(diagnosis).toMatchObject({ hop: 'gateway', problem: 'no-answer' });
    expect(diagnosis.message).toBe('the gateway did not answer in time');
  });

  it('but hangs up is named', async () => {
    const { certificatePem: cert, privateKeyPem: key } = testIdentity();
    const server = createTlsServer({ cert, key }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.destroy());
    });
    const { diagnosis } = await diagnosed(await listen(server), {});
    expect(diagnosis).toMatchObject({ hop: 'gateway', problem: 'no-answer' });
    expect(diagnosis.message).toContain('the connection broke');
  });

  it('with more than an answer has is cut off', async () => {
    const { certificatePem: cert, privateKeyPem: key } = testIdentity();
    const port = await listen(
      createHttpsServer({ cert, key }, (_asked, answer) => void answer.end('x'.repeat(10_000))),
    );
    const { diagnosis } = await diagnosed(port, { MAX_ANSWER_BYTES: 1000 });
    expect(diagnosis).toMatchObject({ hop: 'gateway', problem: 'no-answer' });
    expect(diagnosis.message).toContain('answered with more than such an answer has');
  });

  it('as a proxy is named after its time', async () => {
    const port = await listen(createTcpServer(() => undefined));
    const { diagnosis } = await diagnosed(
      world.port,
      { PROXY_ANSWER_TIMEOUT_MS: 100 },
      { 'proxy-url': `http://127.0.0.1:${port}` },
    );
    expect(diagnosis).toMatchObject({ hop: 'proxy', problem: 'proxy-timeout' });
  });
});
