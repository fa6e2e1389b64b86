// From one core to two: a gateway of one process and a gateway of two, in turn, before the same stand-in.
import { ratioOf } from '../../measure/index.ts';
import type { Figure } from '../../measure/index.ts';
import { chosenCases, lossChecks, openStage, stageSettings } from '../../requests/index.ts';
import type { LostRoute, Pace, RequestCase } from '../../requests/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { checksOfShape, figuresOfShape } from './shape-figures.ts';
import { measureShapes } from './measure-shapes.ts';
import type { MeasuredShape } from './measure-shapes.ts';
import { SHAPES, startShapes } from './shapes.ts';

const SMALL = { protocol: 'http1', connections: 64, streams: 1, answer: 'small' } as const;
const CASES: readonly RequestCase[] = [
  { ...SMALL, name: 'small', connecting: 'kept' },
  // What is the gateway's own work: a handshake for each request; and an answer that nobody else has a part in.
  { ...SMALL, name: 'handshakes', connecting: 'each' },
  { ...SMALL, name: 'refused', connecting: 'kept' },
];
const PACE: Pace = { rounds: 5, warmUpMs: 1500, settleMs: 120, roundMs: 800 };
const QUICK_PACE: Pace = { rounds: 2, warmUpMs: 200, settleMs: 0, roundMs: 150 };
const QUICK_SHAPES = 2;

export const PROCESSES_SCENARIO: Scenario = {
  name: 'processes',
  title: 'one gateway process and two, at 64 connections: answers of 2 KB, new connections, and refusals',
  cases: CASES.map(({ name }) => name),
  run: runProcesses,
};

async function runProcesses(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PACE : PACE;
  const pace = { ...basis, rounds: context.rounds ?? basis.rounds };
  const cases = chosenCases({ cases: CASES, quickCases: CASES.map(({ name }) => name) }, context);
  // autocannon keeps its connections, and takes of the gateway's cores.
  const light: RunContext = { ...context, client: 'light' };
  const compared = SHAPES.slice(0, context.quick ? QUICK_SHAPES : SHAPES.length);
  await using stage = await openStage([], light);
  await using shapes = await startShapes(stage.world, compared);
  const measured: MeasuredShape[] = [];
  const lost: LostRoute[] = [];
  for (const one of cases) {
    context.say(`  ${one.name}: ${one.connections} connections`);
    const run = await measureShapes(one, { ...stage, routes: shapes.routes }, pace, light);
    measured.push(...run.measured);
    lost.push(...run.lost);
  }
  const figures = measured.flatMap(figuresOfShape);
  return {
    settings: { ...pace, ...stageSettings(stage), answerBytes: 2048, connections: SMALL.connections },
    versions: { relay: shapes.routes[0]?.version ?? '' },
    figures,
    comparisons: cases.flatMap(({ name }) => compareShapes(figures, name)),
    targets: [],
    absent: [],
    checks: [...measured.flatMap(checksOfShape), ...lossChecks(lost)],
    notes: [
      'Load, agent and stand-in run on the same cores as the gateway, and two processes can only take what those leave. Where ' +
        'the gateway has all of the work (refused), its second process shows most.',
      'With one tunnel, what arrives at the process without it passes through both.',
    ],
  };
}

function compareShapes(figures: readonly Figure[], caseName: string): readonly Figure[] {
  const of = (shape: string, what: string): Figure | undefined =>
    figures.find(({ name }) => name === `${caseName}-${shape}.relay.${what}`);
  return [
    ['throughput', 'throughput'],
    ['cpu.gateway', 'gateway CPU for each request'],
  ].flatMap(([what = '', title = '']) =>
    SHAPES.slice(1).flatMap(({ name, title: shape }) =>
      ratioOf({
        name: `${caseName}: ${title}, ${shape} / one process`,
        ours: of(name, what),
        theirs: of('1', what),
      }),
    ),
  );
}
