// No process leaks a socket, a stream or memory: gateway and agent as processes of their own, measured before and after.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHttp2 } from '../support/http-client.ts';
import { holdStreams } from '../support/leaks/held-streams.ts';
import { growth, settledLedger } from '../support/leaks/ledger.ts';
import { LEAK_PATHS, startLeakUpstream } from '../support/leaks/leak-upstream.ts';
import type { LeakUpstream } from '../support/leaks/leak-upstream.ts';
import { makeRounds, runRounds, targetOf } from '../support/leaks/run-rounds.ts';
import { startRelayProcesses, TUNNELS } from '../support/processes/relay-processes.ts';
import type { RelayProcesses, RelayProcessesOptions } from '../support/processes/relay-processes.ts';
import { AGENT_TOKEN } from '../support/relay-world.ts';

const isLong = process.env['CLUSTER_CONNECT_LONG'] === '1';
const ROUNDS = isLong ? { warmUpRounds: 200, rounds: 1000 } : { warmUpRounds: 80, rounds: 160 };
/** With the restarts after them less than the 128 dials of one cluster that a gateway remembers for two minutes. */
const CUTS = { warmUpCuts: 5, cuts: isLong ? 50 : 20 };
/** Many more than the rounds of a few clients need, that are over a moment before the gateway has heard of it. */
const PLACES_OF_A_USER = 60;
const RESTARTS = ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const;
/** Longer than the upstream keeps a connection that it does not need; shorter than an upgrade waits for its answer. */
const SETTLE_TIMEOUT_MS = 25_000;
const TEST_TIMEOUT_MS = isLong ? 600_000 : 120_000;

let directory: string;
let upstream: LeakUpstream;
let relay: RelayProcesses;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  upstream = await startLeakUpstream();
});

afterAll(async () => {
  await upstream.close();
  await rm(directory, { recursive: true, force: true });
});

async function startRelay(options: Omit<RelayProcessesOptions, 'upstream'> = {}): Promise<void> {
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, AGENT_TOKEN);
  relay = await startRelayProcesses({
    ...options,
    upstream: { server: upstream.url, caPem: upstream.caPem, tokenFile },
  });
}

describe('gateway and agent', () => {
  afterAll(() => relay.close());

  it(
    `hold nothing of ${ROUNDS.rounds} rounds of requests that were cut, refused and broken off`,
    async () => {
      await startRelay();
      const seed = Date.now();
      const { before, after, report } = await runRounds(relay, {
        ...ROUNDS,
        paths: LEAK_PATHS,
        seed,
        settleTimeoutMs: SETTLE_TIMEOUT_MS,
      });
      if (isLong) process.stderr.write(`${report}\n`);
      expect(growth(before, after), report).toEqual([]);
      expect(upstream.openExchanges).toBe(0);
      expect([...relay.gateway.complaints, ...relay.agent.complaints]).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('tunnels that are cut', () => {
  afterAll(() => relay.close());

  async function cutOnce(): Promise<void> {
    const { ended } = await holdStreams(targetOf(relay, LEAK_PATHS));
    const reconnects = await relay.metric('cluster_connect_agent_reconnects_total');
    relay.network.cut();
    await ended;
    await expect
      .poll(() => relay.metric('cluster_connect_agent_reconnects_total'), { timeout: SETTLE_TIMEOUT_MS })
      .toBe(reconnects + TUNNELS);
    await relay.tunnelsUp();
  }

  it(
    `leave nothing behind after ${CUTS.cuts} times`,
    async () => {
      await startRelay({
        limits: { agent: { BACKOFF_CAP_MS: 20 }, gateway: { MAX_STREAMS_PER_USER: PLACES_OF_A_USER } },
      });
      for (let cut = 0; cut < CUTS.warmUpCuts; cut += 1) await cutOnce();
      const before = await settledLedger(relay, SETTLE_TIMEOUT_MS);
      for (let cut = 0; cut < CUTS.cuts; cut += 1) await cutOnce();
      const after = await settledLedger(relay, SETTLE_TIMEOUT_MS);
      expect(growth(before, after)).toEqual([]);
      expect(upstream.openExchanges).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'by the end of an agent leave nothing behind at the gateway',
    async () => {
      const before = await settledLedger(relay, SETTLE_TIMEOUT_MS);
      for (const signal of RESTARTS) {
        const { ended } = await holdStreams(targetOf(relay, LEAK_PATHS));
        await relay.restartAgent(signal);
        await ended;
      }
      const after = await settledLedger(relay, SETTLE_TIMEOUT_MS);
      // The agent is another one: what it holds is what every new one does.
      expect(growth(before, { ...after, agent: before.agent })).toEqual([]);
      expect(upstream.openExchanges).toBe(0);
      expect(relay.gateway.complaints).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'and rounds that were cut give a user every place back',
    async () => {
      const target = targetOf(relay, LEAK_PATHS);
      // More streams than there are places.
      await makeRounds(target, PLACES_OF_A_USER / 4, Date.now());
      await settledLedger(relay, SETTLE_TIMEOUT_MS);
      const session = openHttp2(target);
      const statuses: unknown[] = [];
      for (let place = 0; place <= PLACES_OF_A_USER; place += 1) {
        const stream = session.request({
          ':path': LEAK_PATHS.watch,
          authorization: `Bearer ${target.token}`,
        });
        stream.on('error', () => undefined);
        const [headers] = await once(stream, 'response');
        statuses.push(headers[':status']);
      }
      session.destroy();
      expect(statuses).toEqual([...Array<number>(PLACES_OF_A_USER).fill(200), 429]);
    },
    TEST_TIMEOUT_MS,
  );
});
