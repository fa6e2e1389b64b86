// Runs scenarios one after the other; each result is printed and kept as it ends, and none keeps the others from running.
import { join } from 'node:path';
import { describeMachine } from './machine.ts';
import { isToKeep } from './options.ts';
import type { RunOptions } from './options.ts';
import { writeResult } from './result-file.ts';
import type { BenchResult } from './result-file.ts';
import type { RunContext, Scenario } from './scenario.ts';
import { renderResult } from './report/index.ts';

export interface RunEnvironment {
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
  /** Where results are kept that can stand for the machine. */
  readonly resultsDir: string;
}

/**
 * @returns whether all of them ran and every answer was right
 * @throws the signal's reason once it is aborted and everything is taken down
 */
export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunOptions,
  environment: RunEnvironment,
): Promise<boolean> {
  const { print, signal, resultsDir } = environment;
  const startMs = performance.now();
  const failed: string[] = [];
  for (const scenario of scenarios) {
    print(`\n${scenario.name}: ${scenario.title}`);
    try {
      const result = await runScenario(scenario, contextOf(scenario, options, environment));
      if (isEmpty(result)) {
        print('  nothing to measure: it has none of the routes that were asked for');
        continue;
      }
      print(`\n${renderResult(result)}`);
      const directory = options.out ?? (isToKeep(options) ? resultsDir : undefined);
      if (directory !== undefined) {
        const file = join(directory, `${scenario.name}.json`);
        await writeResult(file, result);
        print(`written to ${file} after ${seconds(result.durationMs)}`);
      }
      if (!result.verification.passed) failed.push(scenario.name);
    } catch (error) {
      signal.throwIfAborted();
      print(`FAILED  ${scenario.name}: ${describe(error)}`);
      failed.push(scenario.name);
    }
    // One that ends well although it was interrupted is still the last.
    signal.throwIfAborted();
  }
  print(
    `\n${scenarios.length} scenario(s) in ${seconds(performance.now() - startMs)}${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}`,
  );
  if (options.quick) print('These are NO figures to keep: the rounds of --quick are too short and too few.');
  if (options.profileDir !== undefined)
    print(`CPU profiles are in ${options.profileDir}; the figures are slowed by them`);
  return failed.length === 0;
}

async function runScenario(scenario: Scenario, context: RunContext): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const machine = await describeMachine();
  const { cpuModel, cpuCount, node, loadAverage } = machine;
  context.say(`  ${cpuModel}, ${cpuCount} CPUs, Node ${node}, load average ${loadAverage}`);
  const { checks, ...outcome } = await scenario.run(context);
  return {
    bench: scenario.name,
    startedAt,
    durationMs: performance.now() - startMs,
    machine,
    ...outcome,
    verification: { passed: checks.length > 0 && checks.every(({ passed }) => passed), checks },
  };
}

/** Nothing was wrong, because there was nothing. */
function isEmpty({ figures, absent, verification }: BenchResult): boolean {
  return figures.length === 0 && absent.length === 0 && verification.checks.length === 0;
}

function contextOf(scenario: Scenario, options: RunOptions, { print, signal }: RunEnvironment): RunContext {
  const { quick, rounds, client, routes, cases, profileDir } = options;
  return {
    quick,
    rounds,
    client,
    routes,
    cases: cases.filter((name) => scenario.cases?.includes(name) ?? false),
    profileDir: profileDir === undefined ? undefined : join(profileDir, scenario.name),
    say: print,
    signal,
  };
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}

/** With its causes: what failed is at the end of them. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
