// Prometheus metrics by prom-client. The hot path counts in plain numbers; they are read when somebody asks.
import { createRequire } from 'node:module';
import type promClient from 'prom-client';
import type { Counter, Gauge } from 'prom-client';

export interface Metrics {
  /** A number that only grows, read by `read` at each scrape. */
  counter(name: string, help: string, read: () => number): void;
  gauge(name: string, help: string, read: () => number): void;
  /** A counter with one label whose values `read` lists: few and known, never a user or a path. */
  counters(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void;
  render(): Promise<MetricsPage>;
  /** The same as data, for another process to add up. */
  snapshot(): Promise<MetricsSnapshot>;
}

/** The text exposition, and its content type. */
export interface MetricsPage {
  readonly contentType: string;
  readonly body: string;
}

/** As prom-client has it; survives JSON. */
export type MetricsSnapshot = readonly object[];

export interface MetricsTotal {
  /** What a source counts now, instead of what it said before. */
  set(source: string, snapshot: MetricsSnapshot): void;
  /** The source is gone: its levels are gone with it, and what it counted stays, for a counter must never go back. */
  retire(source: string): Promise<void>;
  render(): Promise<MetricsPage>;
}

// Loaded when metrics are made, like the logger's package.
function loadPromClient(): typeof promClient {
  return createRequire(import.meta.url)('prom-client');
}

export function createMetrics(): Metrics {
  const { collectDefaultMetrics, Registry, ...prom } = loadPromClient();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    counter: (name, help, read) => {
      const metric: Counter = new prom.Counter({
        name,
        help,
        registers: [registry],
        collect: () => {
          metric.reset();
          metric.inc(read());
        },
      });
    },
    gauge: (name, help, read) => {
      const metric: Gauge = new prom.Gauge({
        name,
        help,
        registers: [registry],
        collect: () => metric.set(read()),
      });
    },
    counters: (name, help, label, read) => {
      const metric: Counter = new prom.Counter({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        collect: () => {
          metric.reset();
          for (const [value, count] of read()) metric.inc({ [label]: value }, count);
        },
      });
    },
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    snapshot: () => registry.getMetricsAsJSON(),
  };
}

/** The metrics of several processes as one page: counts are added up, and for the rest each metric's own rule holds. */
export function createMetricsTotal(): MetricsTotal {
  const { AggregatorRegistry } = loadPromClient();
  const current = new Map<string, MetricsSnapshot>();
  let retired: MetricsSnapshot = [];
  // The type wants arrays that may be changed; prom-client only reads.
  const sum = (snapshots: readonly MetricsSnapshot[]): promClient.Registry =>
    AggregatorRegistry.aggregate(snapshots.map((one) => [...one]));
  return {
    set: (source, snapshot) => void current.set(source, snapshot),
    retire: async (source) => {
      const last = current.get(source) ?? [];
      current.delete(source);
      retired = await sum([retired, last.filter(isCount)]).getMetricsAsJSON();
    },
    render: async () => {
      const registry = sum([retired, ...current.values()]);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function isCount(metric: object): boolean {
  return 'type' in metric && (metric.type === 'counter' || metric.type === 'histogram');
}
