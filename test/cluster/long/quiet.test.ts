// The silence of quiet.long.test.ts in seconds: the limits of the relay are shorter, and kubectl asks more often whether
// its connection is alive.
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHttp2 } from '../../support/http-client.ts';
import { HTTP_2, SPDY } from '../transports.ts';
import { startProcessRelay } from '../process-relay.ts';
import type { ProcessRelay } from '../process-relay.ts';
import { openQuietStreams } from './quiet-streams.ts';

const LIMIT_MS = 1000;
/** More than two of kubectl's own pings on an exec, which come every 5 s whatever is set. */
const TIMES = 12;
/** HTTP/2 PINGs of Go's client: each second of silence one, which is answered within five or ends the connection. */
const EAGER = { HTTP2_READ_IDLE_TIMEOUT_SECONDS: '1', HTTP2_PING_TIMEOUT_SECONDS: '5' };

let relay: ProcessRelay;
beforeAll(async () => {
  relay = await startProcessRelay({
    limits: {
      gateway: { KEEP_ALIVE_TIMEOUT_MS: LIMIT_MS, BODY_IDLE_TIMEOUT_MS: LIMIT_MS, KEY_RECHECK_MS: LIMIT_MS },
      tunnel: { HEARTBEAT_INTERVAL_MS: 100, STALLED_STREAM_TIMEOUT_MS: LIMIT_MS },
      agent: { UPSTREAM_KEEP_ALIVE_MS: LIMIT_MS, UPGRADE_TIMEOUT_MS: 5 * LIMIT_MS },
    },
  });
});
afterAll(() => relay.close());

test('a watch, a log, an exec and a port-forward outlive many of the limits in silence', async () => {
  const all = await Promise.all(
    [HTTP_2, SPDY].map((transport) =>
      openQuietStreams(relay, { transport, environment: EAGER, timeLimitMs: 60_000 }),
    ),
  );
  // What is idle for as long as a limit is ended, one after the other; what is quiet is not.
  for (let time = 0; time < TIMES; time += 1) await once(openHttp2(relay.processes), 'close');
  expect(all.map((streams) => streams.complaints())).toEqual(['', '']);
  await Promise.all(all.map((streams) => streams.speakAgain()));
  expect(all.map((streams) => streams.complaints())).toEqual(['', '']);
  expect(await relay.processes.metric('cluster_connect_agent_reconnects_total')).toBe(0);
  await Promise.all(all.map((streams) => streams.close()));
  expect([...relay.processes.gateway.complaints, ...relay.processes.agent.complaints]).toEqual([]);
});
