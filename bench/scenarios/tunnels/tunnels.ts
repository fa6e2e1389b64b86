// 10,000 idle tunnels on one gateway: what each holds in memory, what their heartbeats cost, and how long it takes until all
// of them are back when the gateway was killed.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { figure, openFilesFor, targetAtMost } from '../../measure/index.ts';
import type { Check, Figure, Target } from '../../measure/index.ts';
import type { ProcessMemory } from '../../processes/index.ts';
import type { RunContext, Scenario, ScenarioOutcome } from '../../scenario.ts';
import { openHarbour } from './harbour.ts';
import type { CameUp, Harbour } from './harbour.ts';

interface TunnelPlan {
  readonly tunnels: number;
  /** The gateway is killed so often. */
  readonly rounds: number;
  /** With heartbeats every 10 s from both ends. */
  readonly idleMs: number;
  readonly askedClusters: number;
}

export interface MeasuredTunnels {
  readonly memoryBytes: number;
  readonly heapBytes: number;
  /** Of the gateway while nothing but heartbeats passes. */
  readonly idleCpuUs: number;
  readonly idleMs: number;
  readonly cold: CameUp;
  readonly restarts: readonly Restart[];
}

interface Restart extends CameUp {
  /** Of the new gateway, from its start to the last tunnel. */
  readonly cpuUs: number;
  /** More than the first gateway held before it had tunnels. */
  readonly memoryBytes: number;
  readonly tunnels: number;
  readonly answering: number;
}

const PLAN: TunnelPlan = { tunnels: 10_000, rounds: 3, idleMs: 20_000, askedClusters: 100 };
const QUICK_PLAN: TunnelPlan = { tunnels: 500, rounds: 1, idleMs: 1000, askedClusters: 10 };
const WARM_UP_TUNNELS = 200;
/** A gateway that was just left by its tunnels still closes them. */
const SETTLE_MS = 1000;
/** 1 KB = 1000 bytes. */
const KILOBYTE = 1000;
const MAX_TUNNEL_KILOBYTES = 60;
const MAX_BACK_SECONDS = 20;
const NOTES: readonly string[] = [
  'Memory is the resident memory of the gateway with all tunnels idle, less that before, both after a full garbage collection, divided by their number; 1 KB = 1000 bytes.',
  'At first the agents come up 100 at a time in each of two processes, as in a rollout; after the restart all that the backoff brings. Then a tunnel takes more memory: what many handshakes at once need lies between what stays, and the C library gives it back late.',
  'Each tunnel is of a cluster of its own with a key of its own. The two processes hold the agents’ side, with the relay-agent’s own keeper of a tunnel: its dialling, its heartbeats, its backoff. They share the machine with the gateway, and their half of a handshake costs about as much.',
  'The gateway is ended by SIGKILL and started again on the same port with the same data; the time is from its end to the last tunnel, with the start of the gateway in it.',
];

export const TUNNELS_SCENARIO: Scenario = {
  name: 'tunnels',
  title: '10,000 idle tunnels on one gateway, and all of them coming back after it was killed',
  run: runScenario,
};

async function runScenario(context: RunContext): Promise<ScenarioOutcome> {
  const basis = context.quick ? QUICK_PLAN : PLAN;
  const tunnels = openFilesFor(basis.tunnels);
  const plan = { ...basis, tunnels, rounds: context.rounds ?? basis.rounds };
  await using harbour = await openHarbour(tunnels, context.signal);
  const measured = await measure(harbour, plan, context);
  const figures = figuresOf(plan.tunnels, measured);
  return {
    settings: { ...plan, fleets: 'bench/fleet: the relay-agent’s tunnel keepers, two processes' },
    versions: { relay: `Node ${process.version}` },
    figures,
    comparisons: [],
    targets: context.quick ? [] : targetsOf(figures),
    absent: [],
    checks: checksOf(plan, measured),
    notes: [
      ...NOTES,
      ...(tunnels < basis.tunnels
        ? [`Only ${tunnels} tunnels: a process of this machine may not open more files.`]
        : []),
    ],
  };
}

async function measure(
  harbour: Harbour,
  plan: TunnelPlan,
  { say, signal, profileDir }: RunContext,
): Promise<MeasuredTunnels> {
  if (profileDir !== undefined) await mkdir(profileDir, { recursive: true });
  await harbour.warmUp(Math.min(WARM_UP_TUNNELS, plan.tunnels));
  await delay(SETTLE_MS, undefined, { signal });
  const before = await harbour.gateway.memory({ collect: true });
  say(`  ${plan.tunnels} tunnels come up`);
  const finish = profileDir === undefined ? undefined : await harbour.gateway.profile();
  const cold = await harbour.launch();
  await finish?.(join(profileDir ?? '', 'up.gateway.cpuprofile'));
  say(`  all up after ${seconds(cold.lastMs)} s; idle for ${seconds(plan.idleMs)} s`);
  await delay(SETTLE_MS, undefined, { signal });
  const cpuBefore = await harbour.gateway.cpuUs();
  const idleSinceMs = performance.now();
  await delay(plan.idleMs, undefined, { signal });
  const idleCpuUs = (await harbour.gateway.cpuUs()) - cpuBefore;
  const idleMs = performance.now() - idleSinceMs;
  const after = await harbour.gateway.memory({ collect: true });
  const restarts: Restart[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    signal.throwIfAborted();
    const restart = await harbour.restart();
    const cpuUs = await harbour.gateway.cpuUs();
    const { rssBytes } = await harbour.gateway.memory({ collect: true });
    restarts.push({
      ...restart,
      cpuUs,
      memoryBytes: rssBytes - before.rssBytes,
      tunnels: await harbour.tunnels(),
      answering: await harbour.answering(plan.askedClusters),
    });
    say(`  killed and started again: all back after ${seconds(restart.lastMs)} s`);
  }
  return {
    memoryBytes: after.rssBytes - before.rssBytes,
    heapBytes: knownBytes(after) - knownBytes(before),
    idleCpuUs,
    idleMs,
    cold,
    restarts,
  };
}

export function figuresOf(tunnels: number, measured: MeasuredTunnels): readonly Figure[] {
  const { memoryBytes, heapBytes, idleCpuUs, idleMs, cold, restarts } = measured;
  const of = (name: string, unit: string, values: readonly number[]): Figure =>
    figure(name, unit, false, values);
  return [
    of('idle.relay.memory.gateway', 'KB/tunnel', [memoryBytes / tunnels / KILOBYTE]),
    of('idle.relay.heap.gateway', 'KB/tunnel', [heapBytes / tunnels / KILOBYTE]),
    of('idle.relay.cpu.gateway', 'ms/s', [idleCpuUs / idleMs]),
    of('cold.relay.last', 's', [cold.lastMs / 1000]),
    ...(restarts.length === 0
      ? []
      : [
          of(
            'restart.relay.median',
            's',
            restarts.map(({ medianMs }) => medianMs / 1000),
          ),
          of(
            'restart.relay.last',
            's',
            restarts.map(({ lastMs }) => lastMs / 1000),
          ),
          of(
            'restart.relay.cpu.gateway',
            'ms/tunnel',
            restarts.map(({ cpuUs }) => cpuUs / 1000 / tunnels),
          ),
          of(
            'restart.relay.memory.gateway',
            'KB/tunnel',
            restarts.map((restart) => restart.memoryBytes / tunnels / KILOBYTE),
          ),
          of(
            'restart.relay.failed-dials',
            'dials/tunnel',
            restarts.map(({ failedDials }) => totalOf(failedDials) / tunnels),
          ),
        ]),
  ];
}

/** Those of issue "Faster than every peer". */
export function targetsOf(figures: readonly Figure[]): readonly Target[] {
  const bounds = [
    { name: 'idle.relay.memory.gateway', bound: MAX_TUNNEL_KILOBYTES },
    { name: 'restart.relay.last', bound: MAX_BACK_SECONDS },
  ];
  return bounds.flatMap(({ name, bound }) =>
    figures
      .filter((one) => one.name === name)
      .map(({ value, unit }) => targetAtMost(name, value, bound, unit)),
  );
}

function checksOf({ tunnels, askedClusters }: TunnelPlan, { restarts }: MeasuredTunnels): readonly Check[] {
  return restarts.flatMap((restart, index) => [
    {
      name: `restart ${index + 1}: every tunnel came back`,
      passed: restart.tunnels === tunnels,
      detail: `${restart.tunnels} of ${tunnels}; dials that failed on the way: ${failuresText(restart.failedDials)}`,
    },
    {
      name: `restart ${index + 1}: the tunnels carry requests`,
      passed: restart.answering === Math.min(askedClusters, tunnels),
      detail: `${restart.answering} of ${Math.min(askedClusters, tunnels)} clusters answered`,
    },
  ]);
}

function failuresText(failedDials: Readonly<Record<string, number>>): string {
  const parts = Object.entries(failedDials).map(([code, count]) => `${count} × ${code}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function totalOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function knownBytes({ heapUsedBytes, externalBytes }: ProcessMemory): number {
  return heapUsedBytes + externalBytes;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
