// Exec: one byte to a command and back, as a shell has it for each key. What every hop adds shows, and nothing else.
import { join } from 'node:path';
import { z } from 'zod';
import { sightingsSchema } from '../../apiserver/index.ts';
import type { Sightings } from '../../apiserver/index.ts';
import { figure, inTurn, targetAtMost } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import {
  absentOf,
  addedLatencies,
  beginCpuAccount,
  bestPeers,
  chosenCases,
  cpuFigures,
  figureName,
  identityChecks,
  lossChecks,
  openStage,
  profiled,
  reconnectsOf,
  relayRatios,
  stageSettings,
  tableOf,
  versionsOf,
} from '../../requests/index.ts';
import type { FigureTable, LostRoute, Pace, Stage } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RouteInfo, RunningRoute } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { execRoundSchema, STREAM_PARTS } from '../../stream-load/index.ts';
import type { ExecRound, ExecSpec } from '../../stream-load/index.ts';

interface ExecCase {
  readonly name: string;
  readonly sessions: number;
}

interface MeasuredExec {
  readonly exec: ExecRound;
  /** Microseconds for each round trip, by process. */
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly sightings: Sightings;
  readonly reconnects: number;
}

const CASES: readonly ExecCase[] = [
  { name: 'one', sessions: 1 },
  { name: 'many', sessions: 32 },
];
const PACE: Pace = { rounds: 5, warmUpMs: 1500, settleMs: 200, roundMs: 800 };
const QUICK_PACE: Pace = { rounds: 2, warmUpMs: 300, settleMs: 50, roundMs: 200 };
const NOTES: readonly string[] = [
  'WebSocket, v5.channel.k8s.io (KEP-4006): a message of two bytes each way, the channel and the byte. SPDY is not measured.',
  'The stand-in echoes by itself: no kubelet and no container is in the way.',
];

export const EXEC_SCENARIO: Scenario = {
  name: 'exec',
  title: 'one byte there and back through an exec session, and through 32 at once',
  cases: CASES.map(({ name }) => name),
  run: runExec,
};

async function runExec(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PACE : PACE;
  const pace = { ...basis, rounds: context.rounds ?? basis.rounds };
  const cases = chosenCases({ cases: CASES, quickCases: CASES.map(({ name }) => name) }, context);
  await using stage = await openStage(ROUTES, context, undefined, STREAM_PARTS);
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const execCase of cases) {
    const { name } = execCase;
    context.say(`  ${name}: ${execCase.sessions} session(s)`);
    const turns = await inTurn(
      stage.routes,
      pace.rounds,
      (route, round) => {
        const isProfiled = context.profileDir !== undefined && round === pace.rounds - 1;
        const file = isProfiled ? join(context.profileDir, `exec-${name}`) : undefined;
        return runRound(stage, route, execCase, pace, file);
      },
      { signal: context.signal },
    );
    for (const { entrant, rounds, failure } of turns) {
      const { info } = entrant;
      if (failure !== undefined) {
        lost.push({ case: name, route: info, reason: failure.message });
        continue;
      }
      figures.push(...execFigures(name, info, rounds));
      checks.push(...execChecks(name, info, rounds));
    }
  }
  const routes = stage.routes.map(({ info }) => info);
  const table = tableOf(figures, routes);
  const names = cases.map(({ name }) => name);
  const comparisons = comparisonsOf(table, names, routes);
  return {
    settings: {
      ...pace,
      client: 'bench/stream-load/exec-client.ts, WebSocket over HTTP/1.1',
      ...stageSettings(stage),
      ...bestPeers(table, names, 'p50'),
    },
    versions: versionsOf(stage),
    figures,
    comparisons,
    targets: targetsOf(comparisons),
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [...checks, ...lossChecks(lost)],
    notes: NOTES,
  };
}

async function runRound(
  stage: Stage,
  route: RunningRoute,
  { sessions }: ExecCase,
  { warmUpMs, settleMs, roundMs }: Pace,
  profile: string | undefined,
): Promise<MeasuredExec> {
  const { load, apiserver, world } = stage;
  const address = route.address('http1');
  if (address === undefined) throw new Error('it does not speak HTTP/1.1');
  const spec: ExecSpec = { ...address, token: world.identity.token, sessions };
  await apiserver.call('sightings', null, sightingsSchema);
  try {
    await load.call('exec-open', spec, z.null());
    const sightings = await apiserver.call('sightings', null, sightingsSchema);
    const isWarm = stage.warm.has(route.info.name);
    stage.warm.add(route.info.name);
    await load.call('exec-run', { durationMs: isWarm ? settleMs : warmUpMs }, execRoundSchema);
    const { exec, used } = await profiled(route, profile, async () => {
      const account = beginCpuAccount([{ name: 'apiserver', pid: apiserver.pid }, ...route.processes]);
      const measured = await load.call('exec-run', { durationMs: roundMs }, execRoundSchema);
      return { exec: measured, used: account() };
    });
    const all: Record<string, number> = Object.keys(used).length === 0 ? {} : { load: exec.cpuUs, ...used };
    return {
      exec,
      cpuUs: Object.fromEntries(Object.entries(all).map(([name, us]) => [name, us / exec.roundTrips])),
      sightings,
      reconnects: await reconnectsOf(route),
    };
  } finally {
    // A load that has ended has no sessions.
    await load.call('exec-close', null, z.null()).catch(() => undefined);
  }
}

function execFigures(
  name: string,
  { name: route }: RouteInfo,
  rounds: readonly MeasuredExec[],
): readonly Figure[] {
  const of = (what: string, unit: string, isHigherBetter: boolean, value: (exec: ExecRound) => number) =>
    figure(
      figureName(name, route, what),
      unit,
      isHigherBetter,
      rounds.map(({ exec }) => value(exec)),
    );
  return [
    of('throughput', 'round trips/s', true, (exec) => (exec.roundTrips / exec.elapsedMs) * 1000),
    of('p50', 'µs', false, (exec) => exec.p50Us),
    of('p99', 'µs', false, (exec) => exec.p99Us),
    ...cpuFigures(name, route, rounds, 'µs/round trip'),
  ];
}

function execChecks(caseName: string, route: RouteInfo, rounds: readonly MeasuredExec[]): readonly Check[] {
  const name = (what: string): string => `${caseName} ${route.name}: ${what}`;
  const roundTrips = rounds.reduce((sum, { exec }) => sum + exec.roundTrips, 0);
  const wrong = rounds.reduce((sum, { exec }) => sum + exec.wrong, 0);
  return [
    {
      name: name('every echo is the byte that was sent, on stdout'),
      passed: roundTrips > 0 && wrong === 0,
      detail: `${wrong} of ${roundTrips} wrong`,
    },
    ...identityChecks({ route, rounds }, name),
  ];
}

function comparisonsOf(
  table: FigureTable,
  names: readonly string[],
  routes: readonly RouteInfo[],
): readonly Figure[] {
  return names.flatMap((name) => [
    ...addedLatencies(table, name, routes),
    ...relayRatios(table, name, 'throughput'),
  ]);
}

/** Those of issue "Faster than every peer". */
export function targetsOf(comparisons: readonly Figure[]): readonly Target[] {
  return comparisons.flatMap(({ name, value }) =>
    name === 'one: p50 added over direct by relay' ? [targetAtMost(name, value, 150, 'µs')] : [],
  );
}
