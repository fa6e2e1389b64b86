// Compares what the lanes of one row printed, and writes the outcome for each transport into the test's record.
import { expect } from 'vitest';
import type { TestContext } from 'vitest';
import { isSame } from '../compare.ts';
import type { KubectlResult } from '../kubectl.ts';
import type { Lane, LaneGroup, RunRow } from './lanes.ts';
import { inLanes } from './lanes.ts';
import type { Expectation, Row } from './row.ts';
import { tally } from './tally.ts';

type Task = TestContext['task'];

/** An age in the output changes once a second: direct and relayed runs may each see another one. */
const STABLE_ATTEMPTS = 8;

/**
 * For a row that changes nothing: direct and relayed runs side by side. A relayed run must have printed what a direct
 * one did; it is done again only while the direct runs themselves print now this and now that, for then time passed.
 */
export async function judgeReading(
  task: Task,
  groups: readonly LaneGroup[],
  run: RunRow,
  row: Row,
): Promise<void> {
  let open = groups.map(({ direct, relayed }) => ({ direct, relayed, truths: emptyResults() }));
  for (let attempt = 1; open.length > 0; attempt += 1) {
    const lanes = open.flatMap(({ direct, relayed }) => [direct, ...relayed]);
    const results = await inLanes(lanes, (lane) => run(lane, row));
    const resultOf = (lane: Lane): KubectlResult => results[lanes.indexOf(lane)] ?? NEVER_RUN;
    open = open.flatMap((group) => {
      const { direct, relayed } = group;
      const latest = resultOf(direct);
      if (attempt === 1) expectShown(expectationOf(row, direct), latest);
      const truths = [...group.truths, latest];
      const isStill = attempt > 1 && truths.every((truth) => isSame(truth, latest));
      const waiting = relayed.filter((lane) => {
        const result = resultOf(lane);
        const truth = truths.find((candidate) => isSame(candidate, result));
        if (truth === undefined && !isKnown(row, lane) && !isStill && attempt < STABLE_ATTEMPTS) return true;
        judge(task, row, lane, truth ?? latest, result);
        return false;
      });
      return waiting.length === 0 ? [] : [{ direct, relayed: waiting, truths }];
    });
  }
}

/** For a row that writes: each lane has its own namespace, and does the same there. */
export async function judgeWriting(
  task: Task,
  groups: readonly LaneGroup[],
  run: RunRow,
  row: Row,
): Promise<void> {
  const lanes = groups.flatMap(({ direct, relayed }) => [direct, ...relayed]);
  const results = await inLanes(lanes, (lane) => run(lane, row));
  const resultOf = (lane: Lane): KubectlResult => results[lanes.indexOf(lane)] ?? NEVER_RUN;
  for (const { direct, relayed } of groups) {
    const truth = resultOf(direct);
    for (const lane of relayed) judge(task, row, lane, truth, resultOf(lane));
    expectShown(expectationOf(row, direct), truth);
  }
}

/** Equal to no result of a kubectl that ran. */
const NEVER_RUN: KubectlResult = { stdout: '', stderr: 'was not run', exitCode: -2 };

function emptyResults(): readonly KubectlResult[] {
  return [];
}

function judge(task: Task, row: Row, lane: Lane, truth: KubectlResult, result: KubectlResult): void {
  const { transport } = lane;
  const { known } = row;
  if (known !== undefined && isKnown(row, lane)) {
    tally(task, transport, { outcome: 'known', reason: known.reason });
    expect.soft(result, `over ${transport.name} it differs: ${known.reason}`).not.toEqual(truth);
    expectShown({ exitCode: truth.exitCode, ...known }, result);
    return;
  }
  tally(task, transport, { outcome: isSame(result, truth) ? 'equal' : 'differs' });
  expect.soft(result, `over ${transport.name}`).toEqual(truth);
}

function isKnown({ known }: Row, { transport }: Lane): boolean {
  return known?.on(transport) ?? false;
}

function expectationOf(row: Row, { transport }: Lane): Expectation {
  return transport.kubectl === 'old' ? (row.old ?? row) : row;
}

function expectShown({ exitCode = 0, shows }: Expectation, result: KubectlResult): void {
  expect.soft(result.stdout + result.stderr).toContain(shows);
  expect.soft(result.exitCode, result.stderr).toBe(exitCode);
}
