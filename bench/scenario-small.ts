// Small answers: where the cost of each request shows, and nothing else.
import { mkdir } from 'node:fs/promises';
import { startBed } from './bed.ts';
import { comparisonsOf, figuresOf, targetsOf } from './figures.ts';
import { clientNameOf } from './load/index.ts';
import { describeMachine } from './machine.ts';
import { UsageError } from './options.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResult } from './result-file.ts';
import { runCase } from './rounds.ts';
import type { Case, MeasuredTarget, Pace } from './rounds.ts';
import { verifyTarget } from './verification.ts';

export const SMALL_CASES: readonly Case[] = [
  { name: 'http1-32', protocol: 'http1', connections: 32, streams: 1 },
  { name: 'http1-1', protocol: 'http1', connections: 1, streams: 1 },
  { name: 'http2-32', protocol: 'http2', connections: 32, streams: 1 },
  { name: 'http2-1', protocol: 'http2', connections: 1, streams: 1 },
  // As one client with many requests has it: client-go shares one connection.
  { name: 'http2-1x32', protocol: 'http2', connections: 1, streams: 32 },
];

const PACE: Pace = { rounds: 5, warmUpMs: 3000, settleMs: 1500, roundMs: 1500 };
const QUICK_PACE: Pace = { rounds: 5, warmUpMs: 800, settleMs: 100, roundMs: 400 };

export interface SmallRun {
  readonly measured: readonly MeasuredTarget[];
  readonly result: BenchResult;
}

/**
 * @param say tells how far the run is
 * @throws UsageError for a case that does not exist; Error when a process fails or an answer stays away
 */
export async function runSmall(options: BenchOptions, say: (line: string) => void): Promise<SmallRun> {
  const cases = casesNamed(options.cases);
  const basis = options.quick ? QUICK_PACE : PACE;
  const pace = { ...basis, rounds: options.rounds ?? basis.rounds };
  if (options.profileDir !== undefined) await mkdir(options.profileDir, { recursive: true });
  const startedAt = new Date().toISOString();
  const machine = await describeMachine();
  say(
    `${machine.cpuModel}, ${machine.cpuCount} CPUs, Node ${machine.node}, load average ${machine.loadAverage}`,
  );

  await using bed = await startBed();
  say(
    `a token of ${bed.token.length} bytes (${bed.groupCount} groups), answers of 2048 bytes, TLS on every hop`,
  );
  // Whoever interrupts gets an error from the load that ended, and everything is taken down on the way out.
  const interrupt = (): void => void bed.children.load.stop();
  using signals = new DisposableStack();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, interrupt);
    signals.defer(() => process.off(signal, interrupt));
  }
  const measured: MeasuredTarget[] = [];
  for (const benchCase of cases) {
    const { client, targets, profileDir } = options;
    const { name, protocol, connections, streams } = benchCase;
    const shape = `${connections} connection(s), ${streams} request(s) on each`;
    say(`${name}: ${shape}; load by ${clientNameOf({ client, protocol })}`);
    measured.push(...(await runCase(benchCase, { bed, client, pace, targets, profileDir })));
  }

  const comparisons = comparisonsOf(measured);
  const checks = measured.flatMap((target) =>
    verifyTarget(target, {
      countsEveryRequest: options.client === 'light' || target.case.protocol === 'http2',
    }),
  );
  return {
    measured,
    result: {
      bench: 'small',
      startedAt,
      machine,
      settings: {
        ...pace,
        http1Client: clientNameOf({ client: options.client, protocol: 'http1' }),
        http2Client: clientNameOf({ client: options.client, protocol: 'http2' }),
        tokenBytes: bed.token.length,
        tokenGroups: bed.groupCount,
        answerBytes: 2048,
      },
      figures: measured.flatMap(figuresOf),
      comparisons,
      targets: targetsOf(comparisons),
      verification: { passed: checks.every(({ passed }) => passed), checks },
    },
  };
}

function casesNamed(names: readonly string[]): readonly Case[] {
  if (names.length === 0) return SMALL_CASES;
  return names.map((name) => {
    const found = SMALL_CASES.find((candidate) => candidate.name === name);
    if (found === undefined) {
      throw new UsageError(`--case is one of: ${SMALL_CASES.map((one) => one.name).join(', ')}`);
    }
    return found;
  });
}
