// Rows that write: the same sequence in a namespace for each lane prints the same in all of them, and leaves the same.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bindClusterAdmin, createNamespace } from '../cluster-objects.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { SPDY, TRANSPORTS } from '../transports.ts';
import { judgeWriting } from './judge.ts';
import { createRowRunner, laneGroups } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { CERTIFICATE_ROWS, DELETE_ROWS, NODE_ROWS, ROLLOUT_ROWS } from './operating-rows.ts';
import { createWidgetType, writeFiles } from './reading-world.ts';
import { titled } from './row.ts';
import { APPLY_ROWS, CREATE_ROWS } from './writing-rows.ts';

const GROUPS = laneGroups(
  TRANSPORTS.filter((transport) => transport !== SPDY),
  (number) => `table-writing-${number}`,
);

let relay: Relay;
let run: RunRow;
beforeAll(async () => {
  relay = await startRelay();
  await createWidgetType(relay.admin);
  for (const { direct, relayed } of GROUPS) {
    for (const { namespace } of [direct, ...relayed]) await createNamespace(relay.admin, namespace);
  }
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  const directory = mkdtempSync(join(relay.directory, 'files-'));
  writeFiles(directory);
  run = createRowRunner(relay, directory);
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
