// When each party to a request has learned that it is over, measured from the moment at which that could be known.
import { expect } from 'vitest';
import type { EndsCluster } from './ends-cluster.ts';
import type { ProcessRelay } from '../process-relay.ts';
import type { Running } from './running-commands.ts';

/** Far more than the second that is asked for: a busy machine is no failure. */
export const LEARNS_WITHIN_MS = 5000;
const POLL_MS = 10;

/** Resolves when nothing of `running` is left at the gateway, the agent, and behind the apiserver; prints how long each took. */
export async function everyPartyLearns(
  title: string,
  sinceMs: number,
  relay: ProcessRelay,
  cluster: EndsCluster,
  running: Running,
): Promise<void> {
  const untilNothingIsLeft = async (count: () => number | Promise<number>): Promise<string> => {
    await expect.poll(count, { timeout: LEARNS_WITHIN_MS, interval: POLL_MS }).toBe(0);
    return `${Math.round(performance.now() - sinceMs)} ms`;
  };
  // A process that is gone has nothing left.
  const left = (metric: string) => relay.processes.metric(metric).catch(() => 0);
  const clients = Promise.all(running.commands.map(({ kubectl }) => kubectl.ended)).then(() =>
    Math.max(...running.endedAt.values()),
  );
  const [gateway, agent, processes, connections, lastClient] = await Promise.all([
    untilNothingIsLeft(() => left('cluster_connect_gateway_requests_running')),
    untilNothingIsLeft(() => left('cluster_connect_agent_streams')),
    untilNothingIsLeft(() => running.pids.filter(isRunning).length),
    untilNothingIsLeft(() => cluster.server.open),
    clients,
  ]);
  process.stderr.write(
    `test:cluster: ${title}: the last kubectl ended after ${Math.round(lastClient - sinceMs)} ms, the gateway knew after ${gateway}, ` +
      `the agent after ${agent}, exec's processes were gone after ${processes}, forwarded connections after ${connections}\n`,
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
