// What an exchange of HTTP/2 holds on to while its answer lasts, and how it ends one that came before the request's end.
import { connect, createServer } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { ClientHttp2Session, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { Http2Exchange } from '../../../gateway/edge/http2-exchange.ts';
import {
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
} from '../../../http/index.ts';
import { h2 } from '../../support/http2-frames.ts';

const LISTENER = {
  onBody: () => undefined,
  onBodyEnd: () => undefined,
  onWritable: () => undefined,
  onGone: () => undefined,
};

let server: Http2Server | undefined;
let client: ClientHttp2Session | undefined;

afterEach(() => {
  client?.destroy();
  server?.close();
});

/** @returns the exchange, and the very list of headers that Node made of its head */
async function exchangeOf(headers: Record<string, string>): Promise<[Http2Exchange, readonly string[]]> {
  server = createServer();
  server.on('session', (session: ServerHttp2Session) => session.on('error', () => undefined));
  const started = Promise.withResolvers<[Http2Exchange, readonly string[]]>();
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, rawHeaders: string[]) => {
    const exchange = new Http2Exchange(stream, rawHeaders, !stream.endAfterHeaders, '', () => undefined);
    started.resolve([exchange, rawHeaders]);
  });
  client = connect(`http://127.0.0.1:${await listenOnFreePort(server)}`);
  const request = client.request(headers);
  request.on('error', () => undefined);
  request.on('continue', () => request.end('body'));
  return started.promise;
}

describe('an exchange of HTTP/2 that is listened to', () => {
  it('holds nothing of its head but what it is asked for, and neither does Node', async () => {
    const [exchange, rawHeaders] = await exchangeOf({ ':path': '/api', authorization: 'Bearer token' });
    expect(exchange.rawHeaders).toContain('Bearer token');
    exchange.listen(LISTENER);
    expect(exchange.rawHeaders).toEqual([]);
    expect(rawHeaders).toEqual([]);
    expect([exchange.method, exchange.target]).toEqual(['GET', '/api']);
  });

  it('still knows that its client waits to be told to go on', async () => {
    const [exchange] = await exchangeOf({ ':method': 'POST', ':path': '/api', expect: '100-continue' });
    const body = new Promise<string>((resolve) => {
      exchange.listen({ ...LISTENER, onBody: (chunk: Buffer) => resolve(chunk.toString()) });
    });
    expect(await body).toBe('body');
  });
});

const POST_ID = 1;
/** More than a system takes for a reader that reads nothing. */
const BACKLOG = Buffer.alloc(32 * 1024 * 1024);
const PATIENCE = h2.settings([[SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW_BYTES]]);

/**
 * Begins a POST whose body never comes, and notes the frames of its answer, by type and flags.
 * @param untilRead reads nothing before; the answer then stands behind a backlog
 */
async function framesOfUnreadPost(
  answer: (exchange: Http2Exchange, stream: ServerHttp2Stream) => void,
  untilRead?: Promise<void>,
): Promise<readonly string[]> {
  server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, rawHeaders: string[]) => {
    if (stream.endAfterHeaders) {
      stream.respond();
      stream.end(BACKLOG);
      return;
    }
    const exchange = new Http2Exchange(stream, rawHeaders, true, '', () => undefined);
    exchange.listen(LISTENER);
    answer(exchange, stream);
  });
  const socket = connectTcp(await listenOnFreePort(server), '127.0.0.1');
  const frames: string[] = [];
  const reset = new Promise<void>((resolve, reject) => {
    const hear = (type: number, flags: number, streamId: number): void => {
      if (streamId !== POST_ID) return;
      frames.push(`${type}:${flags & FLAG.END_STREAM}`);
      if (type === FRAME.RST_STREAM) resolve();
    };
    const reader = new FrameReader(
      {
        onDataFrame: () => undefined,
        onData: () => undefined,
        onDataEnd: (streamId, endStream) => hear(FRAME.DATA, endStream ? FLAG.END_STREAM : 0, streamId),
        onFrame: hear,
      },
      2 ** 14,
    );
    socket.on('data', (chunk) => reader.push(chunk));
    socket.once('close', () => reject(new Error(`closed after ${frames.join(' ')}`)));
  });
  const post = [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', '/api'];
  const get = [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', '/backlog'];
  const after = untilRead === undefined ? [] : [h2.headers(3, get, true)];
  if (untilRead !== undefined) {
    socket.pause();
    void untilRead.then(() => socket.resume());
  }
  const credit = h2.credit(0, MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  socket.write(
    Buffer.concat([PREFACE, PATIENCE, h2.settingsAck(), credit, h2.headers(POST_ID, post), ...after]),
  );
  await reset;
  socket.destroy();
  return frames;
}

describe('an answer to a request whose body was not read to its end', () => {
  const HEAD = `${FRAME.HEADERS}:0`;
  const DATA = `${FRAME.DATA}:0`;
  const END = `${FRAME.DATA}:${FLAG.END_STREAM}`;
  const RESET = `${FRAME.RST_STREAM}:0`;

  it('that comes at once is whole before the client is told to stop', async () => {
    const frames = await framesOfUnreadPost((exchange) => {
      exchange.respond(413, []);
      exchange.write(Buffer.from('too large'));
      exchange.end(true);
    });
    expect(frames).toEqual([HEAD, END, RESET]);
  });

  it('that comes piece by piece is whole before the client is told to stop', async () => {
    const frames = await framesOfUnreadPost((exchange) => {
      exchange.respond(413, []);
      setImmediate(() => exchange.write(Buffer.from('too large')));
      setTimeout(() => exchange.end(true), 20);
    });
    expect(frames).toEqual([HEAD, DATA, END, RESET]);
  });

  it('that a client does not read yet is whole, too, once it does', async () => {
    const { promise: reads, resolve: read } = Promise.withResolvers<void>();
    let leftEarly: number | undefined;
    const frames = await framesOfUnreadPost((exchange, stream) => {
      exchange.respond(413, []);
      setImmediate(() => exchange.write(Buffer.from('too large')));
      setTimeout(() => exchange.end(true), 20);
      setTimeout(() => {
        leftEarly = stream.state.localClose;
        read();
      }, 80);
    }, reads);
    expect(leftEarly).toBe(0);
    expect(frames).toEqual([HEAD, DATA, END, RESET]);
  });
});
