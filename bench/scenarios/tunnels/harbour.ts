// The processes of the scenario: one gateway that can be killed and put up again, and the fleets whose tunnels it holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { findFreePorts } from '../../../demo/control-plane/index.ts';
import { startBenchIdentity } from '../../bench-user.ts';
import { arrivalsSchema, askClusters, seedClusters } from '../../fleet/index.ts';
import type { Arrivals, FleetMember, FleetSpec } from '../../fleet/index.ts';
import { startChild } from '../../processes/index.ts';
import type { Child } from '../../processes/index.ts';

/** How a whole fleet came up. Milliseconds since it was waited for. */
export interface CameUp {
  readonly medianMs: number;
  readonly lastMs: number;
  /** By the code of their error. */
  readonly failedDials: Readonly<Record<string, number>>;
}

export interface Harbour extends AsyncDisposable {
  /** The one that runs now. */
  readonly gateway: Child;
  /** Some tunnels come and go: code is compiled, and what a first tunnel costs is spent. */
  warmUp(tunnels: number): Promise<void>;
  /** From the first dial to the last tunnel. */
  launch(): Promise<CameUp>;
  /** The gateway is killed and started again; from its end to the last tunnel. */
  restart(): Promise<CameUp>;
  /** As the gateway counts them. */
  tunnels(): Promise<number>;
  /** How many of some clusters, spread over all, answer a request. */
  answering(clusters: number): Promise<number>;
}

const HOST = '127.0.0.1';
const CLUSTER_DOMAIN = 'cluster-connect.internal';
/** One process alone would take longer for its half of the handshakes than the gateway for its own. */
const FLEETS = 2;
/** Far beyond the target: a machine that is busy is to have a figure too. */
const MAX_UP_MS = 300_000;
const ASK_AGAIN_MS = 30_000;
const COUNTED_WITHIN_MS = 5000;
const POLL_MS = 50;
const startedSchema = z.object({ authorityPem: z.string() });

export async function openHarbour(size: number, signal: AbortSignal): Promise<Harbour> {
  await using resources = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'cluster-connect-bench-'));
  resources.defer(() => rmSync(directory, { recursive: true, force: true }));
  const identity = await startBenchIdentity();
  resources.defer(() => identity.entra.close());
  const dataDir = join(directory, 'gateway');
  const members = await seedClusters(dataDir, size);
  const [port = 0] = await findFreePorts(1);
  const publicUrl = `https://${HOST}:${port}`;

  let gateway = startChild('gateway', 'many-clusters-gateway');
  resources.defer(() => gateway.stop());
  const fleets = Array.from({ length: FLEETS }, (_, index) => startChild(`fleet ${index + 1}`, 'fleet'));
  for (const fleet of fleets) resources.defer(() => fleet.stop());
  // Whoever interrupts gets an error from the fleets that ended, and everything is taken down on the way out.
  const interrupt = (): void => void Promise.all(fleets.map((fleet) => fleet.stop()));
  signal.addEventListener('abort', interrupt);
  resources.defer(() => signal.removeEventListener('abort', interrupt));

  const startGateway = () =>
    gateway.call(
      'start',
      {
        port,
        publicUrl,
        dataDir,
        clusterDomain: CLUSTER_DOMAIN,
        userObjectId: identity.objectId,
        entra: identity.settings,
      },
      startedSchema,
    );
  const { authorityPem } = await startGateway();

  const launchFleets = async (crew: readonly FleetMember[]): Promise<CameUp> => {
    const sinceMs = Date.now();
    const specs = fleets.map((_, index): FleetSpec => {
      const share = crew.filter((_member, at) => at % FLEETS === index);
      return { gatewayUrl: publicUrl, gatewayCa: authorityPem, members: share };
    });
    await Promise.all(fleets.map((fleet, index) => fleet.call('launch', specs[index], z.null())));
    return arrivals(sinceMs);
  };
  const arrivals = async (sinceMs: number): Promise<CameUp> => {
    for (const fleet of fleets) await untilUp(fleet, sinceMs);
    const parts = await Promise.all(fleets.map((fleet) => fleet.call('arrivals', null, arrivalsSchema)));
    return cameUp(parts, sinceMs);
  };

  const tunnels = (): Promise<number> => gateway.call('tunnels', null, z.int());
  // An agent knows first that its tunnel is up. Whoever looks afterwards sees whether the gateway ever did.
  const counted = async (): Promise<void> => {
    const deadline = Date.now() + COUNTED_WITHIN_MS;
    while ((await tunnels()) < size && Date.now() < deadline) await delay(POLL_MS, undefined, { signal });
  };

  const kept = resources.move();
  return {
    get gateway() {
      return gateway;
    },
    warmUp: async (count) => {
      await launchFleets(members.slice(0, count));
      await Promise.all(fleets.map((fleet) => fleet.call('recall', null, z.null())));
    },
    launch: async () => {
      const came = await launchFleets(members);
      await counted();
      return came;
    },
    restart: async () => {
      const killedAtMs = Date.now();
      await gateway.kill();
      gateway = startChild('gateway', 'many-clusters-gateway');
      await startGateway();
      const came = await arrivals(killedAtMs);
      await counted();
      return came;
    },
    tunnels,
    answering: (clusters) =>
      askClusters({
        host: HOST,
        port,
        ca: authorityPem,
        clusterDomain: CLUSTER_DOMAIN,
        token: identity.token,
        clusterNames: spreadOver(members, clusters).map(({ clusterName }) => clusterName),
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** @throws Error when not all are up in time */
async function untilUp(fleet: Child, sinceMs: number): Promise<void> {
  const deadline = sinceMs + MAX_UP_MS;
  while (!(await fleet.call('all-up', { sinceMs, timeoutMs: ASK_AGAIN_MS }, z.boolean()))) {
    if (Date.now() > deadline) throw new Error(`the tunnels of ${fleet.name} did not all come up`);
  }
}

/** @throws RangeError for nobody who came up */
export function cameUp(parts: readonly Arrivals[], sinceMs: number): CameUp {
  const upAtMs = parts.flatMap((part) => part.upAtMs).toSorted((a, b) => a - b);
  const [middle, last] = [upAtMs[upAtMs.length >> 1], upAtMs.at(-1)];
  if (middle === undefined || last === undefined) throw new RangeError('nobody came up');
  const failedDials: Record<string, number> = {};
  for (const part of parts) {
    for (const [code, count] of Object.entries(part.failedDials)) {
      failedDials[code] = (failedDials[code] ?? 0) + count;
    }
  }
  return { medianMs: middle - sinceMs, lastMs: last - sinceMs, failedDials };
}

/** Of all, as many as are asked for, at the same distance from each other. */
export function spreadOver<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, index) => Math.floor(index * step)).flatMap(
    (at) => all.slice(at, at + 1),
  );
}
