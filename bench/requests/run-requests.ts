// A whole scenario of requests: puts the routes up, measures every case, and hands back all that is the same for each.
import { clientNameOf } from '../load/index.ts';
import type { Check, Figure } from '../measure/index.ts';
import { ROUTE_INFO } from '../routes/index.ts';
import type { AbsentRoute, RouteInfo, RouteName } from '../routes/index.ts';
import type { RunContext } from '../scenario.ts';
import { tableOf } from './figure-table.ts';
import type { FigureTable } from './figure-table.ts';
import type { LostRoute, MeasuredRoute, Pace, RequestCase } from './request-case.ts';
import { checksOf, lossChecks } from './request-checks.ts';
import { figuresOf, memoryFigures } from './request-figures.ts';
import { runCase } from './run-case.ts';
import { openStage, stageSettings, versionsOf } from './stage.ts';

export interface RequestPlan {
  readonly routes: readonly RouteName[];
  readonly cases: readonly RequestCase[];
  /** Of `cases`, by name: what --quick has time for. */
  readonly quickCases: readonly string[];
  readonly pace: Pace;
  readonly quickPace: Pace;
}

export interface RequestsOutcome {
  readonly cases: readonly string[];
  readonly settings: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  readonly table: FigureTable;
  readonly routes: readonly RouteInfo[];
  readonly absent: readonly AbsentRoute[];
  readonly checks: readonly Check[];
}

/** @throws Error when a process of the bench's own fails */
export async function runRequests(plan: RequestPlan, context: RunContext): Promise<RequestsOutcome> {
  const cases = chosenCases(plan, context);
  const basis = context.quick ? plan.quickPace : plan.pace;
  const pace = { ...basis, rounds: context.rounds ?? basis.rounds };
  await using stage = await openStage(plan.routes, context);
  const measured: MeasuredRoute[] = [];
  const lost: LostRoute[] = [];
  for (const benchCase of cases) {
    const { name, connections, streams } = benchCase;
    context.say(`  ${name}: ${connections} connection(s), ${streams} request(s) on each`);
    const run = await runCase(benchCase, stage, pace, context);
    measured.push(...run.measured);
    lost.push(...run.lost);
  }
  const figures = [...measured.flatMap(figuresOf), ...memoryFigures(stage.routes)];
  const routes = stage.routes.map(({ info }) => info);
  return {
    cases: cases.map(({ name }) => name),
    settings: { ...pace, ...clientSettings(cases, context), ...stageSettings(stage) },
    versions: versionsOf(stage),
    figures,
    table: tableOf(figures, routes),
    routes,
    absent: [...stage.absent, ...absentOf(lost)],
    checks: [
      ...measured.flatMap((one) =>
        checksOf(one, {
          countsEveryRequest: context.client === 'light' || one.case.protocol === 'http2',
        }),
      ),
      ...lossChecks(lost),
    ],
  };
}

/** Those that were asked for; of a quick run the few that it has time for. */
export function chosenCases<C extends { readonly name: string }>(
  { cases, quickCases }: { readonly cases: readonly C[]; readonly quickCases: readonly string[] },
  context: RunContext,
): readonly C[] {
  if (context.cases.length > 0) return cases.filter(({ name }) => context.cases.includes(name));
  return context.quick ? cases.filter(({ name }) => quickCases.includes(name)) : cases;
}

export function absentOf(lost: readonly LostRoute[]): readonly AbsentRoute[] {
  return lost.map(({ case: caseName, route, reason }) => ({
    name: ROUTE_INFO[route.name].name,
    reason: `lost in ${caseName}: ${reason}`,
  }));
}

function clientSettings(
  cases: readonly RequestCase[],
  { client }: RunContext,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    cases.map(({ protocol, connecting }) => [
      connecting === 'kept' ? `${protocol}Client` : 'client',
      clientNameOf({ client, protocol, connecting }),
    ]),
  );
}
