// One round: a transfer from cold until its rate is steady, and that rate.
import { setTimeout as delay } from 'node:timers/promises';
import { COLD_BYTES } from '../../apiserver/index.ts';
import type { Progress } from '../../apiserver/index.ts';
import type { Stage } from '../../requests/index.ts';
import type { RunningRoute } from '../../routes/index.ts';
import { besideTransfer } from '../../transfers/index.ts';
import type { TransferPlan, TransferRound } from '../../transfers/index.ts';

export interface FarPace {
  readonly growMs: number;
  readonly steadyMs: number;
}

export interface FarRound {
  readonly steadyMegabytesPerSecond: number;
  /** From the request until its first COLD_BYTES had arrived, or would have at the steady rate. */
  readonly coldMs: number;
  readonly transfer: TransferRound;
}

/** @throws Error when nothing arrives */
export async function measureFar(
  stage: Stage,
  route: RunningRoute,
  plan: TransferPlan,
  { growMs, steadyMs }: FarPace,
): Promise<FarRound> {
  const { looked, round } = await besideTransfer(stage, route, plan, async (progress, startedMs) => {
    await delay(growMs);
    const before = await progress();
    await delay(steadyMs);
    return { startedMs, before, after: await progress() };
  });
  const { startedMs, before, after } = looked;
  if (after.bytes === 0) throw new Error('nothing arrived');
  return {
    steadyMegabytesPerSecond: bytesPerMs(before, after) / 1000,
    coldMs: coldEndMs(startedMs, before, after) - startedMs,
    transfer: round,
  };
}

/** When the first COLD_BYTES had arrived; where they had not, when they would have at the last rate, or at the whole one. */
export function coldEndMs(startedMs: number, before: Progress, after: Progress): number {
  if (after.coldMs !== null) return after.coldMs;
  const whole = after.bytes / (after.atMs - startedMs);
  return after.atMs + (COLD_BYTES - after.bytes) / (bytesPerMs(before, after) || whole);
}

function bytesPerMs(before: Progress, after: Progress): number {
  return (after.bytes - before.bytes) / (after.atMs - before.atMs);
}
