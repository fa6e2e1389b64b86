// Ten real minutes of silence at the limits as they are shipped: every stream goes on afterwards.
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_1_1, HTTP_2, SPDY } from '../transports.ts';
import { startProcessRelay } from '../process-relay.ts';
import type { ProcessRelay } from '../process-relay.ts';
import { openQuietStreams } from './quiet-streams.ts';

const QUIET_MS = 10 * 60_000;
const TIME_LIMIT_MS = QUIET_MS + 120_000;

let relay: ProcessRelay;
beforeAll(async () => {
  relay = await startProcessRelay();
});
afterAll(() => relay.close());

test(
  'a watch, a log, an exec and a port-forward that were silent for ten minutes still work',
  async () => {
    const all = await Promise.all(
      [HTTP_2, HTTP_1_1, SPDY].map((transport) =>
        openQuietStreams(relay, { transport, timeLimitMs: TIME_LIMIT_MS }),
      ),
    );
    const complaints = (): string[] => all.map((streams) => streams.complaints());
    // HTTP/1.1 is announced.
    const before = complaints();
    // No event to wait for: that nothing happens is what is tried.
    await wait(QUIET_MS);
    expect(complaints()).toEqual(before);
    await Promise.all(all.map((streams) => streams.speakAgain()));
    expect(complaints()).toEqual(before);
    expect(await relay.processes.metric('cluster_connect_agent_reconnects_total')).toBe(0);
    await Promise.all(all.map((streams) => streams.close()));
    expect([...relay.processes.gateway.complaints, ...relay.processes.agent.complaints]).toEqual([]);
  },
  TIME_LIMIT_MS,
);
