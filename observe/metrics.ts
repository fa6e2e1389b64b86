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
  /** The text exposition, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
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
  };
}
