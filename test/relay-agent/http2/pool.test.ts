// Connections of a pool from their dial to their end: idle, silent, refused, HTTP/1.1 only; and a token that changes.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FRAME, HpackDecoder } from '../../../http/index.ts';
import { boundPort } from '../../../observe/index.ts';
import { Http2Connection } from '../../../relay-agent/http2/connection.ts';
import type { ConnectionOwner } from '../../../relay-agent/http2/connection.ts';
import { HTTP2_LIMITS } from '../../../relay-agent/http2/limits.ts';
import { connectUpstream } from '../../../relay-agent/tls-connect.ts';
import type { UpstreamRequest } from '../../../relay-agent/upstream-request.ts';
import { freePort } from '../../support/free-port.ts';
import { h2 } from '../../support/http2-frames.ts';
import { startHttp2Peer } from '../../support/http2-peer.ts';
import { testAuthority } from '../../support/test-authority.ts';
import { ExchangeDouble, GET, poolTo, send } from './exchange-double.ts';

const OK = [':status', '200'];
const { PING_AFTER_MS, PING_TIMEOUT_MS, SWEEP_MS } = HTTP2_LIMITS;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0).toReversed()) await close();
});

async function peerAndPool(options: Parameters<typeof poolTo>[1] = {}, protocols?: readonly string[]) {
  const peer = await startHttp2Peer(protocols);
  const pool = poolTo(peer.port, options);
  closers.push(
    () => peer.close(),
    () => pool.close(),
  );
  return { peer, pool };
}

/** A server that takes connections and says nothing: no handshake ever ends. */
async function mutePort(): Promise<{ port: number; accepted: Promise<unknown>; closed: Promise<unknown> }> {
  const server = createServer();
  const closed = Promise.withResolvers<void>();
  const accepted = once(server, 'connection');
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => closed.resolve());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: boundPort(server), accepted, closed: closed.promise };
}

describe('a dial', () => {
  it('that is refused fails all requests that wait for it, and the next one dials again', async () => {
    const pool = poolTo(await freePort());
    closers.push(() => pool.close());
    for (let round = 0; round < 2; round += 1) {
      for (const exchange of [send(pool), send(pool)])
        expect((await exchange.done()).error).toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('that never comes to an end is given up', async () => {
    const { port, accepted, closed } = await mutePort();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const pool = poolTo(port);
    closers.push(() => pool.close());
    const exchange = send(pool);
    await accepted;
    vi.advanceTimersByTime(10_000);
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_CONNECT_TIMEOUT' });
    await closed;
  });

  it('ends with its pool, and so do the requests that wait for it and those that come later', async () => {
    const { port, accepted, closed } = await mutePort();
    const pool = poolTo(port);
    const waiting = send(pool);
    await accepted;
    pool.close();
    expect((await waiting.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_ABORTED' });
    await closed;
    expect((await send(pool).done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_ABORTED' });
  });

  it('whose connection was destroyed before anybody had it fails its requests', async () => {
    const { peer } = await peerAndPool();
    const secureContext = createSecureContext({ ca: testAuthority().certificatePem });
    const pool = poolTo(peer.port, {
      connect: async (signal) => {
        const socket = await connectUpstream({ host: '127.0.0.1', port: peer.port, secureContext }, signal);
        socket.destroy(new Error('an alert'));
        await new Promise((resolve) => socket.once('close', resolve));
        return socket;
      },
    });
    closers.push(() => pool.close());
    expect((await send(pool).done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_CLOSED' });
  });

  it('to somebody without the right certificate fails', async () => {
    const { peer } = await peerAndPool();
    const secureContext = createSecureContext();
    const pool = poolTo(peer.port, {
      connect: (signal) => connectUpstream({ host: '127.0.0.1', port: peer.port, secureContext }, signal),
    });
    closers.push(() => pool.close());
    expect((await send(pool).done()).error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });
});

describe('an apiserver that speaks HTTP/1.1 only', () => {
  it('has its requests taken elsewhere: those that wait, and those of the next ten minutes without asking', async () => {
    const elsewhere: UpstreamRequest[] = [];
    const both = Promise.withResolvers<void>();
    const otherwise = (request: UpstreamRequest): void => {
      if (elsewhere.push(request) === 2) both.resolve();
    };
    const { pool } = await peerAndPool({ otherwise }, ['http/1.1']);
    send(pool, { target: '/one' });
    send(pool, { target: '/two' });
    await both.promise;
    send(pool, { target: '/three' });
    expect(elsewhere.map(({ target }) => target)).toEqual(['/one', '/two', '/three']);
    expect(pool.openConnections).toBe(0);
  });
});

describe('a connection', () => {
  it('without requests is closed after its time, in order', async () => {
    const { peer, pool } = await peerAndPool({ keepAliveMs: 20 });
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.headers(1, OK, true));
    await exchange.done();
    expect((await connection.next(FRAME.GOAWAY)).payload.readUInt32BE(4)).toBe(0);
    await connection.closed();
    expect(pool.openConnections).toBe(0);
  });

  it('with a request is not closed, however long it takes', async () => {
    const { peer, pool } = await peerAndPool({ keepAliveMs: 4 });
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings());
    // Sweeps of a pool that would close it.
    for (let sweep = 0; sweep < 5; sweep += 1) await new Promise((resolve) => setTimeout(resolve, 4));
    connection.say(h2.headers(1, OK, true));
    expect(await exchange.done()).toMatchObject({ status: 200, error: undefined });
  });

  it('of a pool that closes is closed, and its requests fail', async () => {
    const { peer, pool } = await peerAndPool();
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    pool.close();
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_ABORTED' });
    await connection.closed();
  });

  it('begins its table anew when the agent’s own token is another', async () => {
    const { peer, pool } = await peerAndPool();
    const tokens = ['Bearer one', 'Bearer one', 'Bearer two', 'Bearer two'];
    for (const token of tokens) send(pool, { headers: ['authorization', token] });
    const connection = await peer.connection();
    const decoder = new HpackDecoder(4096);
    const seen: unknown[] = [];
    const restarts: boolean[] = [];
    for (let at = 0; at < tokens.length; at += 1) {
      const { payload } = await connection.next(FRAME.HEADERS);
      restarts.push(payload[0] === 0x20);
      seen.push(decoder.decode(payload)?.at(-1));
    }
    expect(seen).toEqual(tokens);
    expect(restarts).toEqual([false, false, true, false]);
  });
});

describe('an apiserver that has gone silent', () => {
  async function connected() {
    const peer = await startHttp2Peer();
    const secureContext = createSecureContext({ ca: testAuthority().certificatePem });
    const { signal } = new AbortController();
    const socket = await connectUpstream({ host: '127.0.0.1', port: peer.port, secureContext }, signal);
    const owner: ConnectionOwner = {
      streamLimit: 100,
      onRoom: () => undefined,
      onUnprocessed: () => undefined,
      onClosed: () => undefined,
    };
    const connection = new Http2Connection(socket, 'apiserver', owner);
    closers.push(
      () => peer.close(),
      () => connection.close(),
    );
    return { connection, remote: await peer.connection() };
  }

  it('is asked after a while, and given up when it does not answer, however often anybody looks', async () => {
    const { connection, remote } = await connected();
    const exchange = new ExchangeDouble();
    connection.start(GET, exchange);
    remote.say(h2.settings());
    await remote.caughtUp();
    const begin = performance.now();
    for (let ms = 0; ms < PING_AFTER_MS; ms += SWEEP_MS) connection.sweep(begin + ms);
    expect(remote.heard.filter(({ type }) => type === FRAME.PING)).toEqual([]);
    for (let ms = PING_AFTER_MS; ms < PING_AFTER_MS + 1; ms += 1) connection.sweep(begin + ms + 1);
    await remote.next(FRAME.PING);
    // The clock of the connection has not moved: its PING went out now.
    for (let ms = 0; ms < PING_TIMEOUT_MS; ms += SWEEP_MS) connection.sweep(performance.now() + ms);
    expect(exchange.ends).toBe(0);
    connection.sweep(performance.now() + PING_TIMEOUT_MS + 1);
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_SILENT' });
    await remote.closed();
  });

  it('is asked once while its answer is due: looking again puts nothing off', async () => {
    const { connection, remote } = await connected();
    const clock = vi.spyOn(performance, 'now');
    const exchange = new ExchangeDouble();
    connection.start(GET, exchange);
    remote.say(h2.settings());
    await remote.caughtUp();
    const begin = performance.now();
    let sweeps = 0;
    for (let now = begin; exchange.ends === 0 && sweeps < 100; now += SWEEP_MS, sweeps += 1) {
      clock.mockReturnValue(now);
      connection.sweep(now);
    }
    clock.mockRestore();
    expect(exchange.error).toMatchObject({ code: 'CC_ERR_UPSTREAM_SILENT' });
    expect(sweeps * SWEEP_MS).toBeLessThanOrEqual(PING_AFTER_MS + PING_TIMEOUT_MS + 4 * SWEEP_MS);
  });

  it('is asked again after it has answered', async () => {
    const { connection, remote } = await connected();
    const exchange = new ExchangeDouble();
    connection.start(GET, exchange);
    remote.say(h2.settings());
    await remote.caughtUp();
    for (let round = 0; round < 3; round += 1) {
      connection.sweep(performance.now() + PING_AFTER_MS + 1);
      const { payload } = await remote.next(FRAME.PING);
      remote.say(h2.ping(1, String(payload)));
      await remote.caughtUp();
    }
    connection.sweep(performance.now() + PING_AFTER_MS - 1000);
    expect(exchange.ends).toBe(0);
  });

  it('is not asked when nobody waits for it', async () => {
    const { connection, remote } = await connected();
    remote.say(h2.settings());
    await remote.caughtUp();
    connection.sweep(performance.now() + 10 * PING_AFTER_MS);
    await remote.caughtUp();
    expect(remote.heard.filter(({ type, flags }) => type === FRAME.PING && flags === 0)).toEqual([]);
  });
});
