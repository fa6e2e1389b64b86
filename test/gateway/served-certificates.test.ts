import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadServedCertificates } from '../../gateway/served-certificates.ts';
import { createAuthority, startGateway } from '../../gateway/index.ts';
import { silentLogger } from '../../observe/index.ts';
import { freePort } from '../support/free-port.ts';

const DAY_MS = 86_400_000;
const SETTINGS = { clusterDomain: 'cluster-connect.internal' };
const authority = createAuthority('test CA');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function writeIdentity(name: string): Promise<{ certificateFile: string; privateKeyFile: string }> {
  const identity = authority.issueServerCertificate({ dnsNames: [name] });
  const files = { certificateFile: join(directory, 'tls.crt'), privateKeyFile: join(directory, 'tls.key') };
  await writeFile(files.certificateFile, identity.certificatePem);
  await writeFile(files.privateKeyFile, identity.privateKeyPem);
  return files;
}

describe('the served certificates', () => {
  it('name the gateway, its host domain and its clusters', async () => {
    const settings = { ...SETTINGS, hostDomain: 'k8s.example.com' };
    const { current } = await loadServedCertificates(settings, authority, 'relay.example.com');
    const own = new X509Certificate(current.own.certificatePem);
    expect(own.checkHost('relay.example.com')).toBeDefined();
    expect(own.checkHost('edge-1.k8s.example.com')).toBeDefined();
    const clusters = new X509Certificate(current.clusters.certificatePem);
    expect(clusters.checkHost('edge-1.cluster-connect.internal')).toBeDefined();
    expect(clusters.checkHost('relay.example.com')).toBeUndefined();
  });

  it('name an address as an address', async () => {
    const { current } = await loadServedCertificates(SETTINGS, authority, '127.0.0.1');
    expect(new X509Certificate(current.own.certificatePem).checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('are issued again when two thirds of their life are over, and not before', async () => {
    const served = await loadServedCertificates(SETTINGS, authority, 'relay.example.com');
    const first = served.current;
    expect(await served.renew(Date.now() + 59 * DAY_MS)).toBeUndefined();
    const renewed = await served.renew(Date.now() + 61 * DAY_MS);
    expect(renewed?.own.certificatePem).not.toBe(first.own.certificatePem);
    expect(renewed?.clusters.certificatePem).not.toBe(first.clusters.certificatePem);
    expect(served.current).toBe(renewed);
  });

  it("are read again when the operator's files have changed", async () => {
    const tls = await writeIdentity('relay.example.com');
    const served = await loadServedCertificates({ ...SETTINGS, tls }, authority, 'relay.example.com');
    expect(await served.renew(Date.now())).toBeUndefined();
    await writeIdentity('relay.example.com');
    const renewed = await served.renew(Date.now());
    expect(renewed).toBeDefined();
    expect(renewed?.clusters).toBe(renewed === undefined ? undefined : served.current.clusters);
  });
});

describe('a running gateway', () => {
  it('shows a changed certificate without a restart', async () => {
    const port = await freePort();
    const tls = await writeIdentity('relay.example.com');
    const gateway = await startGateway(
      {
        listen: { host: '127.0.0.1', port },
        privateListen: { host: '127.0.0.1', port: 0 },
        publicUrl: `https://relay.example.com:${port}`,
        dataDir: join(directory, 'data'),
        clusterDomain: SETTINGS.clusterDomain,
        tls,
        entra: {
          authorityHost: 'https://127.0.0.1:9',
          tenants: ['7cc5b03b-cc3e-4610-b8b7-4138007a4885'],
          audiences: ['x'],
          usernameClaim: 'oid',
          groupsOverage: 'fail',
          clockSkewSeconds: 0,
        },
        access: [],
        drainTimeoutMs: 0,
        logLevel: 'silent',
      },
      { logger: silentLogger, limits: { CERTIFICATE_CHECK_MS: 20 } },
    );
    const shown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const ca = authority.certificatePem;
        const socket = connect({ port, host: '127.0.0.1', servername: 'relay.example.com', ca }, () => {
          resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
          socket.destroy();
        });
        socket.once('error', reject);
      });
    const first = await shown();
    await writeIdentity('relay.example.com');
    await expect.poll(shown, { timeout: 10_000 }).not.toBe(first);
    await gateway.close();
  });
});
