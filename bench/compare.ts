// Two runs side by side: what changed, and whether by more than the rounds of either lie apart.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from './measure/index.ts';
import { readResult } from './result-file.ts';
import type { BenchResult } from './result-file.ts';
import { renderTable } from './report/index.ts';

/** `unclear`: too few rounds to tell. */
export type Verdict = 'better' | 'worse' | 'same' | 'unclear';

export interface ComparedFigure {
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly before: number;
  readonly after: number;
  readonly verdict: Verdict;
}

/** Fewer rounds than these have no spread to speak of. */
const MIN_ROUNDS = 3;

/** Of the figures, and then the comparisons, that both have. */
export function compareResults(before: BenchResult, after: BenchResult): readonly ComparedFigure[] {
  return [
    ...compareFigures(before.figures, after.figures),
    ...compareFigures(before.comparisons, after.comparisons),
  ];
}

function compareFigures(before: readonly Figure[], after: readonly Figure[]): readonly ComparedFigure[] {
  const byName = new Map(after.map((figure) => [figure.name, figure]));
  return before.flatMap((old) => {
    const now = byName.get(old.name);
    if (now === undefined || now.unit !== old.unit) return [];
    const { name, unit, higherIsBetter } = now;
    return [
      { name, unit, higherIsBetter, before: old.value, after: now.value, verdict: verdictOf(old, now) },
    ];
  });
}

/** A change is one when no round of the one run lies among those of the other. */
export function verdictOf(before: Figure, after: Figure): Verdict {
  if (Math.min(before.rounds.length, after.rounds.length) < MIN_ROUNDS) return 'unclear';
  const isHigher = Math.min(...after.rounds) > Math.max(...before.rounds);
  const isLower = Math.max(...after.rounds) < Math.min(...before.rounds);
  if (!isHigher && !isLower) return 'same';
  return isHigher === after.higherIsBetter ? 'better' : 'worse';
}

const WORDS: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'WORSE',
  same: 'within the spread',
  unclear: 'too few rounds',
};

export function renderCompared(compared: readonly ComparedFigure[]): string {
  const rows = compared.map(({ name, unit, higherIsBetter, before, after, verdict }) => [
    name,
    before,
    after,
    before === 0 ? '-' : after / before,
    unit,
    higherIsBetter ? 'higher' : 'lower',
    WORDS[verdict],
  ]);
  const counts = Object.entries(Object.groupBy(compared, ({ verdict }) => verdict))
    .map(([verdict, of]) => `${of.length} ${verdict}`)
    .join(', ');
  return `${renderTable(['figure', 'A', 'B', 'B / A', 'unit', 'better is', 'change'], rows)}\n${counts}`;
}

/**
 * @param before a result, or a folder of them
 * @returns the text for whoever compares
 * @throws Error for a file that is no result, and for two that have nothing in common
 */
export async function compareRuns(before: string, after: string): Promise<string> {
  // One after the other: who misspells both is always told of the first.
  const old = await readRun(before);
  const now = await readRun(after);
  const blocks = old.flatMap((oldResult) => {
    const nowResult = now.find(({ bench }) => bench === oldResult.bench);
    if (nowResult === undefined) return [];
    return [
      [
        oldResult.bench,
        describeRun('A', oldResult),
        describeRun('B', nowResult),
        ...differences(oldResult, nowResult),
        renderCompared(compareResults(oldResult, nowResult)),
      ].join('\n'),
    ];
  });
  if (blocks.length === 0) throw new Error('the two have no scenario in common');
  return blocks.join('\n\n');
}

async function readRun(path: string): Promise<readonly BenchResult[]> {
  if (!(await stat(path)).isDirectory()) return [await readResult(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(names.map((name) => readResult(join(path, name))));
}

function describeRun(label: string, { machine, startedAt }: BenchResult): string {
  const commit = machine.commit === '' ? 'no commit' : machine.commit.slice(0, 12);
  return `${label}: ${commit}${machine.changed ? ' (changed)' : ''}, ${startedAt}, load average ${machine.loadAverage}`;
}

/** What makes two runs hard to compare. */
function differences(before: BenchResult, after: BenchResult): readonly string[] {
  const machines = (['node', 'platform', 'kernel', 'cpuModel', 'cpuCount', 'memoryBytes'] as const).flatMap(
    (what) =>
      before.machine[what] === after.machine[what]
        ? []
        : [`  not the same ${what}: ${before.machine[what]}, then ${after.machine[what]}`],
  );
  const settings = Object.keys(before.settings).flatMap((what) =>
    before.settings[what] === after.settings[what]
      ? []
      : [`  not the same ${what}: ${before.settings[what]}, then ${after.settings[what] ?? 'nothing'}`],
  );
  return [...machines, ...settings];
}
