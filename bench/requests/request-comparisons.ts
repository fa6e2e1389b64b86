// What the relay is compared with: one hop, one hop of others, the best tunnel of others, and nothing in between.
import { differenceOf, ratioOf } from '../measure/index.ts';
import type { Figure } from '../measure/index.ts';
import type { RouteInfo } from '../routes/index.ts';
import type { FigureTable } from './figure-table.ts';

const COMPARED_WITH = ['go-proxy', 'http-proxy', 'nginx', 'direct'] as const;

/** `what`, the relay's divided by that of others. */
export function relayRatios(table: FigureTable, caseName: string, what: string): readonly Figure[] {
  const ours = table.of(caseName, 'relay', what);
  const peer = table.bestPeer(caseName, what);
  return [
    ...COMPARED_WITH.flatMap((route) =>
      ratioOf({
        name: `${caseName}: ${what}, relay / ${route}`,
        ours,
        theirs: table.of(caseName, route, what),
      }),
    ),
    ...ratioOf({ name: `${caseName}: ${what}, relay / best tunnel peer`, ours, theirs: peer?.figure }),
  ];
}

/** What each route adds to the latency of the stand-in itself. */
export function addedLatencies(
  table: FigureTable,
  caseName: string,
  routes: readonly RouteInfo[],
): readonly Figure[] {
  return routes
    .filter(({ kind }) => kind !== 'direct')
    .flatMap(({ name: route }) =>
      (['p50', 'p99'] as const).flatMap((what) =>
        differenceOf({
          name: `${caseName}: ${what} added over direct by ${route}`,
          ours: table.of(caseName, route, what),
          theirs: table.of(caseName, 'direct', what),
        }),
      ),
    );
}

/** For the settings: which of the peers the best one was. */
export function bestPeers(
  table: FigureTable,
  caseNames: readonly string[],
  what: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    caseNames.flatMap((caseName) => {
      const best = table.bestPeer(caseName, what);
      return best === undefined ? [] : [[`bestTunnelPeer.${caseName}.${what}`, best.name]];
    }),
  );
}
