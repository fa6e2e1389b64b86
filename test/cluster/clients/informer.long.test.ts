// The same controller for a quarter of an hour, with the watches that client-go itself asks for: five to ten minutes.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { bindClusterAdmin, createNamespace } from '../cluster-objects.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { startInformer } from './informer.ts';
import { writeKubeconfigs } from './kubeconfigs.ts';
import { changesOf, countOf, writeUnder } from './watch-life.ts';

const NAMESPACE = 'informed-long';
const LIFE_MS = 15 * 60_000;
const QUIET_MS = 10_000;

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  await createNamespace(relay.admin, NAMESPACE);
});
afterAll(() => relay.close());

test(
  '15 minutes of an informer lose nothing, repeat nothing and need no second list',
  async () => {
    const files = writeKubeconfigs(relay, 'informer', 'alice');
    const options = { namespace: NAMESPACE, timeLimitMs: LIFE_MS + 120_000 };
    const informer = startInformer(inject('tools').informer, files.relayed, options);
    const endsAt = Date.now() + LIFE_MS;
    const written = await writeUnder([informer], {
      admin: relay.admin,
      namespace: NAMESPACE,
      isEnough: () => Date.now() > endsAt,
      pause: () => delay(QUIET_MS),
    });
    const lines = await informer.stop();
    const watches = lines.filter(({ type }) => type === 'watch');
    console.info(
      `${written.length} changes over ${watches.length} watches of ${watches.map(({ timeoutSeconds }) => timeoutSeconds).join(', ')} s`,
    );
    expect(changesOf(lines)).toEqual(written);
    expect(countOf(lines, 'list')).toBe(1);
    // Watches of ten minutes at most: one of them at least was renewed.
    expect(watches.length).toBeGreaterThan(1);
    expect(lines.filter(({ type }) => type === 'error')).toEqual([]);
    expect(relay.agent.reconnects).toBe(0);
  },
  LIFE_MS + 180_000,
);
