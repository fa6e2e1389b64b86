// One round: bulk grows, then requests are timed while it goes on.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { answerBody, SMALL_PATH } from '../../apiserver/index.ts';
import { roundSchema } from '../../load/index.ts';
import type { LoadSpec, Round } from '../../load/index.ts';
import type { Check } from '../../measure/index.ts';
import type { Child } from '../../processes/index.ts';
import type { Stage } from '../../requests/index.ts';
import type { RunningRoute } from '../../routes/index.ts';
import { besideTransfer } from '../../transfers/index.ts';
import type { TransferPlan, TransferRound } from '../../transfers/index.ts';

export interface BesidePace {
  /** The bulk alone, until its windows have grown. */
  readonly growMs: number;
  readonly requestsMs: number;
}

export interface BesideRound {
  readonly requests: Round;
  /** While the requests ran. */
  readonly bulkMegabytesPerSecond: number;
  readonly transfer: TransferRound;
}

/** @param asker the process of the requests */
export async function measureBeside(
  stage: Stage,
  asker: Child,
  route: RunningRoute,
  plan: TransferPlan,
  { growMs, requestsMs }: BesidePace,
): Promise<BesideRound> {
  try {
    await asker.call('open', specOf(stage, route), z.null());
    const { looked, round } = await besideTransfer(stage, route, plan, async (progress) => {
      await delay(growMs);
      const before = await progress();
      const requests = await asker.call('run', { durationMs: requestsMs }, roundSchema);
      const after = await progress();
      return { requests, rate: (after.bytes - before.bytes) / (after.atMs - before.atMs) / 1000 };
    });
    return { requests: looked.requests, bulkMegabytesPerSecond: looked.rate, transfer: round };
  } finally {
    await asker.call('close', null, z.null()).catch(() => undefined);
  }
}

export function interactiveChecks(where: string, rounds: readonly BesideRound[]): readonly Check[] {
  const sum = (value: (round: BesideRound) => number): number =>
    rounds.reduce((total, round) => total + value(round), 0);
  const answers = sum(({ requests }) => requests.requests);
  const wrong = sum(({ requests }) => requests.wrongAnswers + requests.wrongBodies);
  return [
    {
      name: `${where}: every answer beside the bulk was right`,
      passed: answers > 0 && wrong === 0,
      detail: `${wrong} of ${answers} wrong`,
    },
    {
      name: `${where}: the bulk went on while the requests ran`,
      passed: rounds.every(({ bulkMegabytesPerSecond }) => bulkMegabytesPerSecond > 0),
      detail: `${Math.min(...rounds.map((round) => round.bulkMegabytesPerSecond)).toFixed(1)} MB/s at least`,
    },
  ];
}

function specOf(stage: Stage, route: RunningRoute): LoadSpec {
  const address = route.address('http1');
  if (address === undefined) throw new TypeError(`the route ${route.info.name} does not speak HTTP/1.1`);
  return {
    client: 'light',
    protocol: 'http1',
    connecting: 'kept',
    connections: 1,
    streams: 1,
    ...address,
    path: SMALL_PATH,
    headers: [...stage.headers],
    expectedBody: answerBody(),
  };
}
