// Small answers: where the cost of each request shows, and nothing else.
import { ratioOf, targetAtLeast, targetAtMost } from '../../measure/index.ts';
import type { Figure, Target } from '../../measure/index.ts';
import { addedLatencies, bestPeers, relayRatios, runRequests } from '../../requests/index.ts';
import type { FigureTable, RequestCase, RequestPlan } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RouteInfo } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';

const SMALL = { connecting: 'kept', answer: 'small' } as const;
const CASES: readonly RequestCase[] = [
  { ...SMALL, name: 'http1-32', protocol: 'http1', connections: 32, streams: 1 },
  { ...SMALL, name: 'http1-1', protocol: 'http1', connections: 1, streams: 1 },
  { ...SMALL, name: 'http1-256', protocol: 'http1', connections: 256, streams: 1 },
  { ...SMALL, name: 'http2-32', protocol: 'http2', connections: 32, streams: 1 },
  { ...SMALL, name: 'http2-1', protocol: 'http2', connections: 1, streams: 1 },
  // As one client with many requests has it: client-go shares one connection.
  { ...SMALL, name: 'http2-1x32', protocol: 'http2', connections: 1, streams: 32 },
];
const SINGLE_CASES = ['http1-1', 'http2-1'];

const PLAN: RequestPlan = {
  routes: ROUTES,
  cases: CASES,
  quickCases: ['http1-32', 'http1-1', 'http2-1x32'],
  pace: { rounds: 5, warmUpMs: 2500, settleMs: 500, roundMs: 1000 },
  quickPace: { rounds: 2, warmUpMs: 250, settleMs: 30, roundMs: 120 },
};

export const SMALL_SCENARIO: Scenario = {
  name: 'small',
  title: 'answers of 2 KB: 1, 32 and 256 connections, HTTP/1.1 and HTTP/2',
  cases: CASES.map(({ name }) => name),
  run: runSmall,
};

async function runSmall(context: RunContext): Promise<ScenarioOutcome> {
  const { cases, settings, versions, figures, table, routes, absent, checks } = await runRequests(
    PLAN,
    context,
  );
  const comparisons = [
    ...cases.flatMap((name) => compareCase(table, name, routes)),
    ...compareProtocols(table),
  ];
  return {
    settings: { ...settings, ...bestPeers(table, cases, 'throughput'), answerBytes: 2048 },
    versions,
    figures,
    comparisons,
    targets: targetsOf(comparisons),
    absent,
    checks,
    notes: [
      "A TCP tunnel carries the client's HTTP/2 to the stand-in; what the hops and the relay speak there is their own choice, " +
        'whatever the client speaks.',
      'The relay alone checks who asks; the hops and tunnels pass the token on unread.',
    ],
  };
}

function compareCase(table: FigureTable, name: string, routes: readonly RouteInfo[]): readonly Figure[] {
  return [
    ...relayRatios(table, name, 'throughput'),
    ...(SINGLE_CASES.includes(name) ? addedLatencies(table, name, routes) : []),
  ];
}

function compareProtocols(table: FigureTable): readonly Figure[] {
  const relay = (caseName: string): Figure | undefined => table.of(caseName, 'relay', 'throughput');
  return [
    ...ratioOf({
      name: 'relay, 32 connections: throughput, HTTP/2 / HTTP/1.1',
      ours: relay('http2-32'),
      theirs: relay('http1-32'),
    }),
    ...ratioOf({
      name: 'relay, 32 requests at once: throughput, HTTP/2 on one connection / HTTP/1.1',
      ours: relay('http2-1x32'),
      theirs: relay('http1-32'),
    }),
  ];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(comparisons: readonly Figure[]): readonly Target[] {
  return comparisons.flatMap(({ name, value }) => {
    switch (name) {
      case 'http1-32: throughput, relay / go-proxy':
        return [targetAtLeast(name, value, 1, '×')];
      case 'http1-32: throughput, relay / http-proxy':
        return [targetAtLeast(name, value, 1.5, '×')];
      case 'http1-32: throughput, relay / best tunnel peer':
        return [targetAtLeast(name, value, 2, '×')];
      case 'relay, 32 connections: throughput, HTTP/2 / HTTP/1.1':
        return [targetAtLeast(name, value, 0.9, '×')];
      case 'http1-1: p50 added over direct by relay':
        return [targetAtMost(name, value, 100, 'µs')];
      case 'http1-1: p99 added over direct by relay':
        return [targetAtMost(name, value, 1000, 'µs')];
      default:
        return [];
    }
  });
}
