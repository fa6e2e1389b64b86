// Whether what came is what a step expects; every difference is named.
import type { Expectation } from './step.ts';

/** What a call came to. */
export interface Outcome {
  readonly way: 'kubectl' | 'https';
  /** kubectl's exit code, or the HTTP status; -1 when there was none. */
  readonly code: number;
  /** The tour ended it, because it had shown what it was to show. */
  readonly endedByTour: boolean;
  readonly text: string;
}

/** @returns what is not as expected, one short sentence each; empty when all is */
export function differences(outcome: Outcome, expected: Expectation): readonly string[] {
  const found: string[] = [];
  const [name, wanted] =
    outcome.way === 'kubectl' ? ['exit code', expected.exitCode] : ['status', expected.status];
  if (!outcome.endedByTour && outcome.code !== wanted) {
    found.push(
      outcome.code === -1 ? `it did not end by itself` : `${name} ${outcome.code} instead of ${wanted}`,
    );
  }
  for (const pattern of expected.output) {
    if (!pattern.test(outcome.text)) found.push(`the output does not match ${pattern}`);
  }
  return found;
}
