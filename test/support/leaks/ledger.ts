// What gateway and agent hold, written down before and after: the same measurement twice, and the difference.
import { setTimeout as wait } from 'node:timers/promises';
import type { CountedClass, Measurement } from '../processes/measurement.ts';
import { TUNNELS } from '../processes/relay-processes.ts';
import type { RelayProcesses } from '../processes/relay-processes.ts';

/** One for each process. */
export interface Ledger {
  readonly gateway: Measurement;
  readonly agent: Measurement;
  /** Gauges of both private listeners, by their names. */
  readonly gauges: Readonly<Record<string, number>>;
}

/** Gauges when no client asks for anything. */
const IDLE_GAUGES: Readonly<Record<string, number>> = {
  cluster_connect_gateway_requests_running: 0,
  cluster_connect_gateway_tunnels: TUNNELS,
  cluster_connect_gateway_clusters: 1,
  cluster_connect_agent_streams: 0,
  cluster_connect_agent_tunnels: TUNNELS,
};
/** Living objects then; none of every other class that is counted. */
const IDLE_INSTANCES: Readonly<Record<string, number>> = { Session: TUNNELS, TLSSocket: TUNNELS };
const POLL_MS = 500;

const sourceOf = (path: string): string => new URL(`../../../${path}`, import.meta.url).href;
const classOf = (path: string, name: string): CountedClass => ({ module: sourceOf(path), name });

const TUNNEL_CLASSES: readonly CountedClass[] = [
  classOf('tunnel/session.ts', 'Session'),
  classOf('tunnel/stream.ts', 'TunnelStream'),
  { module: 'node:tls', name: 'TLSSocket' },
];
const GATEWAY_CLASSES: readonly CountedClass[] = [
  ...TUNNEL_CLASSES,
  classOf('gateway/edge/carry.ts', 'Carry'),
  classOf('gateway/edge/http1-exchange.ts', 'Http1Exchange'),
  classOf('gateway/edge/http2-exchange.ts', 'Http2Exchange'),
  classOf('gateway/edge/upgrade-exchange.ts', 'UpgradeExchange'),
];
const AGENT_CLASSES: readonly CountedClass[] = [
  ...TUNNEL_CLASSES,
  classOf('relay-agent/plain-exchange.ts', 'PlainExchange'),
  classOf('relay-agent/upgrade-exchange.ts', 'UpgradeExchange'),
];

async function readLedger(relay: RelayProcesses, how: 'look' | 'collect'): Promise<Ledger> {
  // First, for who asks for the gauges has a connection too.
  const gateway = await relay.gateway.measure(how === 'look' ? [] : GATEWAY_CLASSES);
  const agent = await relay.agent.measure(how === 'look' ? [] : AGENT_CLASSES);
  const gauges: Record<string, number> = {};
  for (const name of Object.keys(IDLE_GAUGES)) gauges[name] = await relay.metric(name);
  return { gateway, agent, gauges };
}

/**
 * The ledger when nothing is carried any more and no connection is kept for later.
 * @throws Error with what is still there after `timeoutMs`
 */
export async function settledLedger(relay: RelayProcesses, timeoutMs: number): Promise<Ledger> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let left = whatIsLeft(await readLedger(relay, 'look'));
    if (left.length === 0) {
      const ledger = await readLedger(relay, 'collect');
      left = whatIsLeft(ledger);
      if (left.length === 0) return ledger;
    }
    if (performance.now() > deadline) throw new Error(`still there: ${left.join(', ')}`);
    await wait(POLL_MS);
  }
}

function whatIsLeft({ gauges, gateway, agent }: Ledger): string[] {
  const left: string[] = [];
  for (const [name, idle] of Object.entries(IDLE_GAUGES)) {
    if (gauges[name] !== idle) left.push(`${name} ${gauges[name]}`);
  }
  for (const [process, { instances, resources }] of Object.entries({ gateway, agent })) {
    const { TCPSocketWrap: sockets = 0 } = resources;
    if (sockets !== TUNNELS) left.push(`${process}: ${sockets} TCP sockets`);
    for (const [name, count] of Object.entries(instances)) {
      if (count !== (IDLE_INSTANCES[name] ?? 0)) left.push(`${process}: ${count} ${name}`);
    }
  }
  return left;
}

/** What may be more afterwards: the program itself warms up, and the allocator keeps what it once had. */
export const TOLERANCE = {
  DESCRIPTORS: 2,
  HEAP_BYTES: 4 * 1024 * 1024,
  EXTERNAL_BYTES: 2 * 1024 * 1024,
  // What the allocator keeps differs by tens of MiB from run to run; one TLS context lost in each round would be more.
  RSS_BYTES: 96 * 1024 * 1024,
} as const;

/** Every figure that grew by more than its tolerance, in words. */
export function growth(before: Ledger, after: Ledger): string[] {
  const grown: string[] = [];
  for (const process of ['gateway', 'agent'] as const) {
    const [from, to] = [before[process], after[process]];
    const check = (what: string, more: number, tolerated: number): void => {
      if (more > tolerated) grown.push(`${process}: ${what} grew by ${more}, over ${tolerated}`);
    };
    check('descriptors', to.descriptors - from.descriptors, TOLERANCE.DESCRIPTORS);
    check('heap', to.heapUsedBytes - from.heapUsedBytes, TOLERANCE.HEAP_BYTES);
    check('external', to.externalBytes - from.externalBytes, TOLERANCE.EXTERNAL_BYTES);
    check('RSS', to.rssBytes - from.rssBytes, TOLERANCE.RSS_BYTES);
  }
  return grown;
}

const MIB = 1024 * 1024;
const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(2)} MiB`;

/** Before and after, as a table for people. */
export function renderLedgers(before: Ledger, after: Ledger): string {
  const rows: string[] = [];
  const row = (name: string, from: string | number, to: string | number): void => {
    rows.push(`${name.padEnd(44)} ${String(from).padStart(12)} ${String(to).padStart(12)}`);
  };
  for (const name of Object.keys(IDLE_GAUGES))
    row(name, before.gauges[name] ?? NaN, after.gauges[name] ?? NaN);
  for (const process of ['gateway', 'agent'] as const) {
    const [from, to] = [before[process], after[process]];
    row(`${process}: descriptors`, from.descriptors, to.descriptors);
    row(`${process}: heap used`, inMib(from.heapUsedBytes), inMib(to.heapUsedBytes));
    row(`${process}: external`, inMib(from.externalBytes), inMib(to.externalBytes));
    row(`${process}: RSS`, inMib(from.rssBytes), inMib(to.rssBytes));
    for (const counts of ['instances', 'resources'] as const) {
      for (const name of new Set([...Object.keys(from[counts]), ...Object.keys(to[counts])])) {
        row(`${process}: ${name}`, from[counts][name] ?? 0, to[counts][name] ?? 0);
      }
    }
  }
  return rows.join('\n');
}
