// Rows that change nothing: through the relay they print byte for byte what they print without it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bindReader, createNamespace } from '../cluster-objects.ts';
import type { Relay } from '../relay-fixture.ts';
import { HTTP_1_1, HTTP_2, SPDY, TRANSPORTS } from '../transports.ts';
import { ERROR_ROWS, TOKEN_ROWS } from './error-rows.ts';
import { judgeReading } from './judge.ts';
import { laneGroups } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { ACTING_ROWS, GET_ROWS, LOOK_ROWS, RAW_ROWS, REQUEST_ROWS } from './reading-rows.ts';
import { bindActedReaders, createReadingWorld } from './reading-world.ts';
import { titled } from './row.ts';
import { startTable } from './start-table.ts';

const NAMESPACE_NAME = 'table-reading';
const GROUPS = laneGroups(
  TRANSPORTS.filter((transport) => transport !== SPDY),
  () => NAMESPACE_NAME,
);

let relay: Relay;
let run: RunRow;
beforeAll(async () => {
  ({ relay, run } = await startTable());
  await createNamespace(relay.admin, NAMESPACE_NAME);
  await createReadingWorld(relay.admin, NAMESPACE_NAME);
  await bindReader(relay.admin, NAMESPACE_NAME, relay.user('bob').objectId);
  await bindActedReaders(relay.admin, NAMESPACE_NAME);
});
afterAll(() => relay.close());

describe.each([
  ['get', GET_ROWS],
  ['looking closer', LOOK_ROWS],
  ['paths of the apiserver', RAW_ROWS],
  ['acting as somebody else', ACTING_ROWS],
  ['an error', ERROR_ROWS],
  ['a token that nobody issued', TOKEN_ROWS],
  ['the requests that kubectl makes', REQUEST_ROWS],
])('%s, through the relay as without it', (_, rows) => {
  test.for(titled(rows))('%s', async ([, row], { task }) => {
    await judgeReading(task, GROUPS, run, row);
  });
});

test.each([
  [HTTP_2, true],
  [HTTP_1_1, false],
])('a client over $name speaks that version to the gateway', async (transport, isHttp2) => {
  const options = { environment: { GODEBUG: 'http2debug=1' } };
  const { stderr } = await relay
    .kubectlOf('alice', transport)
    .relayed.run(['get', '--raw', '/version'], options);
  expect(stderr.includes('http2: Transport')).toBe(isHttp2);
});
