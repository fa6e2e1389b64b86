// A client that goes away while its upgrade waits for an answer: the apiserver hears of it, not 30 seconds later.
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

let world: RelayWorld;
let arrived: (socket: Duplex) => void;
beforeAll(async () => {
  world = await startRelayWorld({
    onUpgrade: (_request, socket) => {
      socket.resume();
      arrived(socket);
    },
  });
});
afterAll(() => world.close());

async function startUpgrade(early: string) {
  const waiting = new Promise<Duplex>((resolve) => (arrived = resolve));
  const client = await openRaw({ ...world, serverName: CLUSTER_SERVER_NAME });
  const lines = [
    'GET /api/v1/namespaces/a/pods/b/exec?command=sh HTTP/1.1',
    `Host: ${CLUSTER_SERVER_NAME}`,
    `Authorization: Bearer ${await world.token('alice')}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
  ];
  client.write(`${lines.join('\r\n')}\r\n\r\n${early}`);
  return { client, upstream: await waiting };
}

describe.each([
  ['had said nothing', ''],
  ['had already said something', 'early'],
])('a client that %s and goes away before the 101', (_name, early) => {
  it.each(['destroy', 'end'] as const)('(%s) ends the request at the apiserver', async (how) => {
    const { client, upstream } = await startUpgrade(early);
    const closed = once(upstream, 'close');
    client[how]();
    await closed;
    expect(upstream.destroyed).toBe(true);
    client.destroy();
  });
});

it('what a client says in pieces before the 101 comes after it, whole and in order', async () => {
  const { client, upstream } = await startUpgrade('one ');
  let received = '';
  upstream.on('data', (chunk: Buffer) => (received += String(chunk)));
  await new Promise((resolve) => client.write('two ', resolve));
  // Over what the gateway keeps before the answer.
  const rest = 'x'.repeat(300_000);
  client.write(rest);
  upstream.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(8 + rest.length);
  expect(received === `one two ${rest}`).toBe(true);
  client.destroy();
});
