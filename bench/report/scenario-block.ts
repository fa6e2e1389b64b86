// The generated block of one scenario: plot, targets, tables, comparisons, and how its answers were verified. Pure.
import type { Figure } from '../measure/index.ts';
import type { BenchResult } from '../result-file.ts';
import { describeChart } from './bar-chart.ts';
import { bullets, escapeText, folded, markdownTable } from './markdown.ts';
import { targetCells } from './report-blocks.ts';
import { scenarioPlot } from './scenario-plot.ts';
import { caseTables } from './scenario-tables.ts';
import { formatNumber } from './table.ts';

/** @param plotFile from the document */
export function scenarioBlock(result: BenchResult, plotFile: string): string {
  const { figures, comparisons, targets, notes, settings } = result;
  const chart = scenarioPlot(result);
  const blocks = [
    chart === undefined ? '' : `![${escapeAlt(describeChart(chart))}](${plotFile})`,
    targets.length === 0 ? '' : markdownTable(['target', 'bound', 'measured', ''], targets.map(targetCells)),
    caseTables(figures),
    comparisons.length === 0
      ? ''
      : folded('Side by side: every ratio and difference', comparisonTable(comparisons)),
    bullets([...notes, verification(result)]),
    folded(
      'Settings of the run',
      bullets(Object.entries(settings).map(([name, value]) => `${name}: ${value}`)),
    ),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

export function emptyScenarioBlock(name: string): string {
  return `No result of this scenario is kept; \`npm run bench -- ${name}\` makes one.`;
}

function comparisonTable(comparisons: readonly Figure[]): string {
  const rows = comparisons.map(({ name, value, rounds, unit }) => [
    escapeText(name),
    value,
    `${formatNumber(Math.min(...rounds))} to ${formatNumber(Math.max(...rounds))}`,
    escapeText(unit),
  ]);
  return markdownTable(['what', 'median', 'of the rounds', 'unit'], rows);
}

function verification({ verification: { checks } }: BenchResult): string {
  const failed = checks.filter(({ passed }) => !passed);
  const count = `Verified: ${checks.length - failed.length} of ${checks.length} checks passed`;
  return failed.length === 0
    ? `${count}.`
    : `${count}; FAILED: ${failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')}.`;
}

function escapeAlt(text: string): string {
  return escapeText(text).replaceAll(']', '&#93;');
}
