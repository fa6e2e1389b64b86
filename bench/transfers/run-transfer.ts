// One bulk transfer by one route: to its end, or for as long as someone looks.
import { z } from 'zod';
import { progressSchema, sightingsSchema } from '../apiserver/index.ts';
import type { Progress } from '../apiserver/index.ts';
import { transferResultSchema } from '../load/index.ts';
import type { TransferResult, TransferSpec } from '../load/index.ts';
import { beginCpuAccount, reconnectsOf } from '../requests/index.ts';
import type { RequestRound, Stage } from '../requests/index.ts';
import type { RunningRoute } from '../routes/index.ts';

export type TransferPlan = Pick<TransferSpec, 'direction' | 'connections' | 'bytesEach'>;

export interface TransferRound extends Pick<RequestRound, 'sightings' | 'reconnects'> {
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Microseconds for each megabyte (10^6 bytes), by process. */
  readonly cpuUs: Readonly<Record<string, number>>;
  readonly ended: number;
  /** Transfers that were not what they had to be, at either end. */
  readonly wrong: number;
}

const BYTES_PER_MEGABYTE = 1e6;

/** @throws Error when the route breaks it off */
export async function wholeTransfer(
  stage: Stage,
  route: RunningRoute,
  plan: TransferPlan,
): Promise<TransferRound> {
  const { load, apiserver } = stage;
  await prepare(stage);
  const account = beginCpuAccount([
    { name: 'load', pid: load.pid },
    { name: 'apiserver', pid: apiserver.pid },
    ...route.processes,
  ]);
  try {
    await load.call('transfer-start', specOf(stage, route, plan), z.number());
    const result = await load.call('transfer-result', null, transferResultSchema);
    const used = account();
    return await roundOf(stage, route, plan, result, used);
  } catch (error) {
    await load.call('transfer-cut', null, z.unknown()).catch(() => undefined);
    throw error;
  }
}

/**
 * Runs a transfer for as long as `look` takes, then ends it.
 * @param look may ask how far the transfer is, at the end where the bytes arrive; gets when its request was sent
 * @throws Error when the route breaks it off before
 */
export async function besideTransfer<T>(
  stage: Stage,
  route: RunningRoute,
  plan: TransferPlan,
  look: (progress: () => Promise<Progress>, startedMs: number) => Promise<T>,
): Promise<{ readonly looked: T; readonly round: TransferRound }> {
  const { load } = stage;
  await prepare(stage);
  const account = beginCpuAccount([
    { name: 'load', pid: load.pid },
    { name: 'apiserver', pid: stage.apiserver.pid },
    ...route.processes,
  ]);
  try {
    const startedMs = await load.call('transfer-start', specOf(stage, route, plan), z.number());
    const looked = await look(() => progressOf(stage, plan), startedMs);
    const used = account();
    const result = await load.call('transfer-cut', null, transferResultSchema);
    return { looked, round: await roundOf(stage, route, plan, result, used) };
  } catch (error) {
    await load.call('transfer-cut', null, z.unknown()).catch(() => undefined);
    throw error;
  }
}

async function prepare({ apiserver }: Stage): Promise<void> {
  await apiserver.call('sightings', null, sightingsSchema);
  await apiserver.call('intake-reset', null, z.null());
}

/** Where the bytes arrive: only there is it known that they have passed. */
function progressOf({ load, apiserver }: Stage, { direction }: TransferPlan): Promise<Progress> {
  return direction === 'download'
    ? load.call('transfer-progress', null, progressSchema)
    : apiserver.call('intake', null, progressSchema);
}

async function roundOf(
  stage: Stage,
  route: RunningRoute,
  plan: TransferPlan,
  result: TransferResult,
  used: Readonly<Record<string, number>>,
): Promise<TransferRound> {
  const arrived = await progressOf(stage, plan);
  const megabytes = arrived.bytes / BYTES_PER_MEGABYTE;
  return {
    bytes: arrived.bytes,
    elapsedMs: result.endedMs - result.startedMs,
    cpuUs: Object.fromEntries(Object.entries(used).map(([name, us]) => [name, us / megabytes])),
    ended: result.ended,
    wrong: Math.max(result.wrong, arrived.wrong),
    sightings: await stage.apiserver.call('sightings', null, sightingsSchema),
    reconnects: await reconnectsOf(route),
  };
}

function specOf(stage: Stage, route: RunningRoute, plan: TransferPlan): TransferSpec {
  const address = route.address('http1');
  if (address === undefined) throw new TypeError(`the route ${route.info.name} does not speak HTTP/1.1`);
  return { ...plan, ...address, headers: [...stage.headers] };
}
