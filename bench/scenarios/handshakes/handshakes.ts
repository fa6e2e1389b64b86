// A new TLS connection for each request: what a kubectl that is started for one command costs.
import { addedLatencies, bestPeers, relayRatios, runRequests } from '../../requests/index.ts';
import type { RequestCase, RequestPlan } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';

const SMALL = { protocol: 'http1', connections: 8, streams: 1, answer: 'small' } as const;
const CASES: readonly RequestCase[] = [
  { ...SMALL, name: 'full', connecting: 'each' },
  { ...SMALL, name: 'resumed', connecting: 'each-resumed' },
];

const PLAN: RequestPlan = {
  routes: ROUTES,
  cases: CASES,
  quickCases: ['full', 'resumed'],
  pace: { rounds: 5, warmUpMs: 500, settleMs: 0, roundMs: 450 },
  quickPace: { rounds: 2, warmUpMs: 200, settleMs: 0, roundMs: 150 },
};

export const HANDSHAKES_SCENARIO: Scenario = {
  name: 'handshakes',
  title: 'a new TLS connection for each request, 8 at a time, without and with session resumption',
  cases: CASES.map(({ name }) => name),
  run: runHandshakes,
};

async function runHandshakes(context: RunContext): Promise<ScenarioOutcome> {
  const { cases, settings, versions, figures, table, routes, absent, checks } = await runRequests(
    PLAN,
    // autocannon keeps its connections.
    { ...context, client: 'light' },
  );
  return {
    settings: { ...settings, ...bestPeers(table, cases, 'throughput'), answerBytes: 2048, atATime: 8 },
    versions,
    figures,
    comparisons: cases.flatMap((name) => [
      ...relayRatios(table, name, 'throughput'),
      ...addedLatencies(table, name, routes),
    ]),
    targets: [],
    absent,
    checks,
    notes: [
      'Half of the handshake is the load: on few cores its share of the CPU bounds the throughput of every route. Compare ' +
        'the CPU time of the processes of each route.',
      'Through a TCP tunnel the handshake is made by the stand-in, and the tunnel opens a connection to it for each one.',
    ],
  };
}
