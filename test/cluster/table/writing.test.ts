// Rows that write: the same sequence in a namespace for each lane prints the same in all of them, and leaves the same.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createNamespace } from '../cluster-objects.ts';
import type { Relay } from '../relay-fixture.ts';
import { SPDY, TRANSPORTS } from '../transports.ts';
import { judgeWriting } from './judge.ts';
import { laneGroups } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { CERTIFICATE_ROWS, DELETE_ROWS, NODE_ROWS, ROLLOUT_ROWS } from './operating-rows.ts';
import { createWidgetType } from './reading-world.ts';
import { titled } from './row.ts';
import { startTable } from './start-table.ts';
import { APPLY_ROWS, CREATE_ROWS } from './writing-rows.ts';

const GROUPS = laneGroups(
  TRANSPORTS.filter((transport) => transport !== SPDY),
  (number) => `table-writing-${number}`,
);

let relay: Relay;
let run: RunRow;
beforeAll(async () => {
  ({ relay, run } = await startTable());
  await createWidgetType(relay.admin);
  for (const { direct, relayed } of GROUPS) {
    for (const { namespace } of [direct, ...relayed]) await createNamespace(relay.admin, namespace);
  }
});
afterAll(() => relay.close());

describe.each([
  ['create and run', CREATE_ROWS],
  ['apply, patch, edit and set', APPLY_ROWS],
  ['rollout', ROLLOUT_ROWS],
  ['certificate', CERTIFICATE_ROWS],
  ['nodes', NODE_ROWS],
  ['delete and wait', DELETE_ROWS],
])('%s, through the relay as without it', (_, rows) => {
  test.for(titled(rows))('%s', async ([, row], { task }) => {
    await judgeWriting(task, GROUPS, run, row);
  });
});
