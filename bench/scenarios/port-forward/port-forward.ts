// Port-forward: 256 MiB down and up through an upgraded connection, where no length is known and nothing ends but the bytes.
import { join } from 'node:path';
import { sightingsSchema } from '../../apiserver/index.ts';
import type { Sightings } from '../../apiserver/index.ts';
import { FORWARD_MESSAGE_BYTES } from '../../apiserver/streams/index.ts';
import type { ForwardDirection } from '../../apiserver/streams/index.ts';
import { figure, inTurn } from '../../measure/index.ts';
import type { Check, Figure } from '../../measure/index.ts';
import {
  absentOf,
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
import type { LostRoute, Stage } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RouteInfo, RunningRoute } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { forwardRoundSchema, STREAM_PARTS } from '../../stream-load/index.ts';
import type { ForwardRound, ForwardSpec } from '../../stream-load/index.ts';

interface MeasuredForward {
  readonly forward: ForwardRound;
  /** Microseconds for each MiB, by process. */
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly sightings: Sightings;
  readonly reconnects: number;
}

const CASES: readonly { readonly name: ForwardDirection }[] = [{ name: 'down' }, { name: 'up' }];
const MEBIBYTE = 2 ** 20;
const WHOLE_BYTES = 256 * MEBIBYTE;
const QUICK_BYTES = 16 * MEBIBYTE;
/** Of a round: what the first one sends before it is measured. */
const WARM_UP_SHARE = 1 / 8;
const ROUNDS = 3;
const QUICK_ROUNDS = 1;
const NOTES: readonly string[] = [
  'A WebSocket as kubectl opens it (SPDY/3.1+portforward.k8s.io), with binary messages of 32 KiB; they carry plain bytes, as the relay does not look into the SPDY frames that kubectl puts there.',
  'The client masks with a key of zeros, so that masking costs neither end anything. 1 MB = 10^6 bytes.',
];

export const PORT_FORWARD_SCENARIO: Scenario = {
  name: 'port-forward',
  title: '256 MiB down and up through a port-forward',
  cases: CASES.map(({ name }) => name),
  run: runPortForward,
};

async function runPortForward(context: RunContext): Promise<ScenarioOutcome> {
  const bytes = context.quick ? QUICK_BYTES : WHOLE_BYTES;
  const rounds = context.rounds ?? (context.quick ? QUICK_ROUNDS : ROUNDS);
  const cases = chosenCases({ cases: CASES, quickCases: CASES.map(({ name }) => name) }, context);
  await using stage = await openStage(ROUTES, context, undefined, STREAM_PARTS);
  const figures: Figure[] = [];
  const checks: Check[] = [];
  const lost: LostRoute[] = [];
  for (const { name } of cases) {
    context.say(`  ${name}: ${bytes / MEBIBYTE} MiB`);
    const turns = await inTurn(
      stage.routes,
      rounds,
      async (route, round) => {
        if (round === 0) await runRound(stage, route, name, bytes * WARM_UP_SHARE);
        const isProfiled = context.profileDir !== undefined && round === rounds - 1;
        const file = isProfiled ? join(context.profileDir, `port-forward-${name}`) : undefined;
        return profiled(route, file, () => runRound(stage, route, name, bytes));
      },
      { signal: context.signal },
    );
    for (const { entrant, rounds: ofRoute, failure } of turns) {
      const { info } = entrant;
      if (failure !== undefined) {
        lost.push({ case: name, route: info, reason: failure.message });
        continue;
      }
      figures.push(...forwardFigures(name, info, bytes, ofRoute));
      checks.push(...forwardChecks(name, info, bytes, ofRoute));
    }
  }
  const table = tableOf(
    figures,
    stage.routes.map(({ info }) => info),
  );
  const names = cases.map(({ name }) => name);
  return {
    settings: {
      rounds,
      bytes,
      messageBytes: FORWARD_MESSAGE_BYTES,
      client: 'bench/stream-load/forward-client.ts; every byte is compared where it arrives',
      ...stageSettings(stage),
      ...bestPeers(table, names, 'throughput'),
    },
    versions: versionsOf(stage),
    figures,
    comparisons: names.flatMap((name) => relayRatios(table, name, 'throughput')),
    targets: [],
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [...checks, ...lossChecks(lost)],
    notes: NOTES,
  };
}

async function runRound(
  { load, apiserver, world }: Stage,
  route: RunningRoute,
  direction: ForwardDirection,
  bytes: number,
): Promise<MeasuredForward> {
  const address = route.address('http1');
  if (address === undefined) throw new Error('it does not speak HTTP/1.1');
  const spec: ForwardSpec = { ...address, token: world.identity.token, direction, bytes };
  await apiserver.call('sightings', null, sightingsSchema);
  const account = beginCpuAccount([
    { name: 'load', pid: load.pid },
    { name: 'apiserver', pid: apiserver.pid },
    ...route.processes,
  ]);
  const forward = await load.call('forward', spec, forwardRoundSchema);
  const used = account();
  return {
    forward,
    cpuUs: Object.fromEntries(Object.entries(used).map(([name, us]) => [name, (us / bytes) * MEBIBYTE])),
    sightings: await apiserver.call('sightings', null, sightingsSchema),
    reconnects: await reconnectsOf(route),
  };
}

function forwardFigures(
  name: string,
  { name: route }: RouteInfo,
  bytes: number,
  rounds: readonly MeasuredForward[],
): readonly Figure[] {
  const megabytesPerSecond = rounds.map(({ forward }) => bytes / forward.elapsedMs / 1000);
  return [
    figure(figureName(name, route, 'throughput'), 'MB/s', true, megabytesPerSecond),
    ...cpuFigures(name, route, rounds, 'µs/MiB'),
  ];
}

function forwardChecks(
  caseName: string,
  route: RouteInfo,
  bytes: number,
  rounds: readonly MeasuredForward[],
): readonly Check[] {
  const name = (what: string): string => `${caseName} ${route.name}: ${what}`;
  const wrong = rounds.filter(({ forward }) => !forward.isRight).length;
  return [
    {
      name: name('every byte arrived, and was the right one'),
      passed: rounds.length > 0 && wrong === 0,
      detail: `${wrong} of ${rounds.length} port-forwards of ${bytes} bytes wrong`,
    },
    ...identityChecks({ route, rounds }, name),
  ];
}
