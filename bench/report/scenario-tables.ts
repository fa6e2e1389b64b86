// The figures of one scenario as Markdown: a table for each case, a line for each route. Pure.
import { spread } from '../measure/index.ts';
import type { Figure } from '../measure/index.ts';
import { inRouteOrder, routeInfo, shownFigures, totalOf } from './figure-name.ts';
import type { RouteFigure } from './figure-name.ts';
import { escapeText, markdownTable } from './markdown.ts';
import { formatNumber } from './table.ts';
import type { Cell } from './table.ts';

const MISSING = '–';

export function caseTables(figures: readonly Figure[]): string {
  const byCase = Map.groupBy(shownFigures(figures), ({ caseName }) => caseName);
  return [...byCase]
    .map(([caseName, ofCase]) => `**${escapeText(caseName)}**\n\n${caseTable(ofCase)}`)
    .join('\n\n');
}

function caseTable(ofCase: readonly RouteFigure[]): string {
  const simple = [
    ...new Map(
      ofCase.filter(({ what }) => !what.includes('.')).map(({ what, figure }) => [what, figure.unit]),
    ),
  ];
  // `cpu.gateway`, `cpu.agent`: each route has other processes, so one column for all of them.
  const grouped = [
    ...new Map(
      ofCase
        .filter(({ what }) => what.includes('.'))
        .map(({ what, figure }) => [what.split('.')[0] ?? '', figure.unit]),
    ),
  ];
  const hasCpuTotal = grouped.some(([prefix]) => prefix === 'cpu');
  const rows = inRouteOrder(ofCase.map(({ route }) => route)).map((route): Cell[] => {
    const ofRoute = ofCase.filter((one) => one.route === route);
    const valueOf = (name: string): Figure | undefined => ofRoute.find(({ what }) => what === name)?.figure;
    const rounds = valueOf(simple[0]?.[0] ?? '')?.rounds ?? [];
    return [
      route === 'relay' ? '**relay**' : escapeText(route),
      ...simple.map(([what]): Cell => valueOf(what)?.value ?? MISSING),
      ...(simple.length > 0 ? [halfSpread(rounds)] : []),
      ...(hasCpuTotal ? [totalOf(ofRoute, 'cpu')?.value ?? MISSING] : []),
      ...grouped.map(([prefix]) => processes(ofRoute, prefix)),
    ];
  });
  const cpuUnit = grouped.find(([prefix]) => prefix === 'cpu')?.[1] ?? '';
  const header = [
    ofCase.every(({ route }) => routeInfo(route) !== undefined) ? 'route' : 'variant',
    ...simple.map(([what, unit]) => `${what}, ${unit}`),
    ...(simple.length > 0 ? ['±'] : []),
    ...(hasCpuTotal ? [`CPU of the route, ${cpuUnit}`] : []),
    ...grouped.map(([prefix, unit]) => `${prefix === 'cpu' ? 'CPU by process' : prefix}, ${unit}`),
  ];
  return markdownTable(header.map(escapeText), rows);
}

/** Half of what lies between the best and the worst round, of the first column. */
function halfSpread(rounds: readonly number[]): string {
  if (rounds.length < 2) return MISSING;
  const share = spread(rounds);
  return Number.isFinite(share) ? `${Math.round((share / 2) * 100)} %` : MISSING;
}

function processes(ofRoute: readonly RouteFigure[], prefix: string): string {
  const parts = ofRoute
    .filter(({ what }) => what.startsWith(`${prefix}.`) && what !== 'cpu.route')
    .map(({ what, figure }) => `${what.slice(prefix.length + 1)} ${formatNumber(figure.value)}`);
  return parts.length === 0 ? MISSING : escapeText(parts.join(', '));
}
