// What is measured, put up: each part in a process of its own, all of them taken down again whatever happens.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { findFreePorts } from '../demo/control-plane/index.ts';
import { createAuthority } from '../gateway/index.ts';
import { startBenchIdentity } from './bench-user.ts';
import { startChild } from './processes/index.ts';
import type { Child } from './processes/index.ts';

export const PARTS = ['load', 'gateway', 'agent', 'http-proxy', 'apiserver'] as const;
export type Part = (typeof PARTS)[number];

export const TARGETS = ['direct', 'http-proxy', 'relay'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface TargetAddress {
  readonly host: string;
  readonly port: number;
  /** Empty for none. */
  readonly serverName: string;
  readonly ca: string;
}

export interface Bed extends AsyncDisposable {
  readonly children: Readonly<Record<Part, Child>>;
  readonly token: string;
  readonly groupCount: number;
  /** Undefined where the target does not speak the protocol: http-proxy knows HTTP/1.1 only. */
  address(target: TargetName, protocol: 'http1' | 'http2'): TargetAddress | undefined;
}

const HOST = '127.0.0.1';
const CLUSTER_NAME = 'harbour';
const CLUSTER_DOMAIN = 'cluster-connect.internal';
/** As many as an agent keeps by default. */
const TUNNELS = 2;

export async function startBed(): Promise<Bed> {
  await using resources = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-bench-'));
  resources.defer(() => rmSync(directory, { recursive: true, force: true }));
  const identity = await startBenchIdentity();
  resources.defer(() => identity.entra.close());

  const authority = createAuthority('bench CA');
  const ca = authority.certificatePem;
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, ca);
  const issued = authority.issueServerCertificate({ dnsNames: ['localhost'], ipAddresses: [HOST] });
  const tls = { cert: issued.certificatePem, key: issued.privateKeyPem };
  const agentToken = `bench.${randomBytes(600).toString('base64url')}.agent`;
  const tokenFile = join(directory, 'agent-token');
  writeFileSync(tokenFile, agentToken, { mode: 0o600 });

  const children = {
    load: startChild('load', 'load'),
    gateway: startChild('gateway', 'gateway'),
    agent: startChild('agent', 'agent'),
    'http-proxy': startChild('http-proxy', 'http-proxy', { env: { NODE_EXTRA_CA_CERTS: caFile } }),
    apiserver: startChild('apiserver', 'apiserver'),
  };
  resources.defer(async () => {
    // The agent first: a gateway that goes away would have it reconnect, and say so.
    await children.agent.stop();
    await Promise.all(Object.values(children).map((child) => child.stop()));
  });

  const apiserver = await children.apiserver.call(
    'start',
    { ...tls, witness: { userName: identity.objectId, userToken: identity.token, agentToken } },
    z.object({ http1Port: z.int(), http2Port: z.int() }),
  );
  const proxy = await children['http-proxy'].call(
    'start',
    { ...tls, targetPort: apiserver.http1Port },
    z.object({ port: z.int() }),
  );
  const [port = 0] = await findFreePorts(1);
  const publicUrl = `https://${HOST}:${port}`;
  const gateway = await children.gateway.call(
    'start',
    {
      port,
      publicUrl,
      dataDir: join(directory, 'gateway'),
      clusterDomain: CLUSTER_DOMAIN,
      clusterName: CLUSTER_NAME,
      userObjectId: identity.objectId,
      entra: identity.settings,
    },
    z.object({ authorityPem: z.string(), joinToken: z.string() }),
  );
  await children.agent.call(
    'start',
    {
      gatewayUrl: publicUrl,
      gatewayCa: gateway.authorityPem,
      joinToken: gateway.joinToken,
      stateDir: join(directory, 'agent'),
      tunnels: TUNNELS,
      entra: identity.settings,
      upstream: { server: `https://${HOST}:${apiserver.http1Port}`, ca, tokenFile },
    },
    z.null(),
  );

  const local = (localPort: number): TargetAddress => ({ host: HOST, port: localPort, serverName: '', ca });
  // As get-credentials writes it: the gateway's address, the cluster as TLS server name.
  const serverName = `${CLUSTER_NAME}.${CLUSTER_DOMAIN}`;
  const relay: TargetAddress = { host: HOST, port, serverName, ca: gateway.authorityPem };
  const addresses = {
    http1: { direct: local(apiserver.http1Port), 'http-proxy': local(proxy.port), relay },
    http2: { direct: local(apiserver.http2Port), 'http-proxy': undefined, relay },
  };
  const kept = resources.move();
  return {
    children,
    token: identity.token,
    groupCount: identity.groupCount,
    address: (target, protocol) => addresses[protocol][target],
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
