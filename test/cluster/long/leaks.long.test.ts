// The rounds of test/e2e/leaks.test.ts through the real apiserver and its kubelet: what upgrades and logs are there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { growth } from '../../support/leaks/ledger.ts';
import type { LeakPaths } from '../../support/leaks/rounds.ts';
import { runRounds } from '../../support/leaks/run-rounds.ts';
import { configMap, createNamespace, incompressibleText } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import { startProcessRelay } from '../process-relay.ts';
import type { ProcessRelay } from '../process-relay.ts';

const ROUNDS = { warmUpRounds: 200, rounds: 1000 };
/** More than a reader takes of it before it goes away. */
const LOG_LINES = 4000;
const LOG_LINE_CHARACTERS = 200;
/** Longer than the agent keeps an idle connection to the apiserver. */
const SETTLE_TIMEOUT_MS = 90_000;
const TEST_TIMEOUT_MS = 30 * 60_000;

const NAMESPACE = 'leaks';
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const POD = `/api/v1/namespaces/${NAMESPACE}/pods/busy`;
const STREAMS = 'stdin=true&stdout=true&container=main';
const PATHS: LeakPaths = {
  get: CONFIG_MAPS,
  watch: `${CONFIG_MAPS}?watch=true`,
  logs: `${POD}/log?follow=true`,
  exec: `${POD}/exec?command=cat&${STREAMS}`,
  refusedExec: `/api/v1/namespaces/${NAMESPACE}/pods/missing/exec?command=cat&${STREAMS}`,
  refusedStatus: 404,
  portForward: `${POD}/portforward`,
  upload: CONFIG_MAPS,
};

let relay: ProcessRelay;
beforeAll(async () => {
  relay = await startProcessRelay();
  await createNamespace(relay.admin, NAMESPACE);
  await relay.admin.create(CONFIG_MAPS, configMap('one', {}));
  const pod = await startPod(relay.admin, { namespace: NAMESPACE, name: 'busy' });
  pod.print(Array.from({ length: LOG_LINES }, (_, seed) => incompressibleText(LOG_LINE_CHARACTERS, seed)));
});
afterAll(() => relay.close());

test(
  `gateway and agent hold nothing of ${ROUNDS.rounds} rounds of requests that were cut, refused and broken off`,
  async () => {
    const { before, after, report } = await runRounds(relay.processes, {
      ...ROUNDS,
      paths: PATHS,
      seed: Date.now(),
      settleTimeoutMs: SETTLE_TIMEOUT_MS,
    });
    process.stderr.write(`${report}\n`);
    expect(growth(before, after), report).toEqual([]);
    expect([...relay.processes.gateway.complaints, ...relay.processes.agent.complaints]).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
