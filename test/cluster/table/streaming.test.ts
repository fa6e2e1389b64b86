// Rows whose answer is a stream, and refusals in place of one: over WebSocket, over SPDY, and over an old kubectl's SPDY.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bindClusterAdmin, bindReader, createNamespace, createWorkloads } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { TRANSPORTS } from '../transports.ts';
import { UPGRADE_ERROR_ROWS } from './error-rows.ts';
import { judgeReading } from './judge.ts';
import { createRowRunner, laneGroups } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { writeFiles } from './reading-world.ts';
import { titled } from './row.ts';
import { COPY_ROWS, EXEC_ROWS, LOG_ROWS, LOG_TIME } from './stream-rows.ts';

const NAMESPACE_NAME = 'table-streaming';
const GROUPS = laneGroups(TRANSPORTS, () => NAMESPACE_NAME);

let relay: Relay;
let run: RunRow;
beforeAll(async () => {
  relay = await startRelay();
  await createNamespace(relay.admin, NAMESPACE_NAME);
  await createWorkloads(relay.admin, NAMESPACE_NAME);
  await bindReader(relay.admin, NAMESPACE_NAME, relay.user('bob').objectId);
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  const pod = await startPod(relay.admin, {
    namespace: NAMESPACE_NAME,
    name: 'runner',
    labels: { app: 'runner' },
    containers: ['main', 'side'],
  });
  pod.print(['line 1', 'line 2', 'Grüße, 世界'], { time: LOG_TIME });
  pod.print('from the side', { container: 'side', time: LOG_TIME });
  pod.printPrevious('before the restart', { time: LOG_TIME });
  const directory = mkdtempSync(join(relay.directory, 'files-'));
  writeFiles(directory);
  run = createRowRunner(relay, directory);
});
afterAll(() => relay.close());

describe.each([
  ['logs', LOG_ROWS],
  ['exec', EXEC_ROWS],
  ['cp', COPY_ROWS],
  ['a refusal in place of a stream', UPGRADE_ERROR_ROWS],
])('%s, through the relay as without it', (_, rows) => {
  test.for(titled(rows))('%s', async ([, row], { task }) => {
    await judgeReading(task, GROUPS, run, row);
  });
});
