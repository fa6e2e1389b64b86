// A controller of client-go's through the relay: over every renewal of its watch it sees each change once, in order.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { bindClusterAdmin, createNamespace } from '../cluster-objects.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { startInformer } from './informer.ts';
import { writeKubeconfigs } from './kubeconfigs.ts';
import { changesOf, countOf, writeUnder } from './watch-life.ts';

const NAMESPACE = 'informed';
const WATCH_SECONDS = 2;
const RENEWALS = 4;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
});
afterAll(() => relay.close());

test(`${RENEWALS} renewals of a watch lose nothing, repeat nothing and need no second list`, async () => {
  const files = writeKubeconfigs(relay, 'informer', 'alice');
  const options = { namespace: NAMESPACE, watchSeconds: WATCH_SECONDS, timeLimitMs: 45_000 };
  const { informer } = inject('tools');
  const relayed = [
    startInformer(informer, files.relayed, options),
    startInformer(informer, files.relayed, { ...options, environment: { DISABLE_HTTP2: '1' } }),
  ];
  const informers = [startInformer(informer, files.direct, options), ...relayed];
  const written = await writeUnder(informers, {
    admin: relay.admin,
    namespace: NAMESPACE,
    isEnough: () => relayed.every((one) => countOf(one.lines(), 'watch') > RENEWALS),
    pause: () => Promise.resolve(),
  });
  expect(written.length).toBeGreaterThan(RENEWALS);
  for (const lines of await Promise.all(informers.map((one) => one.stop()))) {
    expect(changesOf(lines)).toEqual(written);
    expect(countOf(lines, 'list')).toBe(1);
    expect(lines.filter(({ type }) => type === 'error')).toEqual([]);
  }
  expect(relay.agent.reconnects).toBe(0);
});
