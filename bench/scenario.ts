// What a scenario of the bench is, what it is given and what it hands back. bench/scenarios/index.ts lists them all.
import type { Check, Figure, Target } from './measure/index.ts';
import type { AbsentRoute, RouteName } from './routes/index.ts';

export interface Scenario {
  /** The file name of its result, and its name on the command line. */
  readonly name: string;
  /** One line for --help and the docs. */
  readonly title: string;
  /** What --case may name; none where there is no choice. */
  readonly cases?: readonly string[];
  /** @throws Error when what it needs cannot be put up; what it has opened is closed by then */
  run(context: RunContext): Promise<ScenarioOutcome>;
}

export interface RunContext {
  /** About 8 s for the whole scenario: fewer routes, smaller sizes; the result is not kept. */
  readonly quick: boolean;
  /** Undefined is what the scenario has by default. */
  readonly rounds: number | undefined;
  /** What makes the load where the scenario has a choice. */
  readonly client: 'light' | 'autocannon';
  /** The routes to measure, of those that the scenario has; those that were left out are not named as absent. */
  readonly routes: readonly RouteName[];
  /** Empty is all. */
  readonly cases: readonly string[];
  /** Where CPU profiles go; none when undefined. */
  readonly profileDir: string | undefined;
  readonly say: (line: string) => void;
  /** Interrupted: take everything down. */
  readonly signal: AbortSignal;
}

export interface ScenarioOutcome {
  /** What was asked for: client, rounds, lengths, sizes. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Route to version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  /** Ratios and differences: medians of rounds that ran side by side. */
  readonly comparisons: readonly Figure[];
  readonly targets: readonly Target[];
  readonly absent: readonly AbsentRoute[];
  /** Were the answers right? */
  readonly checks: readonly Check[];
  /** What limits a miss, what a figure does not hold. */
  readonly notes: readonly string[];
}
