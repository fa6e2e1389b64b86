// The metrics of all gateway processes on one page. That a process answers for its metrics is also what shows it is alive.
import { createMetrics, createMetricsTotal } from '../../observe/index.ts';
import type { MetricsPage, MetricsSnapshot } from '../../observe/index.ts';
import { CLUSTERS_HELP, CLUSTERS_METRIC } from '../gateway.ts';
import type { DirectoryHub } from './directory-hub.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { ProcessWaits } from './limits.ts';

export interface ProcessMetrics {
  received(from: GatewayProcess, snapshot: MetricsSnapshot): void;
  /** The process has ended. */
  retire(one: GatewayProcess): Promise<void>;
  /** Asks all that are ready. @returns those that have not answered for too long */
  check(): GatewayProcess[];
  /** Of now; from a process that does not answer in time, what it said last. */
  render(): Promise<MetricsPage>;
}

const OWN = 'supervisor';

export function createProcessMetrics(
  hub: DirectoryHub,
  processes: ReadonlyMap<number, GatewayProcess>,
  waits: ProcessWaits,
): ProcessMetrics {
  const own = createMetrics();
  own.gauge(CLUSTERS_METRIC, CLUSTERS_HELP, () => hub.clusterCount);
  own.gauge('cluster_connect_gateway_processes', 'Gateway processes that take connections.', () => {
    return [...processes.values()].filter(({ isReady }) => isReady).length;
  });
  const total = createMetricsTotal();
  const missed = new Map<string, number>();
  // Who waits for the answers of which processes; every scrape has its own.
  const waiting = new Set<{ readonly ids: Set<string>; readonly done: () => void }>();

  function heard(id: string): void {
    missed.set(id, 0);
    for (const waiter of waiting) {
      if (waiter.ids.delete(id) && waiter.ids.size === 0) waiter.done();
    }
  }

  async function askAll(): Promise<void> {
    const asked = [...processes.values()].filter(({ isReady }) => isReady);
    if (asked.length === 0) return;
    const answered = Promise.withResolvers<void>();
    const waiter = { ids: new Set(asked.map(({ id }) => id)), done: answered.resolve };
    waiting.add(waiter);
    const timer = setTimeout(answered.resolve, waits.METRICS_TIMEOUT_MS);
    for (const one of asked) one.send({ kind: 'read-metrics' });
    await answered.promise;
    clearTimeout(timer);
    waiting.delete(waiter);
  }

  return {
    received: (from, snapshot) => {
      total.set(from.id, snapshot);
      heard(from.id);
    },
    retire: async ({ id }) => {
      await total.retire(id);
      heard(id);
      missed.delete(id);
    },
    check: () => {
      const stuck: GatewayProcess[] = [];
      for (const one of processes.values()) {
        if (!one.isReady) continue;
        const unanswered = missed.get(one.id) ?? 0;
        missed.set(one.id, unanswered + 1);
        if (unanswered >= waits.MAX_MISSED_CHECKS) stuck.push(one);
        else one.send({ kind: 'read-metrics' });
      }
      return stuck;
    },
    render: async () => {
      await askAll();
      total.set(OWN, await own.snapshot());
      return total.render();
    },
  };
}
