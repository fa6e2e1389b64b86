// Flow control of a scripted peer: windows that are closed, opened, moved below zero; pause and resume; early answers.
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLAG, FRAME } from '../../../http/index.ts';
import type { Http2Pool } from '../../../relay-agent/http2/index.ts';
import { HTTP2_LIMITS } from '../../../relay-agent/http2/limits.ts';
import { h2 } from '../../support/http2-frames.ts';
import { startHttp2Peer } from '../../support/http2-peer.ts';
import type { Http2Peer, PeerConnection } from '../../support/http2-peer.ts';
import { poolTo, send } from './exchange-double.ts';
import type { ExchangeDouble } from './exchange-double.ts';

let peer: Http2Peer;
let pool: Http2Pool;

beforeEach(async () => {
  peer = await startHttp2Peer();
  pool = poolTo(peer.port);
});

afterEach(async () => {
  pool.close();
  await peer.close();
});

const OK = [':status', '200'];
const INITIAL_WINDOW = 4;

/** Bytes of DATA that came so far, and how many bodies ended. */
async function sentUntilNow(connection: PeerConnection): Promise<{ bytes: number; ended: number }> {
  await connection.caughtUp();
  const frames = connection.heard.filter(({ type }) => type === FRAME.DATA);
  return {
    bytes: frames.reduce((sum, { payload }) => sum + payload.byteLength, 0),
    ended: frames.filter(({ flags }) => (flags & FLAG.END_STREAM) !== 0).length,
  };
}

async function upload(
  body: Buffer | Readable,
  headers: readonly string[] = [],
): Promise<{ exchange: ExchangeDouble; connection: PeerConnection }> {
  const exchange = send(pool, { method: 'POST', body, headers: [...headers] });
  const connection = await peer.connection();
  await connection.request();
  return { exchange, connection };
}

describe('a body on its way to the apiserver', () => {
  it('stops at the window of its stream, and goes on with credit', async () => {
    const { exchange, connection } = await upload(Buffer.alloc(200_000, 'x'));
    connection.say(h2.settings(), h2.credit(0, 1_000_000));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_535, ended: 0 });
    connection.say(h2.credit(1, 100_000));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 165_535, ended: 0 });
    connection.say(h2.credit(1, 100_000));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 200_000, ended: 1 });
    connection.say(h2.headers(1, OK, true));
    expect(await exchange.done()).toMatchObject({ error: undefined });
  });

  it('stops at the window of the connection, and those of others go on when it opens', async () => {
    const { exchange, connection } = await upload(Buffer.alloc(60_000, 'x'));
    const other = send(pool, { method: 'PUT', body: Buffer.alloc(60_000, 'y') });
    connection.say(h2.settings());
    await connection.request();
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_535, ended: 1 });
    // The end of a body and a request without one wait for no window.
    const empty = send(pool, { method: 'PUT', body: Readable.from([]) });
    await connection.request();
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_535, ended: 2 });
    connection.say(h2.credit(0, 54_465));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 120_000, ended: 3 });
    connection.say(h2.headers(1, OK, true), h2.headers(3, OK, true), h2.headers(5, OK, true));
    for (const one of [exchange, other, empty]) expect(await one.done()).toMatchObject({ error: undefined });
  });

  it('follows windows that settings close below zero and open again', async () => {
    const { exchange, connection } = await upload(Buffer.alloc(100_000, 'x'));
    connection.say(h2.settings(), h2.credit(0, 1_000_000));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_535, ended: 0 });
    connection.say(h2.settings([[INITIAL_WINDOW, 0]]), h2.credit(1, 65_535));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_535, ended: 0 });
    connection.say(h2.credit(1, 10));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 65_545, ended: 0 });
    connection.say(h2.settings([[INITIAL_WINDOW, 1_000_000]]));
    expect(await sentUntilNow(connection)).toEqual({ bytes: 100_000, ended: 1 });
    connection.say(h2.headers(1, OK, true));
    expect(await exchange.done()).toMatchObject({ error: undefined });
  });

  it('of no bytes ends at once', async () => {
    const { exchange, connection } = await upload(Buffer.alloc(0));
    expect((await connection.next(FRAME.DATA)).flags).toBe(FLAG.END_STREAM);
    connection.say(h2.settings(), h2.headers(1, OK, true));
    expect(await exchange.done()).toMatchObject({ error: undefined });
  });

  it.each([
    ['longer', ['content-length', '3'], 'abcd'],
    ['shorter', ['content-length', '5'], 'abcd'],
  ])('that is %s than it said is reset, and never ends', async (_name, headers, text) => {
    const { exchange, connection } = await upload(Readable.from([Buffer.from(text)]), headers);
    await connection.next(FRAME.RST_STREAM);
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_BODY_LENGTH' });
    connection.say(h2.settings());
    expect(await sentUntilNow(connection)).toMatchObject({ ended: 0 });
  });

  it('that breaks is reset', async () => {
    const body = new Readable({ read: () => undefined });
    const { exchange, connection } = await upload(body);
    body.destroy(new Error('the tunnel broke'));
    await connection.next(FRAME.RST_STREAM);
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_ABORTED' });
  });

  it('that is not wanted is given up when the whole answer is here, and the answer counts', async () => {
    const body = new Readable({ read: () => undefined });
    const { exchange, connection } = await upload(body);
    connection.say(
      h2.settings(),
      h2.headers(1, [':status', '413']),
      h2.data(1, 'too large', true),
      h2.reset(1, 0),
    );
    expect(await exchange.done()).toMatchObject({ status: 413, body: 'too large', error: undefined });
    expect(body.destroyed).toBe(true);
    await connection.next(FRAME.RST_STREAM);
  });
});

describe('an answer', () => {
  it('that is paused holds the peer at the window, and goes on when it is resumed', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    exchange.control.pause();
    connection.say(h2.settings(), h2.headers(1, OK));
    const window = HTTP2_LIMITS.STREAM_WINDOW_BYTES;
    for (let sent = 0; sent < window; sent += 16_384) connection.say(h2.data(1, Buffer.alloc(16_384)));
    await exchange.until(({ bytes }) => bytes === window);
    await connection.caughtUp();
    const credit = (): number[] =>
      connection.heard
        .filter(({ type, streamId }) => type === FRAME.WINDOW_UPDATE && streamId === 1)
        .map(({ payload }) => payload.readUInt32BE(0));
    expect(credit()).toEqual([]);
    exchange.control.resume();
    await connection.caughtUp();
    expect(credit()).toEqual([window]);
    connection.say(h2.data(1, 'the end', true));
    expect(await exchange.done()).toMatchObject({ bytes: window + 7, error: undefined });
  });

  it('that is paused holds up no other on its connection', async () => {
    const [paused, other] = [send(pool), send(pool)];
    const connection = await peer.connection();
    await connection.request();
    await connection.request();
    paused.control.pause();
    connection.say(h2.settings(), h2.headers(1, OK), h2.headers(3, OK));
    for (let sent = 0; sent < 4; sent += 1) connection.say(h2.data(1, Buffer.alloc(65_536)));
    for (let sent = 0; sent < 20; sent += 1) {
      connection.say(h2.data(3, Buffer.alloc(65_536)));
      // Half the window at a time.
      if (sent % 2 === 1) while ((await connection.next(FRAME.WINDOW_UPDATE)).streamId !== 3);
    }
    connection.say(h2.data(3, '', true));
    expect(await other.done()).toMatchObject({ bytes: 20 * 65_536, error: undefined });
  });

  it('that its client gave up is reset, and what still comes of it counts for nothing', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.headers(1, OK), h2.data(1, 'abc'));
    await exchange.until(({ bytes }) => bytes === 3);
    exchange.control.abort(new Error('the client went away'));
    exchange.control.resume();
    expect((await connection.next(FRAME.RST_STREAM)).streamId).toBe(1);
    connection.say(h2.data(1, Buffer.alloc(60_000)), h2.data(1, 'x', true));
    await connection.caughtUp();
    expect(await exchange.done()).toMatchObject({ bytes: 3, error: { code: 'CC_ERR_UPSTREAM_ABORTED' } });
    expect(pool.openConnections).toBe(1);
  });
});
