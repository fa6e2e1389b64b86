// A stream that says nothing is not idle: it outlives every limit on the way. The limits are shortened, and for each
// there is something that it does end, so that the silence is known to be longer.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

/** How often the silence outlives each limit. */
const TIMES = 3;
const SETUP_TIMEOUT_MS = 60_000;

let world: RelayWorld;
let token: string;
// The upstream's side of what a path of the test opened.
const answers = new Map<string, ServerResponse>();
const sockets = new Map<string, Duplex>();
const arrived = new Map<string, () => void>();

interface Quiet {
  readonly name: string;
  /** Says something both ways, where there are two, and throws when it does not come. */
  speakAgain(): Promise<void>;
}

let quiet: readonly Quiet[] = [];

const PATH = '/api/v1/namespaces/a/pods';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n';
beforeAll(async () => {
  world = await startRelayWorld({
    gatewayLimits: {
      TLS_HANDSHAKE_TIMEOUT_MS: 1500,
      HEADERS_TIMEOUT_MS: 1000,
      KEEP_ALIVE_TIMEOUT_MS: 300,
      BODY_IDLE_TIMEOUT_MS: 300,
      KEY_RECHECK_MS: 50,
      CERTIFICATE_CHECK_MS: 50,
    },
    tunnelLimits: {
      HEARTBEAT_INTERVAL_MS: 20,
      STALLED_STREAM_TIMEOUT_MS: 300,
      HELLO_TIMEOUT_MS: 1500,
      // Whoever writes is paused each time, and told to go on: as after a burst.
      STREAM_QUEUE_BYTES: 1,
    },
    agentWaits: { UPSTREAM_KEEP_ALIVE_MS: 300, UPGRADE_TIMEOUT_MS: 500 },
    answer: (request, response) => {
      answers.set(request.url ?? '', response);
      arrived.get(request.url ?? '')?.();
    },
    onUpgrade: (request, socket) => {
      if (request.url?.endsWith('/exec?silent') === true) return;
      socket.allowHalfOpen = true;
      socket.write(`${SWITCH}Upgrade: ${request.headers.upgrade}\r\n\r\n`);
      sockets.set(request.url ?? '', socket);
      arrived.get(request.url ?? '')?.();
    },
  });
  token = await world.token('alice');
  quiet = await Promise.all([
    watch('HTTP/1.1'),
    watch('HTTP/2'),
    unanswered(),
    switched('websocket', 'GET'),
    switched('SPDY/3.1', 'POST'),
    halfClosed(),
  ]);
  await Promise.all([
    outlive(idleHttp1),
    outlive(idleHttp2),
    outlive(slowHead),
    outlive(stoppedUpload),
    outlive(unansweredUpgrade),
    outlive(stalledReader),
    outlive(silentHandshake),
  ]);
}, SETUP_TIMEOUT_MS);

afterAll(async () => {
  for (const socket of sockets.values()) socket.destroy();
  await world.close();
});

describe('after a silence that is longer than every limit on the way', () => {
  it.each([
    'a watch over HTTP/1.1',
    'a watch over HTTP/2',
    'a request that is not answered yet',
    'an upgrade to websocket',
    'an upgrade to SPDY/3.1',
    'an upgrade whose client has ended its direction',
  ])('%s goes on', async (name) => {
    const found = quiet.filter((one) => one.name === name);
    expect(found).toHaveLength(1);
    for (const one of found) await one.speakAgain();
  });
});

// --- what is quiet ---

async function watch(version: 'HTTP/1.1' | 'HTTP/2'): Promise<Quiet> {
  const path = `${PATH}?watch=true&version=${version}`;
  const response = whenArrived(path, answers);
  const client = version === 'HTTP/1.1' ? open(world, { token, path }) : undefined;
  const stream =
    client === undefined
      ? openHttp2(world).request({ ':path': path, authorization: `Bearer ${token}` })
      : undefined;
  const upstream = await response;
  upstream.writeHead(200);
  upstream.write('before');
  const received = stream ?? (await client);
  if (received === undefined) throw new TypeError('no stream');
  const seen = collect(received);
  await seen.has('before');
  return {
    name: `a watch over ${version}`,
    speakAgain: async () => {
      upstream.write('after');
      await seen.has('beforeafter');
    },
  };
}

async function unanswered(): Promise<Quiet> {
  const path = `${PATH}?late`;
  const response = whenArrived(path, answers);
  const asked = callHttp2(openHttp2(world), { token, path });
  const upstream = await response;
  return {
    name: 'a request that is not answered yet',
    speakAgain: async () => {
      upstream.end('late');
      expect(await asked).toMatchObject({ status: 200, body: 'late' });
    },
  };
}

async function switched(protocol: string, method: string): Promise<Quiet> {
  const { client, upstream, fromUpstream, fromClient } = await openUpgrade(protocol, method, 'plain');
  const speak = async (round: number): Promise<void> => {
    client.write('?');
    await fromClient.has('?'.repeat(round));
    upstream.write('!');
    await fromUpstream.has('!'.repeat(round));
  };
  await speak(1);
  return { name: `an upgrade to ${protocol}`, speakAgain: () => speak(2) };
}

async function halfClosed(): Promise<Quiet> {
  const { client, upstream, fromUpstream } = await openUpgrade('websocket', 'GET', 'half');
  const ended = once(upstream, 'end');
  client.end();
  await ended;
  return {
    name: 'an upgrade whose client has ended its direction',
    speakAgain: async () => {
      upstream.write('answer');
      await fromUpstream.has('answer');
    },
  };
}

async function openUpgrade(protocol: string, method: string, name: string) {
  const path = `${PATH}/b/exec?command=${name}&protocol=${encodeURIComponent(protocol)}`;
  const there = whenArrived(path, sockets);
  const { socket: client } = await upgrade(world, { token, method, path, headers: { upgrade: protocol } });
  client.allowHalfOpen = true;
  const upstream = await there;
  return { client, upstream, fromUpstream: collect(client), fromClient: collect(upstream) };
}

// --- what the limits do end ---

async function outlive(ends: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < TIMES; time += 1) await ends();
}

/** KEEP_ALIVE_TIMEOUT_MS */
async function idleHttp1(): Promise<void> {
  const socket = await openRaw({ port: world.port, caPem: world.caPem, serverName: '' });
  const closed = once(socket, 'close');
  // Refused without a token, and kept for the next request.
  socket.write('GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  socket.resume();
  await closed;
}

/** The same, of a connection without streams. */
async function idleHttp2(): Promise<void> {
  const session = openHttp2(world);
  await once(session, 'close');
}

/** HEADERS_TIMEOUT_MS */
async function slowHead(): Promise<void> {
  const socket = await openRaw({ port: world.port, caPem: world.caPem, serverName: '' });
  const closed = once(socket, 'close');
  socket.write('GET /api HTTP/1.1\r\nHost: 127');
  socket.resume();
  await closed;
}

/** BODY_IDLE_TIMEOUT_MS */
async function stoppedUpload(): Promise<void> {
  const session = openHttp2(world);
  const stream = session.request(
    { ':method': 'POST', ':path': PATH, authorization: `Bearer ${token}`, 'content-length': '100000' },
    { endStream: false },
  );
  stream.write('x');
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(408);
  session.destroy();
}

/** UPGRADE_TIMEOUT_MS */
async function unansweredUpgrade(): Promise<void> {
  const path = `${PATH}/b/exec?silent`;
  await expect(upgrade(world, { token, path })).rejects.toThrow(/answered with 50\d/);
}

/** STALLED_STREAM_TIMEOUT_MS */
async function stalledReader(): Promise<void> {
  const path = `${PATH}?stalled`;
  const response = whenArrived(path, answers);
  const session = openHttp2(world);
  const stream = session.request({ ':path': path, authorization: `Bearer ${token}` });
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.on('error', () => undefined);
  const upstream = await response;
  upstream.on('error', () => undefined);
  const gone = once(upstream, 'close');
  upstream.write(Buffer.alloc(8 * 1024 * 1024));
  // The tunnel gives the stream up at its sending end, so the apiserver hears of it.
  await gone;
  stream.resume();
  await closed;
  session.destroy();
}

/** TLS_HANDSHAKE_TIMEOUT_MS */
async function silentHandshake(): Promise<void> {
  const socket = connect(world.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'close');
}

// --- at the upstream ---

function whenArrived<T>(path: string, map: ReadonlyMap<string, T>): Promise<T> {
  return new Promise((resolve, reject) => {
    arrived.set(path, () => {
      const found = map.get(path);
      if (found === undefined) reject(new Error(`${path} came as another kind of request`));
      else resolve(found);
    });
  });
}

interface Seen {
  /** Resolves when all that has come is `text`. @throws Error when the stream closes before */
  has(text: string): Promise<void>;
}

/** Reads a stream on. */
function collect(stream: Duplex | NodeJS.ReadableStream): Seen {
  let received = '';
  let closed = false;
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const check of changed) check();
  };
  stream.on('error', () => undefined);
  stream.on('close', () => {
    closed = true;
    tell();
  });
  stream.on('data', (chunk: Buffer) => {
    received += String(chunk);
    tell();
  });
  return {
    has: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (received !== text && !closed) return;
          changed.delete(check);
          if (received === text) resolve();
          else reject(new Error(`closed after ${JSON.stringify(received)}`));
        };
        changed.add(check);
        check();
      }),
  };
}
