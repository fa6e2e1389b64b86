// What a person reads at the end of a run.
import { PARTS } from './bed.ts';
import { cpuUsOf, IDLE_CPU_US, medianOf, p50Us, p99Us, requestsPerSecond, spreadOf } from './figures.ts';
import type { Figure, Target } from './figures.ts';
import type { MeasuredTarget } from './rounds.ts';
import { formatNumber, renderTable } from './table.ts';
import type { Cell } from './table.ts';
import type { Check } from './verification.ts';

export function renderMeasurements(all: readonly MeasuredTarget[]): string {
  const header = [
    'case',
    'target',
    'requests/s',
    'spread',
    'p50 µs',
    'p99 µs',
    ...PARTS.map((part) => `cpu ${part}`),
    'cpu all',
  ];
  const rows = all.map((measured) => {
    const cpu = PARTS.map((part): Cell => {
      const value = medianOf(measured, cpuUsOf(part));
      return value < IDLE_CPU_US ? '-' : value;
    });
    const whole = medianOf(measured, ({ cpuUs }) => PARTS.reduce((sum, part) => sum + cpuUs[part], 0));
    return [
      measured.case.name,
      measured.target,
      medianOf(measured, requestsPerSecond),
      `${Math.round(spreadOf(measured, requestsPerSecond) * 100)}%`,
      medianOf(measured, p50Us),
      medianOf(measured, p99Us),
      ...cpu,
      whole,
    ];
  });
  return `${renderTable(header, rows)}\n(medians of the rounds; cpu: microseconds of each process for each request)`;
}

export function renderComparisons(comparisons: readonly Figure[]): string {
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
