// From rounds to figures.
import { figure, processUsage } from '../measure/index.ts';
import type { Figure } from '../measure/index.ts';
import type { RunningRoute } from '../routes/index.ts';
import type { MeasuredRoute, RequestRound } from './request-case.ts';

const BYTES_PER_MEGABYTE = 1e6;

/** What a figure is called; where it is looked up. */
export function figureName(caseName: string, route: string, what: string): string {
  return `${caseName}.${route}.${what}`;
}

export function figuresOf({ case: { name, connecting }, route, rounds }: MeasuredRoute): readonly Figure[] {
  const of = (what: string, unit: string, isHigherBetter: boolean, value: (round: RequestRound) => number) =>
    figure(figureName(name, route.name, what), unit, isHigherBetter, rounds.map(value));
  const isShown = connecting === 'each-resumed';
  return [
    of('throughput', 'requests/s', true, ({ load }) => (load.requests / load.elapsedMs) * 1000),
    of('p50', 'µs', false, ({ load }) => load.p50Us),
    of('p99', 'µs', false, ({ load }) => load.p99Us),
    ...(isShown
      ? [of('resumed', '% of connections', true, ({ load }) => (load.resumed / load.requests) * 100)]
      : []),
    ...cpuFigures(name, route.name, rounds, 'µs/request'),
  ];
}

/** One for each process, and the route's own together: without the load and the stand-in. */
export function cpuFigures(
  caseName: string,
  route: string,
  rounds: readonly Pick<RequestRound, 'cpuUs'>[],
  unit: string,
): readonly Figure[] {
  const names = [...new Set(rounds.flatMap(({ cpuUs }) => Object.keys(cpuUs)))];
  const of = (what: string, value: (cpuUs: RequestRound['cpuUs']) => number): Figure =>
    figure(
      figureName(caseName, route, `cpu.${what}`),
      unit,
      false,
      rounds.map(({ cpuUs }) => value(cpuUs)),
    );
  const own = names.filter((name) => name !== 'load' && name !== 'apiserver');
  return [
    ...names.map((name) => of(name, (cpuUs) => cpuUs[name] ?? 0)),
    ...(own.length > 1
      ? [of('route', (cpuUs) => own.reduce((sum, name) => sum + (cpuUs[name] ?? 0), 0))]
      : []),
  ];
}

/** What each process of the routes holds in memory now. */
export function memoryFigures(routes: readonly RunningRoute[]): readonly Figure[] {
  return routes.flatMap(({ info, processes }) =>
    processes.flatMap(({ name, pid }) => {
      const usage = processUsage(pid);
      return usage === undefined
        ? []
        : [
            figure(figureName('end', info.name, `rss.${name}`), 'MB', false, [
              usage.rssBytes / BYTES_PER_MEGABYTE,
            ]),
          ];
    }),
  );
}
