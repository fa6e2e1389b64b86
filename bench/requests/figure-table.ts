// Figures by case, route and what: for whoever compares them.
import { bestOf } from '../measure/index.ts';
import type { Figure } from '../measure/index.ts';
import type { RouteInfo, RouteName } from '../routes/index.ts';
import { figureName } from './request-figures.ts';

export interface FigureTable {
  of(caseName: string, route: RouteName, what: string): Figure | undefined;
  /** The best tunnel of other projects. */
  bestPeer(caseName: string, what: string): { readonly name: RouteName; readonly figure: Figure } | undefined;
}

/** @param routes those that were put up */
export function tableOf(figures: readonly Figure[], routes: readonly RouteInfo[]): FigureTable {
  const byName = new Map(figures.map((figure) => [figure.name, figure]));
  const of: FigureTable['of'] = (caseName, route, what) => byName.get(figureName(caseName, route, what));
  return {
    of,
    bestPeer: (caseName, what) => {
      const peers = routes.filter(({ kind }) => kind === 'tunnel');
      const best = bestOf(peers.map(({ name }) => of(caseName, name, what)));
      const info = peers.find(({ name }) => best !== undefined && of(caseName, name, what) === best);
      return best === undefined || info === undefined ? undefined : { name: info.name, figure: best };
    },
  };
}
