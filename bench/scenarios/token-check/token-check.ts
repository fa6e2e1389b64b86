// The token check of each request, twice on its way: in the gateway and again in the agent. A token of 3 KB with its groups.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, ratioOf, targetAtMost } from '../../measure/index.ts';
import type { Figure, Target } from '../../measure/index.ts';
import { startBenchIdentity } from '../../bench-user.ts';
import { proofKey } from '../../../cli/token/pop/proof-key.ts';
import { signProof } from '../../../cli/token/pop/sign-proof.ts';
import { startChild } from '../../processes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { tokenCheckSchema } from '../../token-check/index.ts';
import type { TokenCheckSpec } from '../../token-check/index.ts';

const PLAN = { rounds: 15, checksPerRound: 100_000, firstChecksPerRound: 50 };
const QUICK_PLAN = { rounds: 3, checksPerRound: 10_000, firstChecksPerRound: 20 };
const MAX_CACHED_US = 3;
const CLUSTER_ID = '0b6f5ad2-54a3-4d3c-9a20-4f4a3f5d8c11';

export const TOKEN_CHECK_SCENARIO: Scenario = {
  name: 'token-check',
  title: 'the check of a token of 3 KB that was seen before, of one that was not, and jose for comparison',
  run: runScenario,
};

async function runScenario(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PLAN : PLAN;
  const plan = { ...basis, rounds: context.rounds ?? basis.rounds };
  await using resources = new AsyncDisposableStack();
  const identity = await startBenchIdentity();
  resources.defer(() => identity.entra.close());
  const child = startChild('token check', 'token-check');
  resources.defer(() => child.stop());
  const interrupt = (): void => void child.stop();
  context.signal.addEventListener('abort', interrupt);
  resources.defer(() => context.signal.removeEventListener('abort', interrupt));
  const others = plan.firstChecksPerRound * plan.rounds;
  const directory = await mkdtemp(join(tmpdir(), 'cluster-connect-bench-'));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const key = await proofKey(directory, () => undefined);
  const popToken = (user: number): string => {
    const bound = { token: identity.boundToken(user, key.thumbprint), expiresAtMs: Infinity };
    return signProof(bound, key, { cluster: CLUSTER_ID }).token;
  };
  const spec: TokenCheckSpec = {
    entra: identity.settings,
    tokens: [identity.token, ...Array.from({ length: others }, (_, at) => identity.tokenOfOther(at + 1))],
    popTokens: Array.from({ length: others + 1 }, (_, at) => popToken(at)),
    popCluster: CLUSTER_ID,
    rounds: plan.rounds,
    checksPerRound: plan.checksPerRound,
  };
  const measured = await child.call('measure', spec, tokenCheckSchema);
  const { cachedUs, firstUs, cachedPopUs, firstPopUs, joseUs, wrong, checks } = measured;
  const cached = figure('cached.relay.check', 'µs', false, cachedUs);
  const first = figure('first.relay.check', 'µs', false, firstUs);
  const cachedPop = figure('cached-pop.relay.check', 'µs', false, cachedPopUs);
  const firstPop = figure('first-pop.relay.check', 'µs', false, firstPopUs);
  const jose = figure('first.jose.check', 'µs', false, joseUs);
  return {
    settings: { ...plan, tokenBytes: identity.token.length, tokenGroups: identity.groupCount },
    versions: { relay: `Node ${process.version}` },
    figures: [cached, first, cachedPop, firstPop, jose],
    comparisons: [
      ...ratioOf({ name: 'check: cached / jose', ours: cached, theirs: jose }),
      ...ratioOf({ name: 'check: first / jose', ours: first, theirs: jose }),
    ],
    targets: targetsOf([cached]),
    absent: [],
    checks: [
      {
        name: 'every cached check answers with the user of the token',
        passed: checks > 0 && wrong === 0,
        detail: `${wrong} of ${checks} wrong`,
      },
    ],
    notes: [
      'cached: from the value of the Authorization header, a new text each time, to the user; first: with the signature (RS256, 2048 bits); jose: jwtVerify with the keys at hand, which checks neither tenant nor audience. pop: the same user with a proof-of-possession token; cached with the look at cluster, nonce and holder, first with both signatures.',
    ],
  };
}

/** That of issue "Faster than every peer". */
export function targetsOf(figures: readonly Figure[]): readonly Target[] {
  return figures
    .filter(({ name }) => name === 'cached.relay.check')
    .map(({ name, value, unit }) => targetAtMost(name, value, MAX_CACHED_US, unit));
}
