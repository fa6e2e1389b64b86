// Many rounds by a few clients at once, and what gateway and agent hold before and after them.
import type { RelayProcesses } from '../processes/relay-processes.ts';
import { renderLedgers, settledLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { createRandom } from './random.ts';
import { RoundClient } from './rounds.ts';
import type { LeakPaths, RoundTarget } from './rounds.ts';

export interface RoundsOptions {
  readonly paths: LeakPaths;
  /** Before the first measurement: code is compiled, pools and caches fill. */
  readonly warmUpRounds: number;
  readonly rounds: number;
  readonly seed: number;
  /** How long connections may be kept after the last round, by whoever keeps one for later. */
  readonly settleTimeoutMs: number;
}

export interface RoundsResult {
  readonly before: Ledger;
  readonly after: Ledger;
  /** Both as a table for people. */
  readonly report: string;
}

const CLIENTS = 4;

/** @throws Error when an answer is wrong, or when something of a round stays */
export async function runRounds(relay: RelayProcesses, options: RoundsOptions): Promise<RoundsResult> {
  const { rounds, warmUpRounds, seed, settleTimeoutMs } = options;
  const target = targetOf(relay, options.paths);
  await makeRounds(target, warmUpRounds, seed);
  const before = await settledLedger(relay, settleTimeoutMs);
  await makeRounds(target, rounds, seed + CLIENTS);
  const after = await settledLedger(relay, settleTimeoutMs);
  return { before, after, report: `${rounds} rounds, seed ${seed}\n${renderLedgers(before, after)}` };
}

export function targetOf({ port, caPem, entra }: RelayProcesses, paths: LeakPaths): RoundTarget {
  return {
    port,
    caPem,
    paths,
    token: entra.issueToken({ user: 'alice' }),
    strangersToken: entra.issueToken({ user: 'mallory' }),
  };
}

/** @throws Error when an answer is wrong */
export async function makeRounds(target: RoundTarget, rounds: number, seed: number): Promise<void> {
  let left = rounds;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const client = new RoundClient(target, createRandom(seed + index));
      try {
        while (left > 0) {
          left -= 1;
          await client.round();
        }
      } finally {
        client.close();
      }
    }),
  );
}
