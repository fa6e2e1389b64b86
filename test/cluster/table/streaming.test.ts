// Rows whose answer is a stream, and refusals in place of one: over WebSocket, over SPDY, and over an old kubectl's SPDY.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { bindReader, createNamespace, createWorkloads } from '../cluster-objects.ts';
import { startPod } from '../kubelet/index.ts';
import type { Relay } from '../relay-fixture.ts';
import { TRANSPORTS } from '../transports.ts';
import { UPGRADE_ERROR_ROWS } from './error-rows.ts';
import { judgeReading } from './judge.ts';
import { laneGroups } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { titled } from './row.ts';
import { startTable } from './start-table.ts';
import { COPY_ROWS, EXEC_ROWS, LOG_ROWS, LOG_TIME } from './stream-rows.ts';

const NAMESPACE_NAME = 'table-streaming';
const GROUPS = laneGroups(TRANSPORTS, () => NAMESPACE_NAME);

let relay: Relay;
let run: RunRow;
beforeAll(async () => {
  ({ relay, run } = await startTable());
  await createNamespace(relay.admin, NAMESPACE_NAME);
  await createWorkloads(relay.admin, NAMESPACE_NAME);
  await bindReader(relay.admin, NAMESPACE_NAME, relay.user('bob').objectId);
  const pod = await startPod(relay.admin, {
    namespace: NAMESPACE_NAME,
    name: 'runner',
    labels: { app: 'runner' },
    containers: ['main', 'side'],
  });
  pod.print(['line 1', 'line 2', 'Grüße, 世界'], { time: LOG_TIME });
  pod.print('from the side', { container: 'side', time: LOG_TIME });
  pod.printPrevious('before the restart', { time: LOG_TIME });
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
