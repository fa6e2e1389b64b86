// An apiserver that breaks the rules of HTTP/2, or breaks off: each request ends with a clear error, and nothing else does.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLAG, FRAME, H2_ERROR } from '../../../http/index.ts';
import type { Http2Pool } from '../../../relay-agent/http2/index.ts';
import { h2, h2Frame } from '../../support/http2-frames.ts';
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
const WINDOW = 2 ** 31 - 1;

describe('what ends the connection', () => {
  it.each<[string, keyof typeof H2_ERROR, readonly Buffer[]]>([
    ['something else than settings at first', 'PROTOCOL_ERROR', [h2.ping()]],
    ['an acknowledgement of settings at first', 'PROTOCOL_ERROR', [h2.settingsAck()]],
    ['an answer at first', 'PROTOCOL_ERROR', [h2.headers(1, OK, true)]],
    ['data at first', 'PROTOCOL_ERROR', [h2.data(1, 'x')]],
    ['an HTTP/1.1 answer', 'FRAME_SIZE_ERROR', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    ['a frame that is too large', 'FRAME_SIZE_ERROR', [h2.settings(), h2.data(1, Buffer.alloc(65_537))]],
    ['settings of a stream', 'PROTOCOL_ERROR', [h2Frame(FRAME.SETTINGS, 0, 1)]],
    ['half a setting', 'FRAME_SIZE_ERROR', [h2Frame(FRAME.SETTINGS, 0, 0, 'abc')]],
    [
      'an acknowledgement with settings',
      'FRAME_SIZE_ERROR',
      [h2.settings(), h2Frame(FRAME.SETTINGS, 1, 0, '123456')],
    ],
    ['a push allowed by the server', 'PROTOCOL_ERROR', [h2.settings([[2, 1]])]],
    ['a first window that is too large', 'FLOW_CONTROL_ERROR', [h2.settings([[4, 2 ** 31]])]],
    ['a frame size that is too small', 'PROTOCOL_ERROR', [h2.settings([[5, 16_383]])]],
    ['a frame size that is too large', 'PROTOCOL_ERROR', [h2.settings([[5, 2 ** 24]])]],
    ['an answer to nobody', 'PROTOCOL_ERROR', [h2.settings(), h2.headers(3, OK, true)]],
    ['an answer on a stream of its own', 'PROTOCOL_ERROR', [h2.settings(), h2.headers(2, OK, true)]],
    ['an answer on no stream', 'PROTOCOL_ERROR', [h2.settings(), h2.headers(0, OK, true)]],
    ['data for nobody', 'PROTOCOL_ERROR', [h2.settings(), h2.data(3, 'x')]],
    [
      'data within a block',
      'PROTOCOL_ERROR',
      [h2.settings(), h2Frame(FRAME.HEADERS, 0, 1, 'x'), h2.data(1, 'x')],
    ],
    [
      'a ping within a block',
      'PROTOCOL_ERROR',
      [h2.settings(), h2Frame(FRAME.HEADERS, 0, 1, 'x'), h2.ping()],
    ],
    ['a continuation of nothing', 'PROTOCOL_ERROR', [h2.settings(), h2Frame(FRAME.CONTINUATION, 4, 1, 'x')]],
    [
      'a block that cannot be decoded',
      'COMPRESSION_ERROR',
      [h2.settings(), h2Frame(FRAME.HEADERS, 4, 1, '\x80')],
    ],
    [
      'such a block of a stream that is over',
      'COMPRESSION_ERROR',
      [h2.settings(), h2.reset(1, 0), h2Frame(FRAME.HEADERS, 4, 1, Buffer.of(0x80))],
    ],
    [
      'a block without an end',
      'ENHANCE_YOUR_CALM',
      [
        h2.settings(),
        h2Frame(FRAME.HEADERS, 0, 1, Buffer.alloc(40_000)),
        h2Frame(FRAME.CONTINUATION, 0, 1, Buffer.alloc(40_000)),
      ],
    ],
    ['a push', 'PROTOCOL_ERROR', [h2.settings(), h2Frame(FRAME.PUSH_PROMISE, 4, 1, '\0\0\0\x02')]],
    ['a ping of a stream', 'PROTOCOL_ERROR', [h2.settings(), h2Frame(FRAME.PING, 0, 1, '12345678')]],
    ['a ping of nine bytes', 'FRAME_SIZE_ERROR', [h2.settings(), h2.ping(0, '123456789')]],
    ['a farewell of a stream', 'PROTOCOL_ERROR', [h2.settings(), h2Frame(FRAME.GOAWAY, 0, 1, '12345678')]],
    [
      'a farewell of seven bytes',
      'FRAME_SIZE_ERROR',
      [h2.settings(), h2Frame(FRAME.GOAWAY, 0, 0, '1234567')],
    ],
    ['a reset of nothing', 'PROTOCOL_ERROR', [h2.settings(), h2.reset(0, 8)]],
    ['a reset of nobody', 'PROTOCOL_ERROR', [h2.settings(), h2.reset(5, 8)]],
    ['a reset of five bytes', 'FRAME_SIZE_ERROR', [h2.settings(), h2Frame(FRAME.RST_STREAM, 0, 1, '12345')]],
    ['credit of nothing', 'PROTOCOL_ERROR', [h2.settings(), h2.credit(0, 0)]],
    ['credit of nothing for a stream', 'PROTOCOL_ERROR', [h2.settings(), h2.credit(1, 0)]],
    ['credit for nobody', 'PROTOCOL_ERROR', [h2.settings(), h2.credit(7, 1)]],
    ['more credit than there is', 'FLOW_CONTROL_ERROR', [h2.settings(), h2.credit(0, WINDOW)]],
    ['more credit than there is for a stream', 'FLOW_CONTROL_ERROR', [h2.settings(), h2.credit(1, WINDOW)]],
    [
      'a first window that opens one too far',
      'FLOW_CONTROL_ERROR',
      [h2.settings(), h2.credit(1, 1), h2.settings([[4, WINDOW]])],
    ],
    [
      'more data than the window takes',
      'FLOW_CONTROL_ERROR',
      [
        h2.settings(),
        h2.headers(1, OK),
        // Never taken: as long as it is paused no credit goes back.
        ...Array.from({ length: 17 }, () => h2.data(1, Buffer.alloc(16_384))),
      ],
    ],
  ])('%s: %s', async (_name, code, frames) => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    exchange.control.pause();
    connection.say(...frames);
    const { error } = await exchange.done();
    expect(error).toMatchObject({ code: expect.stringMatching(/^CC_ERR_UPSTREAM_(PROTOCOL|RESET)$/) });
    const farewell = await connection.next(FRAME.GOAWAY);
    expect(farewell.payload.readUInt32BE(4)).toBe(H2_ERROR[code]);
    await connection.closed();
    expect(pool.openConnections).toBe(0);
  });

  it('and the next request goes over a new one', async () => {
    send(pool);
    const first = await peer.connection();
    first.say(h2.ping());
    await first.closed();
    const exchange = send(pool);
    const second = await peer.connection();
    const { id } = await second.request();
    second.say(h2.settings(), h2.headers(id, OK, true));
    expect(await exchange.done()).toMatchObject({ status: 200, error: undefined });
  });
});

describe('what ends one request, and its neighbour goes on', () => {
  it.each<[string, string, readonly Buffer[]]>([
    ['no status', 'PROTOCOL', [h2.headers(1, ['date', 'x'], true)]],
    ['a status that is none', 'PROTOCOL', [h2.headers(1, [':status', '2000'], true)]],
    ['a status after another field', 'PROTOCOL', [h2.headers(1, ['date', 'x', ':status', '200'], true)]],
    ['a switch of protocols', 'PROTOCOL', [h2.headers(1, [':status', '101'])]],
    ['an interim answer that ends', 'PROTOCOL', [h2.headers(1, [':status', '103'], true)]],
    ['data before an answer', 'PROTOCOL', [h2.data(1, 'x')]],
    ['an end before an answer', 'PROTOCOL', [h2.data(1, '', true)]],
    ['a second head', 'PROTOCOL', [h2.headers(1, OK), h2.headers(1, OK)]],
    [
      'an answer shorter than it said',
      'PROTOCOL',
      [h2.headers(1, [...OK, 'content-length', '3']), h2.data(1, 'ab', true)],
    ],
    ['no body where one was announced', 'PROTOCOL', [h2.headers(1, [...OK, 'content-length', '3'], true)]],
    [
      'an answer longer than it said',
      'PROTOCOL',
      [h2.headers(1, [...OK, 'content-length', '3']), h2.data(1, 'abcd')],
    ],
    ['a body of a 204', 'PROTOCOL', [h2.headers(1, [':status', '204']), h2.data(1, 'x', true)]],
    ['a body of a 304', 'PROTOCOL', [h2.headers(1, [':status', '304']), h2.data(1, 'x', true)]],
    ['a reset', 'RESET', [h2.reset(1, 2)]],
    ['a reset of no error before its answer', 'RESET', [h2.reset(1, 0)]],
    ['a reset in the middle', 'RESET', [h2.headers(1, OK), h2.data(1, 'abc'), h2.reset(1, 2)]],
    [
      'a head that is too large',
      'ANSWER_TOO_LARGE',
      [h2.headers(1, [...OK, ...Array.from({ length: 800 }, () => ['x', 'y'.repeat(70)]).flat()], true)],
    ],
  ])('%s', async (_name, code, frames) => {
    const [broken, neighbour] = [send(pool), send(pool)];
    const connection = await peer.connection();
    await connection.request();
    await connection.request();
    connection.say(h2.settings(), ...frames);
    const { error } = await broken.done();
    expect(error).toMatchObject({ code: `CC_ERR_UPSTREAM_${code}` });
    connection.say(h2.headers(3, OK), h2.data(3, 'whole', true));
    expect(await neighbour.done()).toMatchObject({ status: 200, body: 'whole', error: undefined });
    expect(pool.openConnections).toBe(1);
  });

  it('breaks all of them when the connection breaks, and says so', async () => {
    const all = [send(pool), send(pool)];
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.headers(1, OK), h2.data(1, 'abc'));
    await all[0]?.until(({ bytes }) => bytes === 3);
    connection.socket.destroy();
    for (const exchange of all) {
      const { error } = await exchange.done();
      expect(error).toMatchObject({ code: 'CC_ERR_UPSTREAM_CLOSED' });
    }
  });
});

describe('an apiserver that asks and does not read', () => {
  it('loses its connection before the answers fill the memory', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    connection.socket.pause();
    connection.say(h2.settings());
    // More than the agent's limit and the buffers of the operating system together.
    const pings = Buffer.concat(Array.from({ length: 60_000 }, () => h2.ping()));
    for (let megabytes = 0; megabytes < 40; megabytes += 1) connection.say(pings);
    expect((await exchange.done()).error).toMatchObject({ code: 'CC_ERR_UPSTREAM_SILENT' });
    expect(pool.openConnections).toBe(0);
  });
});

describe('what may come', () => {
  it.each<[string, readonly Buffer[]]>([
    ['interim answers', [h2.headers(1, [':status', '100']), h2.headers(1, [':status', '103'])]],
    ['frames that nobody knows', [h2Frame(0xbe, 0xff, 0, 'x'), h2Frame(FRAME.PRIORITY, 0, 1, '12345')]],
    ['settings that nobody knows', [h2.settings([[99, 1]])]],
    [
      'late frames',
      [h2.reset(1, 0), h2.headers(1, OK, true), h2.data(1, 'x', true), h2.credit(1, 5), h2.reset(1, 0)],
    ],
  ])('%s', async (name, frames) => {
    const [first, second] = [send(pool), send(pool)];
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), ...frames);
    if (name !== 'late frames') connection.say(h2.headers(1, OK, true));
    connection.say(h2.headers(3, OK, true));
    await first.done();
    expect(await second.done()).toMatchObject({ status: 200, error: undefined });
  });

  it('trailers, padding, priorities and empty frames', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    await connection.request();
    const priority = h2.headers(1, OK).subarray(9);
    connection.say(
      h2.settings(),
      h2Frame(FRAME.HEADERS, FLAG.END_HEADERS | FLAG.PRIORITY, 1, Buffer.concat([Buffer.alloc(5), priority])),
      h2.data(1, ''),
      h2.padded(1, 'padded', 200),
      h2.padded(1, '', 0),
      h2.headers(1, ['x-trailer', '1'], true),
    );
    expect(await exchange.done()).toMatchObject({ status: 200, body: 'padded', error: undefined });
  });

  it('an answer to HEAD, with the length that GET would have', async () => {
    const exchange = send(pool, { method: 'HEAD' });
    const connection = await peer.connection();
    await connection.request();
    connection.say(h2.settings(), h2.headers(1, [...OK, 'content-length', '1234'], true));
    expect(await exchange.done()).toMatchObject({ headers: ['content-length', '1234'], error: undefined });
  });

  it('pings, which are answered', async () => {
    const exchange = send(pool);
    const connection = await peer.connection();
    connection.say(h2.settings(), h2.ping(0, 'abcdefgh'));
    const pong = await connection.next(FRAME.PING);
    expect([pong.flags, String(pong.payload)]).toEqual([FLAG.ACK, 'abcdefgh']);
    connection.say(h2.headers(1, OK, true));
    await exchange.done();
  });
});
