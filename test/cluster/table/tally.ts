// What each row came to for each transport: noted in the test's own record, counted and printed when all have run.
import type { TestContext } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';
import { TRANSPORTS } from '../transports.ts';
import type { Transport } from '../transports.ts';

export interface Outcome {
  /** `known`: it differs as the row says that it does. */
  readonly outcome: 'equal' | 'known' | 'differs';
  readonly reason?: string;
}

interface Entry extends Outcome {
  readonly transport: string;
}

declare module 'vitest' {
  interface TaskMeta {
    tally?: Entry[];
  }
}

export function tally(task: TestContext['task'], { name }: Transport, outcome: Outcome): void {
  // A second run of the row counts in place of the first.
  const others = (task.meta.tally ?? []).filter(({ transport }) => transport !== name);
  task.meta.tally = [...others, { transport: name, ...outcome }];
}

export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test) => {
      const entries = test.meta().tally;
      return entries === undefined ? [] : [{ name: test.name, entries }];
    });
    if (rows.length > 0) process.stdout.write(`${describeTally(rows)}\n`);
    const flaky = tests.filter((test) => test.diagnostic()?.flaky === true);
    for (const { fullName } of flaky) process.stdout.write(`passed at the second run only: ${fullName}\n`);
  }
}

interface TalliedRow {
  readonly name: string;
  readonly entries: readonly Entry[];
}

const COLUMNS = ['equal', 'known', 'differs'] as const;

/** The matrix of transports and outcomes, then each reason with the rows that it holds for. */
export function describeTally(rows: readonly TalliedRow[]): string {
  const all = rows.flatMap(({ entries }) => entries);
  const lines = TRANSPORTS.flatMap(({ name }) => {
    const own = all.filter(({ transport }) => transport === name);
    if (own.length === 0) return [];
    const counts = COLUMNS.map((column) => own.filter(({ outcome }) => outcome === column).length);
    return [tableLine(name, [...counts, own.length])];
  });
  const reasons = new Map<string, Set<string>>();
  for (const { name, entries } of rows) {
    for (const { outcome, reason, transport } of entries) {
      if (outcome === 'equal') continue;
      const key = outcome === 'known' ? `known: ${reason}` : `differs over ${transport}`;
      reasons.set(key, (reasons.get(key) ?? new Set()).add(name));
    }
  }
  return [
    `test:cluster: ${rows.length} rows of the table, each directly and through the relay`,
    tableLine('', [...COLUMNS, 'rows']),
    ...lines,
    ...[...reasons].flatMap(([reason, names]) => ['', reason, ...[...names].map((name) => `  ${name}`)]),
  ].join('\n');
}

function tableLine(name: string, cells: readonly (string | number)[]): string {
  return `  ${name.padEnd(26)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;
}
