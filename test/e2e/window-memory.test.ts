// Memory of the gateway for answers that nobody reads: bounded for one tunnel by SPEC §5.6, for all of them by the gateway's own limit.
import { expect, it } from 'vitest';
import { encodeAnswerHead } from '../../http/index.ts';
import { Session } from '../../tunnel/index.ts';
import type { StreamHandler, Transport, TunnelStream } from '../../tunnel/index.ts';
import { assertionOf, dialAs } from '../support/fake-agent.ts';
import { open } from '../support/http-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const FIRST_WINDOW_BYTES = 64 * 1024;
const ANSWER_BYTES = 512 * 1024;
// An agent can make its round trip look as long as it likes, and with it the windows that it is given.
const PRETENDED_ROUND_TRIP_MS = 30;

it.each([
  ['grows with its round trip', {}, expect.toSatisfy((bytes: number) => bytes > FIRST_WINDOW_BYTES)],
  [
    'keeps its first size where the pool of all tunnels is empty',
    { MAX_GROWN_WINDOW_BYTES: 0 },
    FIRST_WINDOW_BYTES,
  ],
])('D5: the window of an answer %s', async (_name, gatewayLimits, expected) => {
  const world = await startRelayWorld({ gatewayLimits });
  try {
    await world.agent.close();
    let largestCredit = 0;
    const session = await farAgent(world, (stream) => {
      stream.sendHead(encodeAnswerHead({ status: 200, headers: [] }));
      let left = ANSWER_BYTES;
      const pour = (): void => {
        largestCredit = Math.max(largestCredit, stream.credit.available);
        while (left > 0 && stream.write(Buffer.alloc(16_384))) left -= 16_384;
        if (left <= 0) stream.end();
      };
      setImmediate(pour);
      return { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined, onDrain: pour };
    });
    const answer = await open(world, { token: await world.token('alice') });
    for await (const _chunk of answer);
    session.close('the test is over');
    expect(largestCredit).toEqual(expected);
  } finally {
    await world.close();
  }
});

async function farAgent(
  world: RelayWorld,
  onStream: (stream: TunnelStream) => StreamHandler,
): Promise<Session> {
  const near = await dialAs(world, await assertionOf(world));
  if ('status' in near) throw new Error(`refused with ${near.status}`);
  const far: Transport = {
    headroomBytes: near.headroomBytes,
    listen: (to) => near.listen(to),
    send: (message) => {
      const copy = Buffer.from(message);
      setTimeout(() => near.send(copy), PRETENDED_ROUND_TRIP_MS);
    },
    bufferedBytes: () => near.bufferedBytes(),
    newInterval: () => near.newInterval(),
    close: (code, reason) => near.close(code, reason),
    terminate: () => near.terminate(),
  };
  const session = new Session(far, { onStream }, { role: 'agent' });
  while (world.gateway.connectedTunnels === 0) await new Promise((resolve) => setImmediate(resolve));
  return session;
}
