// Which figures of a scenario are worth a picture, and the picture of them. Pure.
import type { BenchResult } from '../result-file.ts';
import type { Bar, BarKind, Chart, Panel } from './bar-chart.ts';
import { inRouteOrder, routeInfo, shownFigures } from './figure-name.ts';
import type { RouteFigure } from './figure-name.ts';

interface PanelChoice {
  readonly case: string;
  readonly what: string;
  readonly title: string;
  /** Where routes lie so far apart that the short bars could not be told from each other. */
  readonly scale?: 'log';
}

interface PlotChoice {
  readonly title: string;
  /** None: of each case the first thing that was measured of several routes. */
  readonly panels?: readonly PanelChoice[];
}

const PLOTS: Readonly<Record<string, PlotChoice>> = {
  small: {
    title: 'Small answers: 2 KB',
    panels: [
      { case: 'http1-32', what: 'throughput', title: 'HTTP/1.1, 32 connections' },
      { case: 'http2-32', what: 'throughput', title: 'HTTP/2, 32 connections' },
      { case: 'http1-1', what: 'p50', title: 'HTTP/1.1, one connection: median latency' },
    ],
  },
  lists: { title: 'Lists: 220 KB' },
  bulk: { title: 'Bulk: 256 MiB' },
  interactive: {
    title: 'One small request at a time beside bulk',
    panels: [
      { case: 'beside-download', what: 'p99', title: 'beside downloads: p99', scale: 'log' },
      { case: 'beside-upload', what: 'p99', title: 'beside uploads: p99', scale: 'log' },
    ],
  },
  'far-link': { title: 'One transfer over a far link' },
  handshakes: { title: 'A new TLS connection for each request' },
  exec: {
    title: 'Exec: one byte there and back',
    panels: [
      { case: 'one', what: 'p50', title: 'one session: median latency' },
      { case: 'many', what: 'throughput', title: '32 sessions at once' },
    ],
  },
  'port-forward': { title: 'Port-forward: 256 MiB' },
  watches: {
    title: '10,000 watches: from the event to the client',
    panels: [
      { case: 'watches', what: 'p50', title: 'median' },
      { case: 'watches', what: 'p99', title: 'p99' },
    ],
  },
  processes: { title: 'One gateway process, and more' },
};
const MAX_PANELS = 4;
/** One bar alone compares nothing. */
const MIN_BARS = 2;

/** @returns undefined where nothing is there to be compared in a picture */
export function scenarioPlot({ bench, figures }: BenchResult): Chart | undefined {
  const all = shownFigures(figures);
  const plot = PLOTS[bench] ?? { title: bench };
  const chosen = (plot.panels ?? []).flatMap((choice) => panelOf(all, choice));
  const panels = chosen.length > 0 ? chosen : firstPanels(all);
  return panels.length === 0 ? undefined : { title: plot.title, panels };
}

function firstPanels(all: readonly RouteFigure[]): readonly Panel[] {
  return [...Map.groupBy(all, ({ caseName }) => caseName)]
    .flatMap(([caseName, ofCase]) => {
      const whats = new Set(ofCase.filter(({ what }) => !what.includes('.')).map(({ what }) => what));
      return [...whats]
        .flatMap((what) => panelOf(all, { case: caseName, what, title: `${caseName}: ${what}` }))
        .slice(0, 1);
    })
    .slice(0, MAX_PANELS);
}

function panelOf(
  all: readonly RouteFigure[],
  { case: caseName, what, title, scale }: PanelChoice,
): readonly Panel[] {
  const chosen = all.filter((one) => one.caseName === caseName && one.what === what);
  const [first] = chosen;
  if (first === undefined || chosen.length < MIN_BARS) return [];
  const bars = inRouteOrder(chosen.map(({ route }) => route)).flatMap((route): Bar[] => {
    const figure = chosen.find((one) => one.route === route)?.figure;
    if (figure === undefined) return [];
    const { value, rounds } = figure;
    return [
      { label: route, kind: kindOf(route), value, low: Math.min(...rounds), high: Math.max(...rounds) },
    ];
  });
  const { unit, higherIsBetter } = first.figure;
  return [{ title, unit, higherIsBetter, scale: scale ?? 'linear', bars }];
}

/** What is no route of the list is a way to run our own. */
function kindOf(route: string): BarKind {
  return routeInfo(route)?.kind ?? 'relay';
}
