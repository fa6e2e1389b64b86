// What a client says before the answer to its upgrade, and what is on its way to it when the session ends.
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Exchange, ExchangeListener } from '../../../gateway/edge/exchange.ts';
import { HELD_BYTES, startHeldLink, talkOn } from '../../support/held-link.ts';
import type { HeldLink } from '../../support/held-link.ts';
import { testAuthority } from '../../support/test-authority.ts';

const WHY = {
  code: 502,
  reason: 'InternalError',
  message: 'broke',
  hop: 'tunnel',
  requestId: 'r-1',
} as const;
const SWITCH = [
  'connection',
  'Upgrade',
  'upgrade',
  'websocket',
  'sec-websocket-protocol',
  'v5.channel.k8s.io',
];
const EXEC =
  'GET /api/v1/namespaces/a/pods/b/exec HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
/** What each of them costs beside its byte makes them as much as a quarter of a million bytes. */
const TINY_CHUNKS = 1000;
const MAX_TINY_CHUNKS_HELD = 256;

let link: HeldLink;
let exchange: Exchange;
let client: TLSSocket;
let received: Buffer[];
let heard: Buffer[];

beforeEach(async () => {
  const came = Promise.withResolvers<Exchange>();
  link = await startHeldLink((one) => came.resolve(one));
  client = connect({
    port: link.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: testAuthority().certificatePem,
    ALPNProtocols: ['http/1.1'],
  });
  client.setNoDelay();
  client.on('error', () => undefined);
  await once(client, 'secureConnect');
  received = [];
  client.on('data', (chunk: Buffer) => received.push(chunk));
  client.write(EXEC);
  exchange = await came.promise;
  heard = [];
  const listener: ExchangeListener = {
    onBody: (chunk) => heard.push(chunk),
    onBodyEnd: () => undefined,
    onWritable: () => undefined,
    onGone: () => undefined,
  };
  exchange.listen(listener, false);
});

afterEach(async () => {
  client.destroy();
  await link.close();
});

test('an answer that has ended comes whole, though the session breaks off after it', async () => {
  exchange.respond(101, SWITCH);
  await expect.poll(() => String(Buffer.concat(received))).toMatch(/\r\n\r\n$/);
  received = [];
  link.hold();
  exchange.write(Buffer.alloc(HELD_BYTES, 'x'));
  exchange.end(false);
  exchange.abort(WHY);
  await talkOn(() => client.write('more'));
  const ended = once(client, 'close');
  link.deliver();
  await ended;
  expect(Buffer.concat(received).equals(Buffer.alloc(HELD_BYTES, 'x'))).toBe(true);
});

test('D5: tiny pieces before the answer are held at the cost of their pieces, and all come after it', async () => {
  for (let sent = 0; sent < TINY_CHUNKS; sent += 1) {
    client.write('x');
    await new Promise((resolve) => setImmediate(resolve));
  }
  exchange.respond(101, SWITCH);
  expect(heard.length).toBeLessThanOrEqual(MAX_TINY_CHUNKS_HELD);
  await expect.poll(() => Buffer.concat(heard).byteLength).toBe(TINY_CHUNKS);
});
