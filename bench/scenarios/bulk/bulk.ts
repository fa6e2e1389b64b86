// Bulk: 256 MiB down and up, where nothing but the cost of each byte counts.
import { join } from 'node:path';
import { figure, inTurn, targetAtLeast } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import {
  absentOf,
  bestPeers,
  chosenCases,
  cpuFigures,
  figureName,
  lossChecks,
  memoryFigures,
  openStage,
  profiled,
  relayRatios,
  stageSettings,
  tableOf,
  versionsOf,
} from '../../requests/index.ts';
import type { LostRoute } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RouteInfo } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { transferChecks, wholeTransfer } from '../../transfers/index.ts';
import type { TransferPlan, TransferRound } from '../../transfers/index.ts';

interface BulkCase extends TransferPlan {
  readonly name: string;
}

const WHOLE_BYTES = 2 ** 28;
const QUICK_BYTES = 2 ** 24;
const ROUNDS = 3;
const QUICK_ROUNDS = 1;

const CASES: readonly BulkCase[] = [
  { name: 'download', direction: 'download', connections: 1, bytesEach: WHOLE_BYTES },
  { name: 'upload', direction: 'upload', connections: 1, bytesEach: WHOLE_BYTES },
  { name: 'download-4', direction: 'download', connections: 4, bytesEach: WHOLE_BYTES / 4 },
];

export const BULK_SCENARIO: Scenario = {
  name: 'bulk',
  title: '256 MiB down and up over one connection, and down over four',
  cases: CASES.map(({ name }) => name),
  run: runBulk,
};

async function runBulk(context: RunContext): Promise<ScenarioOutcome> {
  const share = context.quick ? QUICK_BYTES / WHOLE_BYTES : 1;
  const rounds = context.rounds ?? (context.quick ? QUICK_ROUNDS : ROUNDS);
  const cases = chosenCases({ cases: CASES, quickCases: ['download', 'upload'] }, context);
  await using stage = await openStage(ROUTES, context);
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const { name, ...whole } of cases) {
    const plan = { ...whole, bytesEach: whole.bytesEach * share };
    context.say(`  ${name}: ${plan.connections} × ${plan.bytesEach / 2 ** 20} MiB`);
    const turns = await inTurn(
      stage.routes,
      rounds,
      async (route, round) => {
        // So that its code is compiled and its buffers have grown; whole transfers of all routes would take too long.
        if (round === 0) await wholeTransfer(stage, route, { ...plan, bytesEach: plan.bytesEach / 8 });
        const isProfiled = context.profileDir !== undefined && round === rounds - 1;
        const file = isProfiled ? join(context.profileDir, name) : undefined;
        return profiled(route, file, () => wholeTransfer(stage, route, plan));
      },
      { signal: context.signal },
    );
    for (const { entrant, rounds: ofRoute, failure } of turns) {
      const { info } = entrant;
      if (failure !== undefined) {
        lost.push({ case: name, route: info, reason: failure.message });
        continue;
      }
      figures.push(...bulkFigures(name, info, ofRoute));
      checks.push(...transferChecks(name, info, plan, ofRoute, true));
    }
  }
  figures.push(...memoryFigures(stage.routes));
  const table = tableOf(
    figures,
    stage.routes.map(({ info }) => info),
  );
  const names = cases.map(({ name }) => name);
  const comparisons = names.flatMap((name) => relayRatios(table, name, 'throughput'));
  return {
    settings: {
      rounds,
      bytes: WHOLE_BYTES * share,
      client: 'bench/load/transfer.ts, HTTP/1.1; every byte is compared where it arrives',
      ...stageSettings(stage),
      ...bestPeers(table, names, 'throughput'),
    },
    versions: versionsOf(stage),
    figures,
    comparisons,
    targets: targetsOf(comparisons),
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [...checks, ...lossChecks(lost)],
    notes: ['1 MB = 10^6 bytes. Three rounds: a transfer is long enough to be an average of its own.'],
  };
}

function bulkFigures(name: string, { name: route }: RouteInfo, rounds: readonly TransferRound[]): Figure[] {
  const megabytesPerSecond = rounds.map(({ bytes, elapsedMs }) => bytes / elapsedMs / 1000);
  return [
    figure(figureName(name, route, 'throughput'), 'MB/s', true, megabytesPerSecond),
    ...cpuFigures(name, route, rounds, 'µs/MB'),
  ];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(comparisons: readonly Figure[]): readonly Target[] {
  return comparisons.flatMap(({ name, value }) => {
    switch (name) {
      case 'download: throughput, relay / go-proxy':
      case 'upload: throughput, relay / go-proxy':
        return [targetAtLeast(name, value, 0.7, '×')];
      case 'download: throughput, relay / best tunnel peer':
      case 'upload: throughput, relay / best tunnel peer':
        return [targetAtLeast(name, value, 1, '×')];
      default:
        return [];
    }
  });
}
