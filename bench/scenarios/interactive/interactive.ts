// A request now and then while bulk runs: what whoever types feels of the neighbour who copies.
import { figure, inTurn, ratioOf, targetAtMost } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import { startChild } from '../../processes/index.ts';
import {
  absentOf,
  bestPeers,
  chosenCases,
  cpuFigures,
  figureName,
  lossChecks,
  memoryFigures,
  openStage,
  stageSettings,
  tableOf,
  versionsOf,
} from '../../requests/index.ts';
import type { LostRoute } from '../../requests/index.ts';
import type { RouteName } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { transferChecks } from '../../transfers/index.ts';
import type { TransferPlan } from '../../transfers/index.ts';
import { interactiveChecks, measureBeside } from './measure-beside.ts';
import type { BesidePace, BesideRound } from './measure-beside.ts';

interface InteractiveCase extends TransferPlan {
  readonly name: string;
}

/** The hop for scale; the others carry both through one tunnel. */
const ROUTES: readonly RouteName[] = [
  'direct',
  'go-proxy',
  'relay',
  'chisel',
  'frp',
  'remotedialer',
  'konnectivity',
  'ssh',
];
/** Never reached: it is ended when the requests are. */
const ENDLESS_BYTES = 1e11;
/** As many as the relay-agent has tunnels, so that none of them is without bulk. */
const TRANSFERS = 2;
const CASES: readonly InteractiveCase[] = [
  { name: 'beside-download', direction: 'download', connections: TRANSFERS, bytesEach: ENDLESS_BYTES },
  { name: 'beside-upload', direction: 'upload', connections: TRANSFERS, bytesEach: ENDLESS_BYTES },
];
const PACE: BesidePace & { readonly rounds: number } = { rounds: 5, growMs: 300, requestsMs: 1000 };
const QUICK_PACE = { rounds: 1, growMs: 150, requestsMs: 250 };
const P99_BOUND_US = 5000;

export const INTERACTIVE_SCENARIO: Scenario = {
  name: 'interactive',
  title: 'one small request at a time while bulk runs the same way',
  cases: CASES.map(({ name }) => name),
  run: runInteractive,
};

async function runInteractive(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PACE : PACE;
  const pace = { ...basis, rounds: context.rounds ?? basis.rounds };
  const cases = chosenCases({ cases: CASES, quickCases: ['beside-download', 'beside-upload'] }, context);
  await using stage = await openStage(ROUTES, context);
  // A process of its own: what has to wait is not to wait for the bulk's own end.
  await using resources = new AsyncDisposableStack();
  const asker = startChild('interactive', 'load');
  resources.defer(() => asker.stop());
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const { name, ...plan } of cases) {
    context.say(`  ${name}: one request at a time, ${plan.connections} bulk transfers`);
    const turns = await inTurn(
      stage.routes,
      pace.rounds,
      (route) => measureBeside(stage, asker, route, plan, pace),
      { signal: context.signal },
    );
    for (const { entrant, rounds, failure } of turns) {
      const { info } = entrant;
      if (failure !== undefined) {
        lost.push({ case: name, route: info, reason: failure.message });
        continue;
      }
      figures.push(...besideFigures(name, info.name, rounds));
      const transfers = rounds.map(({ transfer }) => transfer);
      checks.push(
        ...transferChecks(name, info, plan, transfers, false),
        ...interactiveChecks(`${name} ${info.name}`, rounds),
      );
    }
  }
  figures.push(...memoryFigures(stage.routes));
  const table = tableOf(
    figures,
    stage.routes.map(({ info }) => info),
  );
  const names = cases.map(({ name }) => name);
  const comparisons = names.flatMap((name) =>
    (['p50', 'p99'] as const).flatMap((what) =>
      ratioOf({
        name: `${name}: ${what}, relay / best tunnel peer`,
        ours: table.of(name, 'relay', what),
        theirs: table.bestPeer(name, what)?.figure,
      }),
    ),
  );
  return {
    settings: {
      ...pace,
      transfers: TRANSFERS,
      client:
        'bench/load/http1-client.ts for the requests, bench/load/transfer.ts for the bulk, a process each',
      ...stageSettings(stage),
      ...bestPeers(table, names, 'p99'),
    },
    versions: versionsOf(stage),
    figures,
    comparisons,
    targets: targetsOf(figures, comparisons),
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [...checks, ...lossChecks(lost)],
    notes: [
      'A route that moves little bulk leaves the CPU to the requests: read the latencies beside the bulk throughput.',
      'The relay has two tunnels for a cluster, as an agent keeps by default; two transfers at once fill both.',
    ],
  };
}

function besideFigures(name: string, route: RouteName, rounds: readonly BesideRound[]): readonly Figure[] {
  const of = (
    what: string,
    unit: string,
    isHigherBetter: boolean,
    value: (round: BesideRound) => number,
  ): Figure => figure(figureName(name, route, what), unit, isHigherBetter, rounds.map(value));
  return [
    of('p50', 'µs', false, ({ requests }) => requests.p50Us),
    of('p99', 'µs', false, ({ requests }) => requests.p99Us),
    of('requests', 'requests/s', true, ({ requests }) => (requests.requests / requests.elapsedMs) * 1000),
    of('bulk', 'MB/s', true, ({ bulkMegabytesPerSecond }) => bulkMegabytesPerSecond),
    ...cpuFigures(
      name,
      route,
      rounds.map(({ transfer }) => transfer),
      'µs/MB',
    ),
  ];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(figures: readonly Figure[], comparisons: readonly Figure[]): readonly Target[] {
  return [
    ...figures
      .filter(({ name }) => /^beside-\w+\.relay\.p99$/.test(name))
      .map(({ name, value }) => targetAtMost(name, value, P99_BOUND_US, 'µs')),
    ...comparisons
      .filter(({ name }) => name.endsWith('p99, relay / best tunnel peer'))
      .map(({ name, value }) => targetAtMost(name, value, 0.2, '×')),
  ];
}
