// What a client is told when the way to its answer breaks while the answer runs: by whatever its protocol has room for.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { call, open, openHttp2, upgrade } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { OPCODE, websocketFrame } from '../support/raw-websocket.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld, RelayWorldOptions } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

const V5 = 'v5.channel.k8s.io';
const OUTPUT = websocketFrame({ opcode: OPCODE.BINARY, payload: '\x01ready' });
const CLOSE_1000 = websocketFrame({ opcode: OPCODE.CLOSE, payload: Buffer.of(0x03, 0xe8) });

let world: RelayWorld;
// The apiserver's ends of what runs, in the order in which they came.
let sockets: Duplex[] = [];
let responses: ServerResponse[] = [];

afterEach(async () => {
  sockets = [];
  responses = [];
  await world.close();
});

function startWorld(options: RelayWorldOptions = {}): Promise<RelayWorld> {
  return startRelayWorld({
    cuttable: true,
    reconnects: true,
    gatewayLimits: { DRAIN_PACING_MS: 10 },
    answer: (request, response) => {
      responses.push(response);
      if (request.url?.includes('held') !== true) response.writeHead(200).write('first ');
    },
    onUpgrade: (request, socket) => {
      sockets.push(socket);
      const { upgrade: protocol = '', 'x-stream-protocol-version': version } = request.headers;
      const subprotocol = request.headers['sec-websocket-protocol'];
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n` +
          (subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`) +
          (version === undefined ? '' : `X-Stream-Protocol-Version: ${String(version)}\r\n`) +
          '\r\n',
      );
      socket.resume();
    },
    ...options,
  });
}

interface Session {
  readonly socket: Duplex;
  readonly upstream: Duplex;
  readonly received: () => Buffer;
  readonly closed: Promise<unknown>;
}

/** An upgraded connection whose client has `sent` already. */
async function startSession(
  sent: Buffer,
  headers: Readonly<Record<string, string>>,
  ttlSeconds?: number,
): Promise<Session> {
  const token = await world.token('alice', ttlSeconds);
  const { socket } = await upgrade(world, { token, headers });
  const chunks: Buffer[] = [];
  const received = (): Buffer => Buffer.concat(chunks);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // As kubectl does when it has read the end.
  socket.on('end', () => socket.end());
  const closed = once(socket, 'close');
  const upstream = sockets.at(-1);
  if (upstream === undefined) throw new Error('the upgrade did not arrive');
  upstream.write(sent);
  await expect.poll(() => received().byteLength).toBe(sent.byteLength);
  return { socket, upstream, received, closed };
}

const WEBSOCKET = { upgrade: 'websocket', 'sec-websocket-protocol': V5 };

interface Cause {
  readonly what: string;
  readonly hop: string;
  readonly message: string;
  readonly options?: RelayWorldOptions;
  readonly ttlSeconds?: number;
  readonly cause: (session: Session) => unknown;
}

const CAUSES: readonly Cause[] = [
  {
    what: 'the tunnels are cut',
    hop: 'tunnel',
    message: 'the tunnel to the cluster broke',
    cause: () => world.network?.cut(),
  },
  {
    what: 'the apiserver ends without a result',
    hop: 'apiserver',
    message: 'the connection to the kube-apiserver broke',
    cause: ({ upstream }) => upstream.end(),
  },
  {
    what: 'the apiserver is lost',
    hop: 'apiserver',
    message: 'the connection to the kube-apiserver broke',
    cause: ({ upstream }) => upstream.destroy(),
  },
  {
    what: 'the agent stops',
    hop: 'agent',
    message: 'the agent broke the session off (INTERNAL)',
    options: { agent: { drainTimeoutMs: 20 } },
    cause: () => world.agent.drain(),
  },
  {
    what: 'the gateway has drained for long enough',
    hop: 'gateway',
    message: 'the gateway has stopped',
    options: { gateway: { drainTimeoutMs: 20 } },
    cause: () => world.gateway.drain(),
  },
  {
    what: 'the token expires',
    hop: 'agent',
    message: 'the token has expired',
    // Its end is a whole second: with one or two it might have expired before it is used.
    ttlSeconds: 3,
    cause: () => undefined,
  },
];

describe.each(CAUSES)('when $what', ({ hop, message, options, ttlSeconds, cause }) => {
  it('exec over WebSocket ends with a Status that says so, and a Close', async () => {
    world = await startWorld(options);
    const session = await startSession(OUTPUT, WEBSOCKET, ttlSeconds);
    const upstreamClosed = once(session.upstream, 'close');
    await Promise.all([cause(session), session.closed, upstreamClosed]);
    const farewell = session.received().subarray(OUTPUT.byteLength);
    // FIN and binary; a length of 16 bits; the error channel.
    expect([farewell[0], farewell[1], farewell[4]]).toEqual([0x82, 126, 3]);
    const end = 4 + farewell.readUInt16BE(2);
    const status = statusOf(farewell.toString('utf8', 5, end));
    expect(status).toMatchObject({ hop, message: `${message} (${hop}, request id ${status.requestId})` });
    expect(farewell.subarray(end).equals(CLOSE_1000)).toBe(true);
  });
});

describe('a tunnel that is cut', () => {
  it('under a frame that is not whole adds nothing to it', async () => {
    world = await startWorld();
    const part = OUTPUT.subarray(0, 5);
    const { received, closed } = await startSession(part, WEBSOCKET);
    world.network?.cut();
    await closed;
    expect(received().equals(part)).toBe(true);
  });

  it('under another WebSocket ends it with 1011 and the reason', async () => {
    world = await startWorld();
    const { received, closed } = await startSession(OUTPUT, { upgrade: 'websocket' });
    world.network?.cut();
    await closed;
    const farewell = received().subarray(OUTPUT.byteLength);
    expect([farewell[0], farewell.readUInt16BE(2)]).toEqual([0x88, 1011]);
    expect(farewell.toString('utf8', 4)).toMatch(
      /^the tunnel to the cluster broke \(tunnel, request id \S+\)$/,
    );
  });

  it('under exec over SPDY puts the Status on its error stream', async () => {
    world = await startWorld();
    const reply = Buffer.of(0x80, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1);
    const { received, closed } = await startSession(reply, {
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
    world.network?.cut();
    await closed;
    const farewell = received().subarray(reply.byteLength);
    expect([...farewell.subarray(0, 5)]).toEqual([0, 0, 0, 1, 1]);
    expect(statusOf(farewell.toString('utf8', 8))).toMatchObject({ hop: 'tunnel' });
  });

  it('under an ended session changes nothing: a Close of the apiserver’s own stays the last frame', async () => {
    world = await startWorld();
    const { upstream, received, closed } = await startSession(OUTPUT, WEBSOCKET);
    upstream.end(CLOSE_1000);
    await closed;
    expect(received().equals(Buffer.concat([OUTPUT, CLOSE_1000]))).toBe(true);
    expect(await metricsOf(world.gateway.privateUrl, 'requests_total')).toContainEqual([
      'outcome="broken"',
      0,
    ]);
  });
});

/** A watch over HTTP/2, of which the first piece has come. */
async function startWatch(session: ClientHttp2Session, token: string): Promise<ClientHttp2Stream> {
  const stream = session.request({ ':path': '/api/v1/pods?watch=true', authorization: `Bearer ${token}` });
  stream.on('error', () => undefined);
  const [first] = await once(stream, 'data');
  expect(String(first)).toBe('first ');
  return stream;
}

interface HeardGoAway {
  code: number;
  debug: string;
}

function listenForGoAway(session: ClientHttp2Session): HeardGoAway[] {
  const heard: HeardGoAway[] = [];
  session.on('goaway', (code: number, _last: number, data?: Buffer) => {
    heard.push({ code, debug: String(data ?? '') });
  });
  return heard;
}

describe('answers over HTTP/2 that break off', () => {
  it('all at once: the connection ends with a GOAWAY that says why, and no stream is reset before', async () => {
    world = await startWorld();
    const token = await world.token('alice');
    const session = openHttp2(world);
    const heard = listenForGoAway(session);
    const streams = await Promise.all([startWatch(session, token), startWatch(session, token)]);
    const closed = closeOf(session);
    world.network?.cut();
    await closed;
    expect(heard[0]).toMatchObject({
      code: 2,
      debug: expect.stringMatching(/^the tunnel to the cluster broke \(tunnel, request id \S+\)$/),
    });
    for (const stream of streams) expect([stream.readableEnded, stream.closed]).toEqual([false, true]);
  });

  it('alone beside others: its stream is reset, and the others go on', async () => {
    world = await startWorld();
    const token = await world.token('alice');
    const session = openHttp2(world);
    const heard = listenForGoAway(session);
    const broken = await startWatch(session, token);
    const running = await startWatch(session, token);
    const closed = closeOf(broken);
    responses[0]?.destroy();
    await closed;
    expect(broken.rstCode).toBe(2);
    responses[1]?.write('second ');
    expect(String((await once(running, 'data'))[0])).toBe('second ');
    expect(heard).toEqual([]);
    session.destroy();
  });

  it('beside a request without an answer: that one is answered whole', async () => {
    world = await startWorld();
    const token = await world.token('alice');
    const session = openHttp2(world);
    const watch = await startWatch(session, token);
    const held = session.request({ ':path': '/api/v1/held', authorization: `Bearer ${token}` });
    await expect.poll(() => responses.length).toBe(2);
    const closed = closeOf(watch);
    const answer = readAll(held);
    world.network?.cut();
    expect(statusOf(await answer)).toMatchObject({ code: 502, hop: 'tunnel' });
    await closed;
    expect(watch.readableEnded).toBe(false);
    session.destroy();
  });

  it('lose nothing that the gateway had already had', async () => {
    world = await startWorld();
    const token = await world.token('alice');
    const session = openHttp2(world);
    const stream = await startWatch(session, token);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
    });
    const closed = closeOf(session);
    responses[0]?.write(Buffer.alloc(40_000, 'x'), () => responses[0]?.destroy());
    await closed;
    expect(bytes).toBe(40_000);
  });
});

describe('a gateway at the end of its drain time', () => {
  it.each(['HTTP/1.1', 'HTTP/2'])('answers what has no answer, whole, over %s', async (version) => {
    world = await startWorld({ gateway: { drainTimeoutMs: 50 } });
    const token = await world.token('alice');
    const session = openHttp2(world);
    const answer =
      version === 'HTTP/1.1'
        ? call(world, { token, path: '/api/v1/held' }).then(({ body }) => body)
        : readAll(session.request({ ':path': '/api/v1/held', authorization: `Bearer ${token}` }));
    await expect.poll(() => responses.length).toBe(1);
    await world.gateway.drain();
    expect(statusOf(await answer)).toMatchObject({
      code: 502,
      hop: 'gateway',
      message: expect.stringContaining('the gateway stopped before the request was answered'),
    });
    session.destroy();
  });

  it('does not wait for long for a client that reads nothing', async () => {
    world = await startWorld({ gateway: { drainTimeoutMs: 20 } });
    const token = await world.token('alice');
    const { socket } = await upgrade(world, { token, headers: WEBSOCKET });
    socket.pause();
    sockets[0]?.write(websocketFrame({ opcode: OPCODE.BINARY, payload: Buffer.alloc(8_000_000, 1) }));
    await world.gateway.drain();
    socket.destroy();
  });
});

describe('one of two tunnels that is cut', () => {
  it('breaks its own streams, and no other', async () => {
    world = await startWorld();
    const token = await world.token('alice');
    const watches = await Promise.all(
      Array.from({ length: 4 }, () => open(world, { token, path: '/api/v1/pods?watch=true' })),
    );
    const ends: string[] = [];
    for (const watch of watches) {
      watch.on('error', () => ends.push('broken'));
      watch.resume();
    }
    await expect.poll(() => responses.length).toBe(4);
    world.network?.cutOne();
    await expect.poll(() => ends).toEqual(['broken', 'broken']);
    const second = watches.filter((watch) => !watch.destroyed).map((watch) => once(watch, 'data'));
    for (const response of responses) response.write('second ');
    for (const data of second) expect(String((await data)[0])).toBe('second ');
    expect(second).toHaveLength(2);
    expect(await metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 2]]);
    for (const watch of watches) watch.destroy();
  });
});

/** Unlike `once`, whatever the error that comes before. */
function closeOf(ending: ClientHttp2Session | ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    ending.once('close', () => resolve());
  });
}

async function readAll(stream: ClientHttp2Stream): Promise<string> {
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  return body;
}
