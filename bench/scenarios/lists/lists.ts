// Lists of 220 KB: what `kubectl get pods` of a busy namespace costs, where bytes count as much as requests.
import { listBody } from '../../apiserver/index.ts';
import { bestPeers, relayRatios, runRequests } from '../../requests/index.ts';
import type { RequestCase, RequestPlan } from '../../requests/index.ts';
import { ROUTES } from '../../routes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';

const LIST = { connecting: 'kept', answer: 'list' } as const;
const CASES: readonly RequestCase[] = [
  { ...LIST, name: 'http1-32', protocol: 'http1', connections: 32, streams: 1 },
  { ...LIST, name: 'http1-1', protocol: 'http1', connections: 1, streams: 1 },
  { ...LIST, name: 'http2-1x32', protocol: 'http2', connections: 1, streams: 32 },
];

const PLAN: RequestPlan = {
  routes: ROUTES,
  cases: CASES,
  quickCases: ['http1-32', 'http2-1x32'],
  pace: { rounds: 5, warmUpMs: 1000, settleMs: 120, roundMs: 500 },
  quickPace: { rounds: 2, warmUpMs: 250, settleMs: 30, roundMs: 150 },
};

export const LISTS_SCENARIO: Scenario = {
  name: 'lists',
  title: 'answers of 220 KB: 1 and 32 at once, HTTP/1.1 and HTTP/2',
  cases: CASES.map(({ name }) => name),
  run: runLists,
};

async function runLists(context: RunContext): Promise<ScenarioOutcome> {
  const { cases, settings, versions, figures, table, absent, checks } = await runRequests(PLAN, context);
  return {
    settings: {
      ...settings,
      ...bestPeers(table, cases, 'throughput'),
      answerBytes: Buffer.byteLength(listBody()),
    },
    versions,
    figures,
    comparisons: cases.flatMap((name) => relayRatios(table, name, 'throughput')),
    targets: [],
    absent,
    checks,
    notes: [],
  };
}
