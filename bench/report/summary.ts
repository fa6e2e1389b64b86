// What a person reads at the end of a scenario.
import { spread } from '../measure/index.ts';
import type { Check, Figure, Target } from '../measure/index.ts';
import type { BenchResult } from '../result-file.ts';
import { formatNumber, renderTable } from './table.ts';
import type { Cell } from './table.ts';

export function renderResult(result: BenchResult): string {
  const blocks = [
    renderFigures(result.figures),
    renderComparisons(result.comparisons),
    renderTargets(result.targets),
    result.absent.map(({ name, reason }) => `absent  ${name}: ${reason}`).join('\n'),
    result.notes.map((note) => `note    ${note}`).join('\n'),
    renderChecks(result.verification.checks),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

interface NamedFigure {
  readonly row: string;
  readonly what: string;
  readonly figure: Figure;
}

/** One table for each case: a line for each route, a column for each measurement. */
export function renderFigures(figures: readonly Figure[]): string {
  const named = figures.flatMap((figure): NamedFigure[] => {
    const [caseName, route, ...what] = figure.name.split('.');
    return caseName === undefined || route === undefined
      ? []
      : [{ row: `${caseName}.${route}`, what: what.join('.'), figure }];
  });
  const byCase = Map.groupBy(named, ({ row }) => row.split('.')[0]);
  const tables = [...byCase.values()].map(renderCase);
  return tables.length === 0
    ? ''
    : `${tables.join('\n\n')}\n(medians of the rounds; ± is how far these lie apart)`;
}

/** Too many processes for a column each: the routes have others. */
const BY_PROCESS = [
  { prefix: 'cpu.', title: 'CPU' },
  { prefix: 'rss.', title: 'memory' },
] as const;

function renderCase(named: readonly NamedFigure[]): string {
  const byProcess = BY_PROCESS.flatMap((kind) => {
    const unit = named.find(({ what }) => what.startsWith(kind.prefix))?.figure.unit;
    return unit === undefined ? [] : [{ ...kind, unit }];
  });
  const single = named.filter(({ what }) => byProcess.every(({ prefix }) => !what.startsWith(prefix)));
  const columns = [...new Map(single.map(({ what, figure }) => [what, figure.unit]))];
  const [first] = columns;
  const rows = [...Map.groupBy(named, ({ row }) => row)].map(([row, ofRow]): Cell[] => {
    const valueOf = (what: string): Figure | undefined =>
      ofRow.find((candidate) => candidate.what === what)?.figure;
    const rounds = valueOf(first?.[0] ?? '')?.rounds ?? [];
    return [
      row,
      ...columns.map(([what]): Cell => valueOf(what)?.value ?? '-'),
      ...(first === undefined ? [] : [rounds.length > 1 ? `${Math.round((spread(rounds) / 2) * 100)}%` : '']),
      ...byProcess.map(({ prefix }) => renderByProcess(ofRow, prefix)),
    ];
  });
  const header = [
    '',
    ...columns.map(([what, unit]) => `${what} (${unit})`),
    ...(first === undefined ? [] : ['±']),
    ...byProcess.map(({ title, unit }) => `${title} (${unit})`),
  ];
  return renderTable(header, rows);
}

function renderByProcess(ofRow: readonly NamedFigure[], prefix: string): string {
  return ofRow
    .filter(({ what }) => what.startsWith(prefix))
    .map(({ what, figure }) => `${what.slice(prefix.length)} ${formatNumber(figure.value)}`)
    .join(', ');
}

export function renderComparisons(comparisons: readonly Figure[]): string {
  if (comparisons.length === 0) return '';
  return renderTable(
    ['side by side', 'median', 'of the rounds', 'unit'],
    comparisons.map(({ name, value, rounds, unit }) => [
      name,
      value,
      `${formatNumber(Math.min(...rounds))} to ${formatNumber(Math.max(...rounds))}`,
      unit,
    ]),
  );
}

export function renderTargets(targets: readonly Target[]): string {
  return targets
    .map(
      ({ name, bound, value, met }) =>
        `${met ? 'met   ' : 'MISSED'}  ${name}: ${formatNumber(value)} (${bound})`,
    )
    .join('\n');
}

/** All that failed; where nothing did, how many there were. */
export function renderChecks(checks: readonly Check[]): string {
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length === 0) return `verification: ${checks.length} of ${checks.length} checks passed`;
  const lines = failed.map(({ name, detail }) => `  FAILED  ${name} (${detail})`);
  return [`verification: ${failed.length} of ${checks.length} checks failed`, ...lines].join('\n');
}
