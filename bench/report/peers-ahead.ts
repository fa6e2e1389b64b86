// Where a peer is better than the relay: every figure that both have, whether or not anybody set a target on it. Pure.
import type { Figure } from '../measure/index.ts';
import type { BenchResult } from '../result-file.ts';
import { inRouteOrder, routeFigures, routeInfo, totalOf } from './figure-name.ts';
import type { RouteFigure } from './figure-name.ts';
import { escapeText, markdownTable } from './markdown.ts';
import { formatNumber } from './table.ts';

/** Clear: no round of the one lies among those of the other. */
export type Certainty = 'clear' | 'rounds overlap' | 'too few rounds to tell';

export interface AheadPeer {
  readonly scenario: string;
  readonly caseName: string;
  readonly what: string;
  readonly unit: string;
  readonly relay: number;
  readonly peer: string;
  readonly value: number;
  readonly certainty: Certainty;
}

export interface PeerComparison {
  /** Pairs of a figure of the relay and the same of one peer. */
  readonly compared: number;
  readonly ahead: readonly AheadPeer[];
}

/** Fewer have no spread to speak of. */
const MIN_ROUNDS = 3;

/** The stand-in without anything in between is no peer. */
export function comparePeers(results: readonly BenchResult[]): PeerComparison {
  const ahead: AheadPeer[] = [];
  let compared = 0;
  for (const { bench, figures } of results) {
    const byCase = Map.groupBy(routeFigures(figures), ({ caseName }) => caseName);
    for (const [caseName, ofCase] of byCase) {
      const ours = comparable(ofCase, 'relay');
      for (const peer of inRouteOrder(ofCase.map(({ route }) => route)).filter(isPeer)) {
        const theirs = comparable(ofCase, peer);
        for (const [what, our] of ours) {
          const their = theirs.get(what);
          if (their === undefined || their.unit !== our.unit) continue;
          compared += 1;
          if (!isBetter(their.value, our.value, our)) continue;
          const { unit, value: relay } = our;
          ahead.push({
            scenario: bench,
            caseName,
            what,
            unit,
            relay,
            peer,
            value: their.value,
            certainty: certaintyOf(our, their),
          });
        }
      }
    }
  }
  return { compared, ahead };
}

export function renderPeersAhead({ compared, ahead }: PeerComparison): string {
  if (compared === 0) return 'No result is kept in which a peer ran beside the relay.';
  if (ahead.length === 0) return `In none of ${compared} comparisons is a peer better.`;
  const byFigure = Map.groupBy(ahead, ({ scenario, caseName, what }) =>
    [scenario, caseName, what].join('\n'),
  );
  const rows = [...byFigure.values()].flatMap((peers) => {
    const [first] = peers;
    if (first === undefined) return [];
    const { scenario, caseName, what, unit, relay } = first;
    const list = peers.map(
      ({ peer, value, certainty }) =>
        `${peer} ${formatNumber(value)}${certainty === 'clear' ? '' : ` (${certainty})`}`,
    );
    return [
      [...[scenario, caseName, `${what}, ${unit}`].map(escapeText), relay, escapeText(list.join(', '))],
    ];
  });
  const unclear = ahead.filter(({ certainty }) => certainty !== 'clear').length;
  return [
    `In ${ahead.length} of ${compared} comparisons of one figure of the relay with the same of one peer, the peer is better; in ` +
      `${unclear} of these the rounds of both overlap, or are too few to tell. All of them:`,
    markdownTable(['scenario', 'case', 'figure', 'relay', 'better'], rows),
  ].join('\n\n');
}

function isPeer(route: string): boolean {
  const kind = routeInfo(route)?.kind;
  return kind === 'hop' || kind === 'tunnel';
}

/** By what they measure; of the processes, what they have used together. */
function comparable(ofCase: readonly RouteFigure[], route: string): ReadonlyMap<string, Figure> {
  const ofRoute = ofCase.filter((one) => one.route === route);
  const totals = (['cpu', 'rss'] as const).flatMap((prefix): [string, Figure][] => {
    const total = totalOf(ofRoute, prefix);
    return total === undefined
      ? []
      : [[prefix === 'cpu' ? 'CPU of the route' : 'memory of the route', total]];
  });
  return new Map([
    ...ofRoute
      .filter(({ what }) => !what.includes('.'))
      .map(({ what, figure }): [string, Figure] => [what, figure]),
    ...totals,
  ]);
}

function isBetter(theirs: number, ours: number, { higherIsBetter }: Figure): boolean {
  return higherIsBetter ? theirs > ours : theirs < ours;
}

function certaintyOf(ours: Figure, theirs: Figure): Certainty {
  if (Math.min(ours.rounds.length, theirs.rounds.length) < MIN_ROUNDS) return 'too few rounds to tell';
  const isApart =
    Math.min(...theirs.rounds) > Math.max(...ours.rounds) ||
    Math.max(...theirs.rounds) < Math.min(...ours.rounds);
  return isApart ? 'clear' : 'rounds overlap';
}
