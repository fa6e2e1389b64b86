// SPEC §1: the WebSocket under the tunnel, over real sockets.
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS, dialTunnel, Session } from '../../tunnel/index.ts';
import type { Transport } from '../../tunnel/index.ts';
import { expectEnd, rawPeer } from '../support/raw-peer.ts';
import { raw, readFrames } from '../support/raw-frames.ts';
import { OPCODE, rawClient, rawServer, SUBPROTOCOL_HEADER } from '../support/raw-websocket.ts';
import { answerWithEcho, emptyLog, openLogged, recording, sessionPair } from '../support/session-pair.ts';
import { settle } from '../support/memory-transport.ts';
import { dial, tunnelEndpoint } from '../support/websocket-pair.ts';
import type { TunnelEndpoint } from '../support/websocket-pair.ts';
import { sendMessage } from '../support/send-message.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function endpoint(): Promise<TunnelEndpoint> {
  const made = await tunnelEndpoint();
  closing.push(made.close);
  return made;
}

async function puppet(...args: Parameters<typeof rawServer>): ReturnType<typeof rawServer> {
  const made = await rawServer(...args);
  closing.push(made.close);
  return made;
}

test('1.1 an agent dials with version 13 and the gateway’s session and its own meet', async () => {
  const server = await endpoint();
  const [gatewayEnd, agentEnd] = await Promise.all([server.accepted(), dial(server.url)]);
  const agent = new Session(agentEnd, { onStream: answerWithEcho }, { role: 'agent' });
  const echoed = await new Promise<string>((resolve) => {
    const gateway = new Session(
      gatewayEnd,
      {
        onReady: () => {
          const log = openLogged(gateway);
          log.stream?.write(Buffer.from('over TCP'));
          log.stream?.end();
          log.onEnd = () => resolve(log.text);
        },
      },
      { role: 'gateway' },
    );
  });
  expect(echoed).toBe('over TCP');
  agent.close('done');
});

test('1.1 an upgrade with another version is refused', async () => {
  const server = await endpoint();
  const client = await rawClient(server.port, [...SUBPROTOCOL_HEADER, 'Sec-WebSocket-Version: 12']);
  expect(await client.head()).toMatch(/^HTTP\/1\.1 4\d\d /);
  await client.gone();
});

test.each([
  ['none', []],
  ['another', ['Sec-WebSocket-Protocol: chat']],
  ['one that only begins like it', ['Sec-WebSocket-Protocol: cluster-connect.v12']],
])('1.2 an upgrade that offers %s is refused with 400', async (_what, headers) => {
  const server = await endpoint();
  const client = await rawClient(server.port, headers);
  expect(await client.head()).toMatch(/^HTTP\/1\.1 400 /);
  await client.gone();
});

test('1.2 a peer that resets the connection while it is refused harms nobody', async () => {
  const server = await endpoint();
  for (let count = 0; count < 20; count += 1) (await rawClient(server.port, [])).socket.resetAndDestroy();
  const client = await rawClient(server.port, ['Sec-WebSocket-Protocol: chat, cluster-connect.v1']);
  const head = await client.head();
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  expect(head).toMatch(/Sec-WebSocket-Protocol: cluster-connect\.v1/i);
});

test.each([
  ['none', []],
  ['another', ['Sec-WebSocket-Protocol: chat']],
])('1.2 an agent does not go on with a gateway that echoes %s', async (_what, headers) => {
  const server = await puppet(headers);
  await expect(dial(server.url)).rejects.toThrow(/subprotocol/i);
});

test('1.3 W4: an offer of permessage-deflate gets none, and an agent makes none', async () => {
  const server = await endpoint();
  const client = await rawClient(server.port, [
    ...SUBPROTOCOL_HEADER,
    'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  ]);
  expect(await client.head()).not.toMatch(/extensions/i);
  const hostile = await puppet([...SUBPROTOCOL_HEADER, 'Sec-WebSocket-Extensions: permessage-deflate']);
  await expect(dial(hostile.url)).rejects.toThrow(/extension/i);
  const offered = hostile.requestHead();
  expect(offered).toMatch(/Sec-WebSocket-Version: 13/);
  expect(offered).not.toMatch(/extensions/i);
});

test('1.4 W7: a text message ends the session with UNSUPPORTED_MESSAGE', async () => {
  const server = await endpoint();
  const client = await rawClient(server.port);
  await client.head();
  const log = emptyLog();
  const session = new Session(await server.accepted(), recording(log), { role: 'gateway' });
  client.send({ opcode: OPCODE.TEXT, payload: 'hello', masked: true });
  expect(await client.closeCode()).toBe(4008);
  expect(log.closes.map((error) => error?.goAwayCode)).toEqual(['UNSUPPORTED_MESSAGE']);
  expect(session.isOpen()).toBe(false);
});

test('1.4 a message in two fragments is not taken', async () => {
  const server = await endpoint();
  const client = await rawClient(server.port);
  await client.head();
  const received: Buffer[] = [];
  listen(await server.accepted(), received);
  client.send({ opcode: OPCODE.BINARY, fin: false, payload: raw.hello(), masked: true });
  client.send({ opcode: OPCODE.CONTINUATION, payload: raw.ping(), masked: true });
  expect(await client.closeCode()).toBe(1008);
  expect(received).toEqual([]);
});

test('1.5 an empty message ends the session with PROTOCOL_ERROR', async () => {
  const peer = await rawPeer('gateway');
  await peer.say();
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('1.5 every message holds whole frames and at most MAX_MESSAGE_BYTES', async () => {
  const pair = sessionPair();
  const messages: Buffer[] = [];
  const send = pair.gatewayEnd.send.bind(pair.gatewayEnd);
  pair.gatewayEnd.send = (message) => {
    messages.push(Buffer.from(message));
    send(message);
  };
  await settle();
  const head = Buffer.alloc(60_000, 'h').toString();
  for (let count = 0; count < 20; count += 1)
    openLogged(pair.gateway, undefined, head).stream?.write(Buffer.alloc(100_000));
  await settle(200);
  expect(Math.max(...messages.map((message) => message.byteLength))).toBeLessThanOrEqual(
    DEFAULT_LIMITS.MAX_MESSAGE_BYTES,
  );
  expect(messages.flatMap(readFrames).filter((one) => one.name === 'OPEN')).toHaveLength(20);
  expect(pair.agentLog.closes).toEqual([]);
});

test('1.5 a frame does not span two messages', async () => {
  const peer = await rawPeer('agent');
  const bytes = raw.ping();
  await peer.say(bytes.subarray(0, 10));
  await peer.say(bytes.subarray(10));
  expectEnd(peer, 1, 'PROTOCOL_ERROR');
});

test('1.6 WebSocket pings are answered, and more than MAX_WEBSOCKET_PINGS end the session with FLOOD', async () => {
  const server = await endpoint();
  const client = await rawClient(server.port);
  await client.head();
  const log = emptyLog();
  const session = new Session(await server.accepted(), recording(log), { role: 'gateway' });
  const { MAX_WEBSOCKET_PINGS } = session.limits;
  for (let count = 0; count < MAX_WEBSOCKET_PINGS; count += 1)
    client.send({ opcode: OPCODE.PING, payload: 'hi', masked: true });
  let pongs = 0;
  while (pongs < MAX_WEBSOCKET_PINGS) if ((await client.frame()).opcode === OPCODE.PONG) pongs += 1;
  expect(log.closes).toEqual([]);
  client.send({ opcode: OPCODE.PING, masked: true });
  expect(await client.closeCode()).toBe(4007);
  expect(log.closes.map((error) => error?.goAwayCode)).toEqual(['FLOOD']);
});

test('1.7 an agent masks with zeroes, so that its bytes go as they are', async () => {
  const server = await puppet();
  const dialled = dialTunnel({
    url: server.url,
    headers: { Authorization: 'Bearer x' },
    handshakeTimeoutMs: 5000,
    signal: new AbortController().signal,
  });
  const websocket = await server.next;
  const wire: Buffer[] = [];
  websocket.socket.on('data', (chunk) => wire.push(chunk));
  const transport = await dialled;
  if ('status' in transport) throw new Error('refused');
  transport.listen(NOBODY);
  sendMessage(transport, raw.ping('in clear'));
  const got = await websocket.frame();
  expect(got.masked).toBe(true);
  expect(Buffer.concat(wire).includes('in clear')).toBe(true);
  transport.terminate();
});

const NOBODY = {
  onMessage: () => undefined,
  onViolation: () => undefined,
  onSent: () => undefined,
  onClose: () => undefined,
};

function listen(transport: Transport, received: Buffer[]): void {
  transport.listen({ ...NOBODY, onMessage: (message) => received.push(message) });
}
