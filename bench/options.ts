// The command line of the bench. Pure.
import { parseArgs } from 'node:util';
import { LOAD_CLIENTS } from './load/index.ts';
import { ROUTES } from './routes/index.ts';
import type { RouteName } from './routes/index.ts';
import type { RunContext, Scenario } from './scenario.ts';

/** What the command line needs to know of a scenario. */
export type ScenarioInfo = Pick<Scenario, 'name' | 'title' | 'cases'>;

export interface RunOptions {
  readonly command: 'run';
  /** Names, in the order of the list of all. */
  readonly scenarios: readonly string[];
  readonly quick: boolean;
  readonly client: RunContext['client'];
  /** Undefined is what each scenario has by default. */
  readonly rounds: number | undefined;
  /** Empty is all of them. */
  readonly cases: readonly string[];
  readonly routes: readonly RouteName[];
  readonly profileDir: string | undefined;
  /** A folder; undefined is bench/results, and nowhere for a run that is no result to keep. */
  readonly out: string | undefined;
}

export type BenchCommand =
  | RunOptions
  | { readonly command: 'compare'; readonly before: string; readonly after: string }
  | { readonly command: 'profile'; readonly profileDir: string }
  | { readonly command: 'report' }
  | { readonly command: 'help' };

/** The command line is wrong: told to whoever wrote it, without a stack. */
export class UsageError extends RangeError {}

/** Fewer say nothing about how far they lie apart. */
const MIN_ROUNDS_TO_KEEP = 3;
const MAX_ROUNDS = 100;

export function helpText(scenarios: readonly ScenarioInfo[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const list = scenarios.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n');
  return `Usage: npm run bench -- [SCENARIO...] [options]
       npm run bench -- compare A B
       npm run bench -- profile DIR
       npm run bench -- report

Measures the whole way, authentication on: load -> gateway -> tunnel -> relay-agent -> apiserver stand-in, TLS on every
hop, each in a process of its own; beside the same requests by other routes, in turn. Without a name: all scenarios, one
after the other, each result written as it ends.

Scenarios:
${list}

Options:
  --quick          all of it in less than two minutes: shows that it runs, gives no figures to keep
  --rounds N       how often each route has its turn (fewer than ${MIN_ROUNDS_TO_KEEP} are not kept)
  --client NAME    what makes the load of requests: light (default: TLS sockets and prebuilt requests of our own), or
                   autocannon (which is node:http2 in HTTP/2: autocannon does not speak it)
  --case NAME      only this case, such as http1-32, of the scenarios that have it; may be repeated
  --route NAME     only this route: ${ROUTES.slice(0, 5).join(', ')},
                   ${ROUTES.slice(5).join(', ')}; may be repeated
  --prof-dir DIR   writes a CPU profile of gateway and agent there, of each case's last round; keeps no result
  --out DIR        where the results go, as SCENARIO.json (bench/results; nowhere for a quick, partial or profiled run)
  --help           this text

compare A B        two results, or two folders of results: each figure's ratio, and whether it is beyond what the rounds
                   of either run lie apart
profile DIR        a summary of each profile that --prof-dir DIR has written, into bench/results/profiles
report             writes docs/performance.md and its plots from bench/results

Exit code: 0 when every answer was right, whatever the speed; 1 when one was wrong or a scenario failed (the others still
run); 2 for a wrong command line; 130 after an interrupt.`;
}

/** @throws UsageError that says what is wrong with the command line */
export function parseOptions(args: readonly string[], all: readonly ScenarioInfo[]): BenchCommand {
  const { values, positionals } = parse(args);
  if (values.help === true) return { command: 'help' };
  const [first, ...rest] = positionals;
  if (first === 'compare') return compareCommand(rest);
  if (first === 'profile') {
    const [profileDir, ...more] = rest;
    if (profileDir === undefined || more.length > 0) throw new UsageError('profile takes one folder');
    return { command: 'profile', profileDir };
  }
  if (first === 'report') {
    if (rest.length > 0) throw new UsageError('report takes nothing else');
    return { command: 'report' };
  }
  const client = LOAD_CLIENTS.find((name) => name === (values.client ?? 'light'));
  if (client === undefined) throw new UsageError(`--client is one of: ${LOAD_CLIENTS.join(', ')}`);
  const cases = values.case ?? [];
  return {
    command: 'run',
    scenarios: scenarioNames(positionals, cases, all),
    quick: values.quick ?? false,
    client,
    rounds: values.rounds === undefined ? undefined : roundCount(values.rounds),
    cases,
    routes: routeNames(values.route),
    profileDir: values['prof-dir'],
    out: values.out,
  };
}

/** Whether the run is whole, so that its results can stand for the machine it ran on. */
export function isToKeep(options: RunOptions): boolean {
  return (
    !options.quick &&
    options.cases.length === 0 &&
    options.routes.length === ROUTES.length &&
    options.profileDir === undefined &&
    options.client === 'light' &&
    (options.rounds === undefined || options.rounds >= MIN_ROUNDS_TO_KEEP)
  );
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        rounds: { type: 'string' },
        client: { type: 'string' },
        case: { type: 'string', multiple: true },
        route: { type: 'string', multiple: true },
        'prof-dir': { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function compareCommand(files: readonly string[]): BenchCommand {
  const [before, after, ...more] = files;
  if (before === undefined || after === undefined || more.length > 0) {
    throw new UsageError('compare takes two results, or two folders of results');
  }
  return { command: 'compare', before, after };
}

function scenarioNames(
  asked: readonly string[],
  cases: readonly string[],
  all: readonly ScenarioInfo[],
): readonly string[] {
  const unknown = asked.find((name) => all.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no scenario "${unknown}"; there are: ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  const chosen = asked.length === 0 ? all : all.filter(({ name }) => asked.includes(name));
  const known = new Set(chosen.flatMap((scenario) => scenario.cases ?? []));
  if (cases.some((name) => !known.has(name))) {
    throw new UsageError(`--case is one of: ${[...known].join(', ')}`);
  }
  const withCase = chosen.filter((scenario) => scenario.cases?.some((name) => cases.includes(name)) ?? false);
  return (cases.length === 0 ? chosen : withCase).map(({ name }) => name);
}

function roundCount(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS) {
    throw new UsageError(`--rounds is a whole number from 1 to ${MAX_ROUNDS}`);
  }
  return rounds;
}

function routeNames(names: readonly string[] | undefined): readonly RouteName[] {
  if (names === undefined) return ROUTES;
  return names.map((name) => {
    const route = ROUTES.find((candidate) => candidate === name);
    if (route === undefined) throw new UsageError(`--route is one of: ${ROUTES.join(', ')}`);
    return route;
  });
}
