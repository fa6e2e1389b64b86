// Opens many watches through one route, and sends events to them: what each watch holds in memory, how late an event is.
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sightingsSchema } from '../../apiserver/index.ts';
import type { Sightings } from '../../apiserver/index.ts';
import { processUsage } from '../../measure/index.ts';
import type { ProcessMemory } from '../../processes/index.ts';
import { beginCpuAccount, profiled, reconnectsOf } from '../../requests/index.ts';
import type { Stage } from '../../requests/index.ts';
import { isRelayRoute } from '../../routes/index.ts';
import type { RunningRoute } from '../../routes/index.ts';
import { watchRoundSchema } from '../../stream-load/index.ts';
import type { WatchRound, WatchSpec } from '../../stream-load/index.ts';

export interface WatchPlan {
  readonly watches: number;
  readonly perConnection: number;
  readonly users: number;
  readonly eventsPerSecond: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

export interface EventRound extends WatchRound {
  /** As the stand-in counted them. */
  readonly sent: number;
  readonly stormMs: number;
  /** Microseconds for each event, by process. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

export interface ProcessGrowth {
  readonly process: string;
  /** Resident bytes for each watch, as the process runs. */
  readonly rssBytes: number;
  /** Of processes that can be told to collect their garbage: the same after that, and what V8 knows of it. */
  readonly collected: { readonly rssBytes: number; readonly heapBytes: number } | undefined;
}

export interface MeasuredWatches {
  readonly openMs: number;
  readonly growth: readonly ProcessGrowth[];
  readonly rounds: readonly EventRound[];
  /** Of the requests for the watches that were measured. */
  readonly sightings: Sightings;
  readonly reconnects: number;
  readonly openAtEnd: number;
}

interface Level {
  readonly process: string;
  readonly rssBytes: number | undefined;
  readonly collected: ProcessMemory | undefined;
}

/** Before: so that code is compiled, and few enough that the memory they leave behind is nothing beside what is measured. */
const WARM_UP_SHARE = 1 / 50;
/** Until every watch of before is gone from the stand-in. */
const CLOSE_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const stormSchema = z.object({ events: z.int(), elapsedMs: z.number() });

/** @throws Error when the route does not carry them, or loses one */
export async function runWatches(
  stage: Stage,
  route: RunningRoute,
  plan: WatchPlan,
  profileDir: string | undefined,
): Promise<MeasuredWatches> {
  const warmUp = { ...plan, watches: Math.ceil(plan.watches * WARM_UP_SHARE) };
  await withWatches(stage, route, warmUp, () => storm(stage, route, { ...warmUp, roundMs: plan.warmUpMs }));
  const before = await levels(route);
  await stage.apiserver.call('sightings', null, sightingsSchema);
  const startMs = performance.now();
  return withWatches(stage, route, plan, async () => {
    const openMs = performance.now() - startMs;
    const sightings = await stage.apiserver.call('sightings', null, sightingsSchema);
    const growth = growthOf(before, await levels(route), plan.watches);
    // The heaps that were collected a moment ago grow back before anything is timed.
    await storm(stage, route, { ...plan, roundMs: plan.warmUpMs });
    const rounds: EventRound[] = [];
    for (let round = 0; round < plan.rounds; round += 1) {
      const isProfiled = profileDir !== undefined && round === plan.rounds - 1;
      const file = isProfiled ? join(profileDir, 'watches') : undefined;
      rounds.push(await profiled(route, file, () => storm(stage, route, plan)));
    }
    return {
      openMs,
      growth,
      rounds,
      sightings,
      reconnects: await reconnectsOf(route),
      openAtEnd: await stage.apiserver.call('watches', null, z.int()),
    };
  });
}

/** Opens them, and closes them whatever happens. */
async function withWatches<T>(
  { load, apiserver, world }: Stage,
  route: RunningRoute,
  { watches, perConnection, users }: WatchPlan,
  use: () => Promise<T>,
): Promise<T> {
  const address = route.address('http2');
  if (address === undefined) throw new Error('it does not speak HTTP/2');
  const { identity } = world;
  const tokens = Array.from({ length: users }, (_, user) =>
    user === 0 ? identity.token : identity.tokenOfOther(user),
  );
  const spec: WatchSpec = { ...address, watches, perConnection, tokens };
  try {
    await load.call('watch-open', spec, z.null());
    return await use();
  } finally {
    // A load that has ended has no watches.
    await load.call('watch-close', null, z.null()).catch(() => undefined);
    const deadline = Date.now() + CLOSE_TIMEOUT_MS;
    while ((await apiserver.call('watches', null, z.int())) > 0 && Date.now() < deadline)
      await delay(POLL_MS);
  }
}

async function storm(
  { load, apiserver }: Stage,
  route: RunningRoute,
  { eventsPerSecond, roundMs: durationMs }: WatchPlan,
): Promise<EventRound> {
  const account = beginCpuAccount([
    { name: 'load', pid: load.pid },
    { name: 'apiserver', pid: apiserver.pid },
    ...route.processes,
  ]);
  const sent = await apiserver.call('storm', { eventsPerSecond, durationMs }, stormSchema);
  const round = await load.call('watch-take', { events: sent.events }, watchRoundSchema);
  const used = account();
  return {
    ...round,
    sent: sent.events,
    stormMs: sent.elapsedMs,
    cpuUs: Object.fromEntries(Object.entries(used).map(([name, us]) => [name, us / sent.events])),
  };
}

async function levels(route: RunningRoute): Promise<readonly Level[]> {
  const collectable = isRelayRoute(route) ? [route.gateway, route.agent] : [];
  return Promise.all(
    route.processes.map(async ({ name, pid }) => {
      const rssBytes = processUsage(pid)?.rssBytes;
      const child = collectable.find((one) => one.pid === pid);
      return { process: name, rssBytes, collected: await child?.memory({ collect: true }) };
    }),
  );
}

function growthOf(
  before: readonly Level[],
  after: readonly Level[],
  watches: number,
): readonly ProcessGrowth[] {
  return after.flatMap((level, index) => {
    const first = before[index];
    if (first?.rssBytes === undefined || level.rssBytes === undefined) return [];
    // Before, the garbage of the warm-up is no part of what the watches cost.
    const firstRss = first.collected?.rssBytes ?? first.rssBytes;
    const collected =
      first.collected === undefined || level.collected === undefined
        ? undefined
        : {
            rssBytes: (level.collected.rssBytes - first.collected.rssBytes) / watches,
            heapBytes: (knownBytes(level.collected) - knownBytes(first.collected)) / watches,
          };
    return [{ process: level.process, rssBytes: (level.rssBytes - firstRss) / watches, collected }];
  });
}

function knownBytes({ heapUsedBytes, externalBytes }: ProcessMemory): number {
  return heapUsedBytes + externalBytes;
}
