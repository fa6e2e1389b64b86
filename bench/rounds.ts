// Runs the targets of one case in turn, round for round, so that whatever disturbs the machine disturbs all of them.
import { join } from 'node:path';
import { z } from 'zod';
import { answerBody, sightingsSchema } from './apiserver/index.ts';
import type { Sightings } from './apiserver/index.ts';
import { PARTS } from './bed.ts';
import type { Bed, Part, TargetAddress, TargetName } from './bed.ts';
import { roundSchema } from './load/index.ts';
import type { LoadSpec, Round } from './load/index.ts';

export interface Case {
  readonly name: string;
  readonly protocol: 'http1' | 'http2';
  readonly connections: number;
  readonly streams: number;
}

export interface Pace {
  readonly rounds: number;
  /** Once for each target, so that its code is compiled. */
  readonly warmUpMs: number;
  /** Before each round, so that its connections are in use. */
  readonly settleMs: number;
  readonly roundMs: number;
}

export interface MeasuredRound {
  readonly load: Round;
  /** Microseconds of each process for each request. */
  readonly cpuUs: Readonly<Record<Part, number>>;
  readonly sightings: Sightings;
  readonly agentReconnects: number;
}

export interface MeasuredTarget {
  readonly case: Case;
  readonly target: TargetName;
  readonly rounds: readonly MeasuredRound[];
}

export interface RunOptions {
  readonly bed: Bed;
  readonly client: LoadSpec['client'];
  readonly pace: Pace;
  readonly targets: readonly TargetName[];
  /** Where gateway and agent leave a CPU profile of the relay's last round; none when undefined. */
  readonly profileDir: string | undefined;
}

const PATH = '/api/v1/namespaces/default/configmaps/bench';

/** Only the targets that speak the case's protocol. */
export async function runCase(benchCase: Case, options: RunOptions): Promise<readonly MeasuredTarget[]> {
  const { bed, pace } = options;
  const measured = options.targets.flatMap((target) => {
    const address = bed.address(target, benchCase.protocol);
    return address === undefined
      ? []
      : [{ target, spec: loadSpec(benchCase, address, options), rounds: [] as MeasuredRound[] }];
  });
  for (const { spec } of measured) {
    // Always by the light client: autocannon counts a first answer that has to wait for the identity provider's keys as lost.
    await runRound(bed, { ...spec, client: 'light' }, pace.warmUpMs, 0, undefined);
  }
  for (let round = 0; round < pace.rounds; round += 1) {
    for (let turn = 0; turn < measured.length; turn += 1) {
      // Another one begins each round: none always runs after the same neighbour.
      const next = measured[(round + turn) % measured.length];
      if (next === undefined) continue;
      const isProfiled =
        options.profileDir !== undefined && next.target === 'relay' && round === pace.rounds - 1;
      const profileTo = isProfiled ? join(options.profileDir, benchCase.name) : undefined;
      next.rounds.push(await runRound(bed, next.spec, pace.roundMs, pace.settleMs, profileTo));
    }
  }
  return measured.map(({ target, rounds }) => ({ case: benchCase, target, rounds }));
}

async function runRound(
  bed: Bed,
  spec: LoadSpec,
  roundMs: number,
  settleMs: number,
  profileTo: string | undefined,
): Promise<MeasuredRound> {
  const { load, gateway, apiserver, agent } = bed.children;
  await load.call('open', spec, z.null());
  if (settleMs > 0) await load.call('run', { durationMs: settleMs }, roundSchema);
  await apiserver.call('sightings', null, sightingsSchema);
  const profiled = profileTo === undefined ? [] : [gateway, agent];
  const profiles = await Promise.all(
    profiled.map(async (child) => ({ name: child.name, finish: await child.profile() })),
  );
  const before = await cpuOfAll(bed);
  const round = await load.call('run', { durationMs: roundMs }, roundSchema);
  const after = await cpuOfAll(bed);
  for (const { name, finish } of profiles) await finish(`${profileTo}.${name}.cpuprofile`);
  const sightings = await apiserver.call('sightings', null, sightingsSchema);
  await load.call('close', null, z.null());
  const perRequest = (part: Part): number =>
    // The load's own clock ends before it sorts what it has measured.
    (part === 'load' ? round.cpuUs : after[part] - before[part]) / round.requests;
  return {
    load: round,
    cpuUs: byPart(perRequest),
    sightings,
    agentReconnects: await agent.call('reconnects', null, z.int()),
  };
}

async function cpuOfAll(bed: Bed): Promise<Record<Part, number>> {
  const values = await Promise.all(PARTS.map((part) => bed.children[part].cpuUs()));
  return byPart((part) => values[PARTS.indexOf(part)] ?? 0);
}

function byPart(value: (part: Part) => number): Record<Part, number> {
  return {
    load: value('load'),
    gateway: value('gateway'),
    agent: value('agent'),
    'http-proxy': value('http-proxy'),
    apiserver: value('apiserver'),
  };
}

function loadSpec(
  { protocol, connections, streams }: Case,
  address: TargetAddress,
  { bed, client }: RunOptions,
): LoadSpec {
  return {
    client,
    protocol,
    connections,
    streams,
    ...address,
    path: PATH,
    // As kubectl sends them.
    headers: [
      'accept',
      'application/json',
      'accept-encoding',
      'gzip',
      'authorization',
      `Bearer ${bed.token}`,
      'user-agent',
      'kubectl/v1.34.0 (linux/amd64) kubernetes/f28b4c9',
    ],
    expectedBody: answerBody(),
  };
}
