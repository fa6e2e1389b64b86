// A small fleet against a real gateway: its clusters are in the database, its tunnels come up and carry requests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBenchIdentity } from '../../../bench/bench-user.ts';
import type { BenchIdentity } from '../../../bench/bench-user.ts';
import { askClusters, Fleet, seedClusters } from '../../../bench/fleet/index.ts';
import { findFreePorts } from '../../../demo/control-plane/index.ts';
import { startGateway } from '../../../gateway/index.ts';
import type { RunningGateway } from '../../../gateway/index.ts';
import { silentLogger } from '../../../observe/index.ts';

const HOST = '127.0.0.1';
const DOMAIN = 'cluster-connect.internal';
const TIMEOUT_MS = 10_000;

let directory: string;
let identity: BenchIdentity;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bench-fleet-'));
  identity = await startBenchIdentity();
});
afterAll(async () => {
  await identity.entra.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(port: number): Promise<RunningGateway> {
  return startGateway(
    {
      listen: { host: HOST, port },
      privateListen: { host: HOST, port: 0 },
      publicUrl: `https://${HOST}:${port}`,
      dataDir: directory,
      clusterDomain: DOMAIN,
      entra: identity.settings,
      access: [{ clusters: ['*'], role: 'user', users: [identity.objectId], groups: [], applications: [] }],
      drainTimeoutMs: 1000,
      logLevel: 'silent',
    },
    { logger: silentLogger },
  );
}

it('a fleet comes up, answers for each of its clusters, and comes back to another gateway with the same data', async () => {
  const members = await seedClusters(directory, 3);
  const [port = 0] = await findFreePorts(1);
  const gateway = await start(port);
  const fleet = new Fleet({
    gatewayUrl: `https://${HOST}:${port}`,
    gatewayCa: gateway.authorityPem,
    members,
  });
  const asked = {
    host: HOST,
    port,
    ca: gateway.authorityPem,
    clusterDomain: DOMAIN,
    token: identity.token,
    clusterNames: members.map(({ clusterName }) => clusterName),
  };
  try {
    expect(await fleet.allUp(0, TIMEOUT_MS)).toBe(true);
    await expect.poll(() => gateway.connectedTunnels).toBe(3);
    expect(await askClusters(asked)).toBe(3);
    expect(await askClusters({ ...asked, clusterNames: ['fleet-99'] })).toBe(0);
  } finally {
    await gateway.close();
  }
  const endedMs = Date.now();
  const second = await start(port);
  try {
    expect(await fleet.allUp(endedMs, TIMEOUT_MS)).toBe(true);
    const { upAtMs } = fleet.arrivals();
    expect(upAtMs).toHaveLength(3);
    expect(Math.min(...upAtMs)).toBeGreaterThanOrEqual(endedMs);
    expect(await askClusters(asked)).toBe(3);
    expect(await fleet.allUp(Date.now() + 60_000, 1)).toBe(false);
  } finally {
    await fleet.close();
    await second.close();
  }
});
