// A million requests, and then nothing: whether gateway and agent give back the memory that they took.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { answerBody, SMALL_PATH } from '../../apiserver/index.ts';
import { roundSchema } from '../../load/index.ts';
import type { LoadSpec, Round } from '../../load/index.ts';
import { figure, targetAtMost } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import type { Child, ProcessMemory } from '../../processes/index.ts';
import { openStage, reconnectsOf, relayOf, stageSettings, versionsOf } from '../../requests/index.ts';
import type { Stage } from '../../requests/index.ts';
import type { RelayRoute } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';

interface SoakPlan {
  readonly warmUpRequests: number;
  readonly requests: number;
  readonly connections: number;
}

interface Soaked {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly wrongAnswers: number;
  readonly wrongBodies: number;
}

interface Level {
  readonly process: string;
  readonly before: ProcessMemory;
  readonly after: ProcessMemory;
}

const PLAN: SoakPlan = { warmUpRequests: 100_000, requests: 1_000_000, connections: 32 };
const QUICK_PLAN: SoakPlan = { warmUpRequests: 2000, requests: 20_000, connections: 32 };
/** The load is asked in pieces, so that an interrupt is heard. */
const PIECE_MS = 5000;
const QUICK_PIECE_MS = 500;
/** Idle before each look: connections have closed, sweeps have run. */
const IDLE_MS = 5000;
const QUICK_IDLE_MS = 500;
const MAX_GROWTH_PERCENT = 5;
const BYTES_PER_MEGABYTE = 1e6;

export const SOAK_SCENARIO: Scenario = {
  name: 'soak',
  title: 'a million requests, then idle: memory of gateway and agent before and after',
  run: runScenario,
};

async function runScenario(context: RunContext): Promise<ScenarioOutcome> {
  const plan = context.quick ? QUICK_PLAN : PLAN;
  await using stage = await openStage(['relay'], { ...context, routes: ['relay'] });
  const relay = stage.routes.map(relayOf).find((route) => route !== undefined);
  if (relay === undefined) throw new Error('the relay does not run');
  await soak(stage, relay, plan, plan.warmUpRequests, context);
  const before = await levels(relay, context);
  context.say(`  ${plan.requests} requests`);
  const soaked = await soak(stage, relay, plan, plan.requests, context);
  const after = await levels(relay, context);
  const figures = figuresOf(
    soaked,
    ['gateway', 'agent'].flatMap((process, at): readonly Level[] => {
      const [first, last] = [before[at], after[at]];
      return first === undefined || last === undefined ? [] : [{ process, before: first, after: last }];
    }),
  );
  return {
    settings: { ...plan, ...stageSettings(stage) },
    versions: versionsOf(stage),
    figures,
    comparisons: [],
    targets: context.quick ? [] : targetsOf(figures),
    absent: stage.absent,
    checks: checksOf(plan, soaked, await reconnectsOf(relay)),
    notes: [
      'Before is after a warm-up of a tenth of the requests; before and after are each idle and after a full garbage collection. The target is for the resident memory; the heap is what V8 holds of it.',
    ],
  };
}

async function soak(
  { load, headers }: Stage,
  relay: RelayRoute,
  { connections }: SoakPlan,
  requests: number,
  { quick, signal }: RunContext,
): Promise<Soaked> {
  const address = relay.address('http1');
  if (address === undefined) throw new Error('the relay does not speak HTTP/1.1');
  const spec: LoadSpec = {
    client: 'light',
    protocol: 'http1',
    connecting: 'kept',
    connections,
    streams: 1,
    ...address,
    path: SMALL_PATH,
    headers: [...headers],
    expectedBody: answerBody(),
  };
  const rounds: Round[] = [];
  const sum = (value: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + value(round), 0);
  try {
    await load.call('open', spec, z.null());
    while (sum((round) => round.requests) < requests) {
      signal.throwIfAborted();
      const durationMs = quick ? QUICK_PIECE_MS : PIECE_MS;
      rounds.push(await load.call('run', { durationMs }, roundSchema));
    }
  } finally {
    // A load that has ended has no connections.
    await load.call('close', null, z.null()).catch(() => undefined);
  }
  return {
    requests: sum((round) => round.requests),
    elapsedMs: sum((round) => round.elapsedMs),
    wrongAnswers: sum((round) => round.wrongAnswers),
    wrongBodies: sum((round) => round.wrongBodies),
  };
}

/** Of the gateway and of the agent, idle and without garbage. */
async function levels(
  { gateway, agent }: RelayRoute,
  { quick, signal }: RunContext,
): Promise<readonly ProcessMemory[]> {
  await delay(quick ? QUICK_IDLE_MS : IDLE_MS, undefined, { signal });
  const memoryOf = (child: Child): Promise<ProcessMemory> => child.memory({ collect: true });
  return Promise.all([gateway, agent].map(memoryOf));
}

export function figuresOf({ requests, elapsedMs }: Soaked, all: readonly Level[]): readonly Figure[] {
  return [
    figure('soak.relay.throughput', 'requests/s', true, [(requests / elapsedMs) * 1000]),
    ...all.flatMap(({ process, before, after }) => {
      const of = (what: string, unit: string, value: number): Figure =>
        figure(`${process}.relay.${what}`, unit, false, [value]);
      return [
        of('rss-before', 'MB', before.rssBytes / BYTES_PER_MEGABYTE),
        of('rss-after', 'MB', after.rssBytes / BYTES_PER_MEGABYTE),
        of('rss-growth', '%', growthPercent(before.rssBytes, after.rssBytes)),
        of('heap-before', 'MB', before.heapUsedBytes / BYTES_PER_MEGABYTE),
        of('heap-after', 'MB', after.heapUsedBytes / BYTES_PER_MEGABYTE),
        of('heap-growth', '%', growthPercent(before.heapUsedBytes, after.heapUsedBytes)),
      ];
    }),
  ];
}

/** That of issue "Faster than every peer". */
export function targetsOf(figures: readonly Figure[]): readonly Target[] {
  return figures
    .filter(({ name }) => name.endsWith('.relay.rss-growth'))
    .map(({ name, value, unit }) => targetAtMost(name, value, MAX_GROWTH_PERCENT, unit));
}

function growthPercent(before: number, after: number): number {
  return ((after - before) / before) * 100;
}

function checksOf(plan: SoakPlan, soaked: Soaked, reconnects: number): readonly Check[] {
  const { requests, wrongAnswers, wrongBodies } = soaked;
  return [
    {
      name: 'every answer is a 200 of the right length, and the bodies that were hashed are the right ones',
      passed: wrongAnswers === 0 && wrongBodies === 0,
      detail: `${wrongAnswers + wrongBodies} of ${requests} wrong`,
    },
    {
      name: 'as many requests as were to be',
      passed: requests >= plan.requests,
      detail: `${requests} of ${plan.requests}`,
    },
    { name: 'no tunnel was lost', passed: reconnects === 0, detail: `${reconnects} reconnects` },
  ];
}
