// GOAWAY and REFUSED_STREAM (RFC 9113 §6.8, §8.7): what the apiserver surely did not begin is sent again, nothing else is.
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLAG, FRAME, H2_ERROR, MAX_STREAM_ID } from '../../../http/index.ts';
import type { Http2Pool } from '../../../relay-agent/http2/index.ts';
import { h2 } from '../../support/http2-frames.ts';
import { startHttp2Peer } from '../../support/http2-peer.ts';
import type { Http2Peer } from '../../support/http2-peer.ts';
import { poolTo, send } from './exchange-double.ts';

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
const REFUSED = H2_ERROR.REFUSED_STREAM;
const MAX_STREAMS = 3;

describe('GOAWAY', () => {
  it('first with the highest id, then with the last one: what lies above goes to another connection', async () => {
    const [kept, moved] = [send(pool), send(pool, { method: 'POST', body: Buffer.from('body') })];
    const first = await peer.connection();
    await first.request();
    await first.request();
    first.say(h2.settings(), h2.goAway(MAX_STREAM_ID));
    await first.caughtUp();
    const late = send(pool);
    const second = await peer.connection();
    expect((await second.request()).id).toBe(1);
    first.say(h2.goAway(1));
    const again = await second.request();
    expect(again.headers).toEqual(expect.arrayContaining([':method', 'POST', 'content-length', '4']));
    expect(String((await second.next(FRAME.DATA)).payload)).toBe('body');
    first.say(h2.headers(1, OK, true));
    second.say(h2.settings(), h2.headers(1, OK, true), h2.headers(again.id, OK, true));
    for (const exchange of [kept, moved, late]) {
      expect(await exchange.done()).toMatchObject({ status: 200, error: undefined });
    }
    expect(moved.starts).toBe(2);
    await first.closed();
    expect(pool.openConnections).toBe(1);
  });

  it('on a connection without requests closes it', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    connection.say(h2.settings(), h2.headers(1, OK, true));
    await exchange.done();
    connection.say(h2.goAway(1));
    await connection.closed();
    expect(pool.openConnections).toBe(0);
  });

  it('of an apiserver that says so to everything ends in an error after a few connections', async () => {
    const exchange = send(pool);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const connection = await peer.connection();
      connection.say(h2.settings(), h2.goAway(0, H2_ERROR.ENHANCE_YOUR_CALM));
    }
    const { error, starts } = await exchange.done();
    expect(error).toMatchObject({ code: 'CC_ERR_UPSTREAM_REFUSED' });
    expect(starts).toBe(3);
  });
});

describe('REFUSED_STREAM', () => {
  it('is sent again, three times in all', async () => {
    const [lucky, unlucky] = [send(pool), send(pool)];
    const connection = await peer.connection();
    connection.say(h2.settings());
    await connection.request();
    await connection.request();
    connection.say(h2.reset(1, REFUSED), h2.reset(3, REFUSED));
    const second = [await connection.request(), await connection.request()];
    connection.say(h2.headers(second[0]?.id ?? 0, OK, true), h2.reset(second[1]?.id ?? 0, REFUSED));
    connection.say(h2.reset((await connection.request()).id, REFUSED));
    expect(await lucky.done()).toMatchObject({ status: 200, error: undefined });
    expect((await unlucky.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_REFUSED' });
  });

  it('of a body that streams is told to the client: its bytes are gone', async () => {
    const body = new Readable({ read: () => undefined });
    const exchange = send(pool, { method: 'POST', body });
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.reset(1, REFUSED));
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_REFUSED' });
    expect(body.destroyed).toBe(true);
  });

  it('after the beginning of an answer is told to the client: it has that already', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.headers(1, OK), h2.reset(1, REFUSED));
    expect(await exchange.done()).toMatchObject({ starts: 1, error: { code: 'CC_ERR_UPSTREAM_REFUSED' } });
  });

  it('is not sent again for a client that went away in between', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    const start = exchange.onRequestStart.bind(exchange);
    exchange.onRequestStart = (controller) => {
      start(controller);
      controller.abort(new Error('gone'));
    };
    connection.say(h2.settings(), h2.reset(1, REFUSED));
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_ABORTED' });
    const next = send(pool);
    expect((await connection.request()).id).toBe(3);
    connection.say(h2.headers(3, OK, true));
    await next.done();
  });
});

describe('a limit on requests', () => {
  it('that is low is kept by the next connections from their first request on', async () => {
    const exchanges = Array.from({ length: 6 }, () => send(pool));
    const first = await peer.connection();
    for (let at = 0; at < 6; at += 1) await first.request();
    first.say(h2.settings([[MAX_STREAMS, 2]]));
    for (const id of [5, 7, 9, 11]) first.say(h2.reset(id, REFUSED));
    const second = await peer.connection();
    const third = await peer.connection();
    for (const connection of [second, third]) {
      await connection.request();
      await connection.request();
      connection.say(h2.settings([[MAX_STREAMS, 2]]));
    }
    for (const connection of [first, second, third])
      connection.say(h2.headers(1, OK, true), h2.headers(3, OK, true));
    for (const exchange of exchanges) expect(await exchange.done()).toMatchObject({ status: 200 });
    expect(exchanges.map(({ starts }) => starts)).toEqual([1, 1, 2, 2, 2, 2]);
  });

  it('of none at all ends in an error and not in connections without end', async () => {
    const exchange = send(pool);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const connection = await peer.connection();
      await connection.request();
      connection.say(h2.settings([[MAX_STREAMS, 0]]), h2.reset(1, REFUSED));
    }
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_REFUSED' });
    expect(pool.openConnections).toBe(3);
  });

  it('counts requests that were given up until a PING has come back after their RST_STREAM', async () => {
    const given = send(pool);
    const first = await peer.connection();
    await first.request();
    first.say(h2.settings([[MAX_STREAMS, 1]]));
    await first.next(FRAME.SETTINGS);
    await first.next(FRAME.SETTINGS);
    given.control.abort(new Error('the client went away'));
    expect((await first.next(FRAME.RST_STREAM)).payload.readUInt32BE(0)).toBe(H2_ERROR.CANCEL);
    const ping = await first.next(FRAME.PING);
    // No room there yet: it waits for a connection of its own, and that one does not answer.
    const waiting = send(pool);
    const second = await peer.connection();
    await second.request();
    const third = send(pool);
    first.say(h2.ping(FLAG.ACK, String(ping.payload)));
    const { id } = await first.request();
    first.say(h2.headers(id, OK, true));
    second.say(h2.settings([[MAX_STREAMS, 1]]), h2.headers(1, OK, true));
    expect(await waiting.done()).toMatchObject({ status: 200 });
    expect(await third.done()).toMatchObject({ status: 200 });
  });
});
