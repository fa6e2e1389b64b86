// Reads the names of figures, `${case}.${route}.${what}`, and adds up what the processes of a route have used. Pure.
import { figure } from '../measure/index.ts';
import type { Figure } from '../measure/index.ts';
import { ROUTES, ROUTE_INFO } from '../routes/index.ts';
import type { RouteInfo } from '../routes/index.ts';

export interface RouteFigure {
  readonly caseName: string;
  /** Mostly a route's name; a scenario of our own processes alone has others. */
  readonly route: string;
  readonly what: string;
  readonly figure: Figure;
}

/** Figures with another kind of name are left out. */
export function routeFigures(figures: readonly Figure[]): readonly RouteFigure[] {
  return figures.flatMap((one): RouteFigure[] => {
    const [caseName, route, ...what] = one.name.split('.');
    if (caseName === undefined || route === undefined || what.length === 0) return [];
    return [{ caseName, route, what: what.join('.'), figure: one }];
  });
}

/**
 * For showing: where one route alone was measured, in variants of the same case (`small-1`, `small-2`), what is to be
 * compared are the variants. They take the place of the route then.
 */
export function shownFigures(figures: readonly Figure[]): readonly RouteFigure[] {
  const all = routeFigures(figures);
  if (new Set(all.map(({ route }) => route)).size !== 1) return all;
  const split = (caseName: string): readonly [string, string] => {
    const [family = '', ...variant] = caseName.split('-');
    return [family, variant.join('-')];
  };
  const variants = Map.groupBy(new Set(all.map(({ caseName }) => caseName)), (name) => split(name)[0]);
  return all.map((one) => {
    const [family, variant] = split(one.caseName);
    const hasOthers = (variants.get(family)?.length ?? 0) > 1;
    return hasOthers && variant !== '' ? { ...one, caseName: family, route: variant } : one;
  });
}

export function routeInfo(name: string): RouteInfo | undefined {
  const route = ROUTES.find((candidate) => candidate === name);
  return route === undefined ? undefined : ROUTE_INFO[route];
}

/** In the order of the list of routes; others after them, as they come. */
export function inRouteOrder(routes: Iterable<string>): readonly string[] {
  const place = (name: string): number => {
    const index = ROUTES.findIndex((candidate) => candidate === name);
    return index === -1 ? ROUTES.length : index;
  };
  return [...new Set(routes)].toSorted((a, b) => place(a) - place(b));
}

/** Of the bench itself, not of the route. */
const OUTSIDE = ['load', 'apiserver'];
/** As the scenarios name the sum of `cpu` themselves. */
const SUM = 'route';

/**
 * What all processes of a route have of `cpu` or `rss` together, round for round.
 * @param ofRoute figures of one case and one route
 */
export function totalOf(ofRoute: readonly RouteFigure[], prefix: 'cpu' | 'rss'): Figure | undefined {
  const parts = ofRoute.flatMap(({ what, figure: one }) => {
    const [first, process] = what.split('.');
    return first === prefix && process !== undefined && !OUTSIDE.includes(process)
      ? [{ process, figure: one }]
      : [];
  });
  const sum = parts.find(({ process }) => process === SUM);
  if (sum !== undefined) return sum.figure;
  const [first] = parts;
  if (first === undefined) return undefined;
  const rounds = first.figure.rounds.map((_, round) =>
    parts.reduce((total, part) => total + (part.figure.rounds[round] ?? 0), 0),
  );
  return figure(`total.${prefix}`, first.figure.unit, false, rounds);
}
