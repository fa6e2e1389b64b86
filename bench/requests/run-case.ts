// Measures the routes of one case in turn.
import { join } from 'node:path';
import { z } from 'zod';
import { answerBody, LIST_PATH, listBody, sightingsSchema, SMALL_PATH } from '../apiserver/index.ts';
import { roundSchema } from '../load/index.ts';
import type { LoadSpec } from '../load/index.ts';
import { inTurn } from '../measure/index.ts';
import type { RunningRoute } from '../routes/index.ts';
import type { RunContext } from '../scenario.ts';
import { beginCpuAccount } from './cpu-account.ts';
import { profiled } from './profiled.ts';
import { reconnectsOf } from './relay-route.ts';
import type { LostRoute, MeasuredRoute, Pace, RequestCase, RequestRound } from './request-case.ts';
import type { Stage } from './stage.ts';

export interface CaseRun {
  readonly measured: readonly MeasuredRoute[];
  readonly lost: readonly LostRoute[];
}

interface Entrant {
  readonly route: RunningRoute;
  readonly spec: LoadSpec;
}

/** A later case of the same route and protocol finds its code compiled. */
const REWARM_SHARE = 0.1;
const BODIES = { small: answerBody(), list: listBody() };
const PATHS = { small: SMALL_PATH, list: LIST_PATH };

/** Only the routes that speak the case's protocol; one that fails is lost, the others go on. */
export async function runCase(
  benchCase: RequestCase,
  stage: Stage,
  pace: Pace,
  context: RunContext,
): Promise<CaseRun> {
  const entrants = stage.routes.flatMap((route): Entrant[] => {
    const spec = loadSpec(benchCase, route, stage, context);
    return spec === undefined ? [] : [{ route, spec }];
  });
  const turns = await inTurn(
    entrants,
    pace.rounds,
    async ({ route, spec }, round) => {
      if (round === 0) await warmUp(stage, route, spec, pace);
      const isProfiled = context.profileDir !== undefined && round === pace.rounds - 1;
      const file = isProfiled ? join(context.profileDir, benchCase.name) : undefined;
      return runRound(stage, route, spec, pace, file);
    },
    { signal: context.signal },
  );
  return {
    measured: turns.flatMap(({ entrant, rounds, failure }) =>
      failure === undefined ? [{ case: benchCase, route: entrant.route.info, rounds }] : [],
    ),
    lost: turns.flatMap(({ entrant, failure }) =>
      failure === undefined
        ? []
        : [{ case: benchCase.name, route: entrant.route.info, reason: failure.message }],
    ),
  };
}

async function warmUp(stage: Stage, route: RunningRoute, spec: LoadSpec, pace: Pace): Promise<void> {
  const key = `${route.info.name} ${spec.protocol}`;
  const durationMs = stage.warm.has(key) ? pace.warmUpMs * REWARM_SHARE : pace.warmUpMs;
  stage.warm.add(key);
  // Always by the light client: autocannon counts a first answer that has to wait for the identity provider's keys as lost.
  await withClient(stage, { ...spec, client: 'light' }, () =>
    stage.load.call('run', { durationMs: Math.max(1, durationMs) }, roundSchema),
  );
}

async function runRound(
  stage: Stage,
  route: RunningRoute,
  spec: LoadSpec,
  { settleMs, roundMs }: Pace,
  profile: string | undefined,
): Promise<RequestRound> {
  const { load, apiserver } = stage;
  return withClient(stage, spec, async () => {
    if (settleMs > 0) await load.call('run', { durationMs: settleMs }, roundSchema);
    await apiserver.call('sightings', null, sightingsSchema);
    const { round, used } = await profiled(route, profile, async () => {
      const account = beginCpuAccount([{ name: 'apiserver', pid: apiserver.pid }, ...route.processes]);
      const measured = await load.call('run', { durationMs: roundMs }, roundSchema);
      return { round: measured, used: account() };
    });
    const sightings = await apiserver.call('sightings', null, sightingsSchema);
    // The load's own clock ends before it sorts what it has measured.
    const all: Record<string, number> = Object.keys(used).length === 0 ? {} : { load: round.cpuUs, ...used };
    return {
      load: round,
      cpuUs: Object.fromEntries(Object.entries(all).map(([name, us]) => [name, us / round.requests])),
      sightings,
      reconnects: await reconnectsOf(route),
    };
  });
}

/** Opens the connections, and closes them whatever happens. */
async function withClient<T>({ load }: Stage, spec: LoadSpec, use: () => Promise<T>): Promise<T> {
  try {
    await load.call('open', spec, z.null());
    return await use();
  } finally {
    // A load that has ended has no connections.
    await load.call('close', null, z.null()).catch(() => undefined);
  }
}

function loadSpec(
  { protocol, connections, streams, connecting, answer }: RequestCase,
  route: RunningRoute,
  stage: Stage,
  { client }: RunContext,
): LoadSpec | undefined {
  const address = route.address(protocol);
  if (address === undefined) return undefined;
  return {
    client,
    protocol,
    connecting,
    connections,
    streams,
    ...address,
    path: PATHS[answer],
    headers: [...stage.headers],
    expectedBody: BODIES[answer],
  };
}
