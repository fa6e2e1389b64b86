// Watches: 10,000 of them open, which is what a cluster's users mostly have, and then 1,000 events a second spread over all.
import { figure, openFilesFor, targetAtMost } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import {
  absentOf,
  addedLatencies,
  cpuFigures,
  figureName,
  lossChecks,
  openStage,
  relayRatios,
  stageSettings,
  tableOf,
  versionsOf,
} from '../../requests/index.ts';
import type { LostRoute } from '../../requests/index.ts';
import type { RouteInfo, RouteName } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { EVENT_BYTES } from '../../apiserver/streams/index.ts';
import { STREAM_PARTS } from '../../stream-load/index.ts';
import { runWatches } from './watch-run.ts';
import type { EventRound, MeasuredWatches, WatchPlan } from './watch-run.ts';

/** One after the other: behind a hop of HTTP/1.1 each watch is a connection, and the stand-in has no room for those of two routes. */
const WATCH_ROUTES: readonly RouteName[] = ['direct', 'go-proxy', 'relay'];
const CASE = 'watches';
const PLAN: WatchPlan = {
  watches: 10_000,
  perConnection: 100,
  // The gateway carries 4096 requests of one user at once.
  users: 3,
  eventsPerSecond: 1000,
  rounds: 5,
  roundMs: 3000,
  warmUpMs: 1000,
};
const QUICK_PLAN: WatchPlan = { ...PLAN, watches: 500, rounds: 1, roundMs: 1000, warmUpMs: 200 };
/** 1 KB = 1000 bytes. */
const KILOBYTE = 1000;
const MAX_WATCH_KILOBYTES = 25;
const NOTES: readonly string[] = [
  'Three users in turn, as the gateway carries 4096 requests of one user at once; one cluster, one agent, two tunnels; every other limit is the default.',
  'Memory is what a process holds more with all watches open than before, divided by their number; "collected" is after a full garbage collection, before and after. The warm-up leaves some memory behind that the watches take up: at most one fiftieth.',
  'The latency of an event is from the write in the stand-in to its last byte in the client, on the one monotonic clock of the machine. The routes run one after the other, so their rounds are not side by side.',
  'The client has 100 watches on each HTTP/2 connection, and so has the agent towards the stand-in. Where a hop asks the stand-in in HTTP/1.1, each watch is a connection there.',
];

export const WATCHES_SCENARIO: Scenario = {
  name: 'watches',
  title: '10,000 open watches, and 1,000 events a second spread over them',
  run: runScenario,
};

async function runScenario(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PLAN : PLAN;
  const watches = openFilesFor(basis.watches);
  const plan = { ...basis, watches, rounds: context.rounds ?? basis.rounds };
  await using stage = await openStage(WATCH_ROUTES, context, undefined, STREAM_PARTS);
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const route of stage.routes) {
    const { info } = route;
    context.signal.throwIfAborted();
    context.say(`  ${info.name}: ${watches} watches`);
    try {
      const measured = await runWatches(stage, route, plan, context.profileDir);
      figures.push(...watchFigures(info, plan, measured));
      checks.push(...watchChecks(info, plan, measured));
    } catch (error) {
      context.signal.throwIfAborted();
      lost.push({ case: CASE, route: info, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const routes = stage.routes.map(({ info }) => info);
  const table = tableOf(figures, routes);
  return {
    settings: {
      ...plan,
      eventBytes: EVENT_BYTES,
      client: 'bench/stream-load/watch-client.ts, HTTP/2',
      ...stageSettings(stage),
    },
    versions: versionsOf(stage),
    figures,
    comparisons: [
      ...addedLatencies(table, CASE, routes),
      ...(['p50', 'p99'] as const).flatMap((what) => relayRatios(table, CASE, what)),
    ],
    targets: targetsOf(figures),
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [...checks, ...lossChecks(lost)],
    notes: [
      ...NOTES,
      ...(watches < basis.watches
        ? [`Only ${watches} watches: a process of this machine may not open more files.`]
        : []),
    ],
  };
}

function watchFigures(
  { name: route }: RouteInfo,
  { watches }: WatchPlan,
  { openMs, growth, rounds }: MeasuredWatches,
): readonly Figure[] {
  const of = (what: string, unit: string, isHigherBetter: boolean, values: readonly number[]): Figure =>
    figure(figureName(CASE, route, what), unit, isHigherBetter, values);
  const latency = (value: (round: EventRound) => number): readonly number[] => rounds.map(value);
  return [
    of(
      'p50',
      'µs',
      false,
      latency(({ p50Us }) => p50Us),
    ),
    of(
      'p99',
      'µs',
      false,
      latency(({ p99Us }) => p99Us),
    ),
    of(
      'max',
      'µs',
      false,
      latency(({ maxUs }) => maxUs),
    ),
    of('opened', 'watches/s', true, [(watches / openMs) * 1000]),
    ...growth.flatMap(({ process, rssBytes, collected }) => [
      of(`rss.${process}`, 'KB/watch', false, [rssBytes / KILOBYTE]),
      ...(collected === undefined
        ? []
        : [
            of(`collected.${process}`, 'KB/watch', false, [collected.rssBytes / KILOBYTE]),
            of(`heap.${process}`, 'KB/watch', false, [collected.heapBytes / KILOBYTE]),
          ]),
    ]),
    ...cpuFigures(CASE, route, rounds, 'µs/event'),
  ];
}

function watchChecks(
  route: RouteInfo,
  { watches }: WatchPlan,
  { rounds, sightings, reconnects, openAtEnd }: MeasuredWatches,
): readonly Check[] {
  const name = (what: string): string => `${CASE} ${route.name}: ${what}`;
  const sum = (value: (round: EventRound) => number): number =>
    rounds.reduce((total, round) => total + value(round), 0);
  const sent = sum((round) => round.sent);
  const events = sum((round) => round.events);
  const outOfOrder = sum((round) => round.outOfOrder);
  const { looked, impersonated, withAgentToken, withUserToken } = sightings;
  const isRelay = route.kind === 'relay';
  return [
    {
      name: name('no event was lost, doubled or out of order'),
      passed: sent > 0 && events === sent && outOfOrder === 0,
      detail: `${events} of ${sent} came, ${outOfOrder} out of order`,
    },
    {
      name: name('every watch was open, from the first event to the last'),
      passed: openAtEnd === watches,
      detail: `${openAtEnd} of ${watches}`,
    },
    {
      // One of several users is the one that the stand-in knows.
      name: name(
        isRelay ? 'the stand-in saw the user and the agent’s token' : 'the stand-in saw the user’s token',
      ),
      passed: isRelay
        ? looked > 0 && impersonated > 0 && withAgentToken === looked && withUserToken === 0
        : withUserToken > 0 && impersonated === 0,
      detail: `of ${looked} heads: the user in ${impersonated}, the agent's token in ${withAgentToken}, the user's in ${withUserToken}`,
    },
    { name: name('no tunnel was lost'), passed: reconnects === 0, detail: `${reconnects} reconnects` },
  ];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(figures: readonly Figure[]): readonly Target[] {
  const bounded = ['gateway', 'agent'].map((process) => figureName(CASE, 'relay', `collected.${process}`));
  return figures
    .filter(({ name }) => bounded.includes(name))
    .map(({ name, value }) => targetAtMost(name, value, MAX_WATCH_KILOBYTES, 'KB/watch'));
}
