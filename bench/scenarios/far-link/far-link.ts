// One stream over a long way: where a fixed window is the whole speed, whatever the line can carry.
import { COLD_BYTES } from '../../apiserver/index.ts';
import { figure, inTurn, ratioOf, targetAtLeast } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import {
  absentOf,
  bestPeers,
  chosenCases,
  figureName,
  lossChecks,
  openStage,
  stageSettings,
  tableOf,
  versionsOf,
} from '../../requests/index.ts';
import type { LostRoute } from '../../requests/index.ts';
import type { AbsentRoute, RouteInfo, RouteName } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { transferChecks } from '../../transfers/index.ts';
import { measureFar } from './measure-far.ts';
import type { FarRound } from './measure-far.ts';

interface FarCase {
  readonly name: string;
  readonly roundTripMs: number;
  readonly direction: 'download' | 'upload';
  /** Until the windows have grown, then how long the steady rate is measured. */
  readonly growMs: number;
  readonly steadyMs: number;
}

const ROUTES: readonly RouteName[] = ['relay', 'chisel', 'frp', 'remotedialer', 'konnectivity', 'ssh'];
/** Never reached: a transfer is ended when its time is over. */
const ENDLESS_BYTES = 1e11;
const ROUNDS = 3;
const NEAR = { roundTripMs: 60, growMs: 1000, steadyMs: 1000 };
const FAR = { roundTripMs: 200, growMs: 2000, steadyMs: 1000 };
const CASES: readonly FarCase[] = [
  { ...NEAR, name: 'download-60ms', direction: 'download' },
  { ...NEAR, name: 'upload-60ms', direction: 'upload' },
  { ...FAR, name: 'download-200ms', direction: 'download' },
  { ...FAR, name: 'upload-200ms', direction: 'upload' },
];
const QUICK = { growMs: 700, steadyMs: 400 };

/** What a fixed window of 256 KiB moves: one window in each round trip. */
const FIXED_WINDOW_BYTES = 256 * 1024;
const TARGET_TIMES = 15;

export const FAR_LINK_SCENARIO: Scenario = {
  name: 'far-link',
  title: 'one bulk stream over a tunnel of 60 ms and of 200 ms round trip',
  cases: CASES.map(({ name }) => name),
  run: runFarLink,
};

/** Megabytes a second. */
export function fixedWindowRate(roundTripMs: number): number {
  return FIXED_WINDOW_BYTES / roundTripMs / 1000;
}

async function runFarLink(context: RunContext): Promise<ScenarioOutcome> {
  const rounds = context.rounds ?? (context.quick ? 1 : ROUNDS);
  const cases = chosenCases({ cases: CASES, quickCases: ['download-60ms', 'upload-60ms'] }, context);
  const parts: FarPart[] = [];
  for (const [roundTripMs, ofLink] of Map.groupBy(cases, (one) => one.roundTripMs)) {
    parts.push(await runLink(roundTripMs, ofLink, rounds, context));
  }
  const figures = parts.flatMap((part) => part.figures);
  const [part] = parts;
  const table = tableOf(
    figures,
    parts.flatMap((one) => one.routes),
  );
  const comparisons = cases.flatMap(({ name, roundTripMs }) => [
    ...ratioOf({
      name: `${name}: throughput, relay / best tunnel peer`,
      ours: table.of(name, 'relay', 'throughput'),
      theirs: table.bestPeer(name, 'throughput')?.figure,
    }),
    ...timesFixedWindow(name, roundTripMs, table.of(name, 'relay', 'throughput')),
  ]);
  return {
    settings: {
      rounds,
      link: 'a delaying relay in user space between the two ends of the tunnel; it holds every byte for half a round trip',
      growMs: (context.quick ? QUICK : NEAR).growMs,
      steadyMs: (context.quick ? QUICK : NEAR).steadyMs,
      growMsAt200: (context.quick ? QUICK : FAR).growMs,
      coldBytes: COLD_BYTES,
      client: 'bench/load/transfer.ts, HTTP/1.1; every byte is compared where it arrives',
      ...part?.settings,
      ...bestPeers(
        table,
        cases.map(({ name }) => name),
        'throughput',
      ),
    },
    versions: part?.versions ?? {},
    figures,
    comparisons,
    targets: targetsOf(comparisons),
    absent: withoutRepeats(parts.flatMap((one) => one.absent)),
    checks: parts.flatMap((one) => one.checks),
    notes: [
      `A fixed window of 256 KiB moves one window in each round trip: 262,144 bytes / 0.06 s = ${fixedWindowRate(60).toFixed(2)} MB/s ` +
        `at 60 ms, / 0.2 s = ${fixedWindowRate(200).toFixed(2)} MB/s at 200 ms. The target is ${TARGET_TIMES} times that at 60 ms: ` +
        `${(fixedWindowRate(60) * TARGET_TIMES).toFixed(1)} MB/s.`,
      "The link carries whatever is sent: TCP's own windows, which on a real line grow with it, are no limit here. What limits " +
        'is what each tunnel has in flight by its own rules.',
      'The first 16 MiB are timed from the request on a new connection of the client; the tunnel itself is as the round before ' +
        'has left it, and new in the first round. Where a transfer ended before it had moved them, the rest is reckoned at its ' +
        'steady rate.',
      'Three rounds: each takes seconds, most of them waiting for the windows to grow.',
    ],
  };
}

interface FarPart extends Pick<ScenarioOutcome, 'settings' | 'versions' | 'figures' | 'checks' | 'absent'> {
  readonly routes: readonly RouteInfo[];
}

async function runLink(
  roundTripMs: number,
  cases: readonly FarCase[],
  rounds: number,
  context: RunContext,
): Promise<FarPart> {
  await using stage = await openStage(ROUTES, context, { roundTripMs });
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const { name, direction, growMs, steadyMs } of cases) {
    context.say(`  ${name}: one ${direction} at a time`);
    const plan = { direction, connections: 1, bytesEach: ENDLESS_BYTES };
    const pace = context.quick ? QUICK : { growMs, steadyMs };
    const turns = await inTurn(stage.routes, rounds, (route) => measureFar(stage, route, plan, pace), {
      signal: context.signal,
    });
    for (const { entrant, rounds: ofRoute, failure } of turns) {
      const { info } = entrant;
      if (failure !== undefined) {
        lost.push({ case: name, route: info, reason: failure.message });
        continue;
      }
      figures.push(...farFigures(name, info.name, ofRoute));
      const transfers = ofRoute.map(({ transfer }) => transfer);
      checks.push(...transferChecks(name, info, plan, transfers, false));
    }
  }
  return {
    settings: stageSettings(stage),
    versions: versionsOf(stage),
    figures,
    checks: [...checks, ...lossChecks(lost)],
    absent: [...stage.absent, ...absentOf(lost)],
    routes: stage.routes.map(({ info }) => info),
  };
}

function farFigures(name: string, route: RouteName, rounds: readonly FarRound[]): readonly Figure[] {
  return [
    figure(
      figureName(name, route, 'throughput'),
      'MB/s',
      true,
      rounds.map(({ steadyMegabytesPerSecond }) => steadyMegabytesPerSecond),
    ),
    figure(
      figureName(name, route, 'first16MiB'),
      'ms',
      false,
      rounds.map(({ coldMs }) => coldMs),
    ),
  ];
}

function timesFixedWindow(name: string, roundTripMs: number, relay: Figure | undefined): readonly Figure[] {
  if (relay === undefined) return [];
  const rounds = relay.rounds.map((rate) => rate / fixedWindowRate(roundTripMs));
  return [figure(`${name}: throughput, relay / a fixed window of 256 KiB`, '×', true, rounds)];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(comparisons: readonly Figure[]): readonly Target[] {
  return comparisons
    .filter(({ name }) => /^\w+-60ms: throughput, relay \/ a fixed window/.test(name))
    .map(({ name, value }) => targetAtLeast(name, value, TARGET_TIMES, '×'));
}

function withoutRepeats(absent: readonly AbsentRoute[]): readonly AbsentRoute[] {
  return [...new Map(absent.map((one) => [`${one.name} ${one.reason}`, one])).values()];
}
