// What the edge counts, in plain numbers; the private listener reads them.
import type { Metrics } from '../../observe/index.ts';
import type { CarryOutcome } from './carry.ts';

export interface EdgeCounters {
  started(): void;
  done(outcome: CarryOutcome, status: number): void;
  refused(status: number): void;
  register(metrics: Metrics): void;
}

export function createEdgeCounters(): EdgeCounters {
  let running = 0;
  const outcomes = new Map<string, number>([
    ['answered', 0],
    ['client_gone', 0],
    ['broken', 0],
  ]);
  const statuses = new Map<string, number>();
  const refusals = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    started: () => {
      running += 1;
    },
    done: (outcome, status) => {
      running -= 1;
      count(outcomes, outcome);
      count(statuses, STATUS_CLASSES[Math.trunc(status / 100)] ?? 'none');
    },
    refused: (status) => count(refusals, String(status)),
    register: (metrics) => {
      metrics.gauge(
        'cluster_connect_gateway_requests_running',
        'Requests that are being carried.',
        () => running,
      );
      metrics.counters(
        'cluster_connect_gateway_requests_total',
        'Requests that were carried, by how they ended.',
        'outcome',
        () => outcomes,
      );
      metrics.counters(
        'cluster_connect_gateway_answers_total',
        'Answers that came from a cluster, by class of status.',
        'class',
        () => statuses,
      );
      metrics.counters(
        'cluster_connect_gateway_refusals_total',
        'Requests that the gateway refused, by status.',
        'status',
        () => refusals,
      );
    },
  };
}

const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];
