// Against Node's own HTTP/2 server: whole requests and answers, megabytes both ways, more at once than one connection takes.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type {
  Http2SecureServer,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundPort } from '../../../observe/index.ts';
import type { Http2Pool } from '../../../relay-agent/http2/index.ts';
import { testIdentity } from '../../support/test-authority.ts';
import { poolTo, send } from './exchange-double.ts';

const MAX_STREAMS = 20;

let server: Http2SecureServer;
let pool: Http2Pool;
let sessions: ServerHttp2Session[];
let serve: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

beforeEach(async () => {
  const { certificatePem: cert, privateKeyPem: key } = testIdentity();
  server = createSecureServer({ cert, key, settings: { maxConcurrentStreams: MAX_STREAMS } });
  sessions = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serve(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  pool = poolTo(boundPort(server));
});

afterEach(async () => {
  pool.close();
  for (const session of sessions) session.destroy();
  server.close();
  await once(server, 'close');
});

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a request', () => {
  it('arrives as it was sent, and its answer too', async () => {
    let seen: IncomingHttpHeaders = {};
    serve = (stream, headers) => {
      seen = headers;
      stream.respond({ ':status': 404, 'x-one': 'two', 'content-length': 4 });
      stream.end('gone');
    };
    const headers = ['impersonate-user', 'alice', 'impersonate-group', 'a', 'impersonate-group', 'b'];
    const { status, headers: answered, body } = await send(pool, { target: '/api/v1?x=%20', headers }).done();
    expect(seen).toMatchObject({
      ':method': 'GET',
      ':scheme': 'https',
      ':path': '/api/v1?x=%20',
      ':authority': `127.0.0.1:${boundPort(server)}`,
      'impersonate-user': 'alice',
      'impersonate-group': 'a, b',
    });
    expect({ status, body }).toEqual({ status: 404, body: 'gone' });
    expect(answered).toEqual(expect.arrayContaining(['x-one', 'two', 'content-length', '4']));
  });

  it.each([200, 204, 304])('HEAD answered with %d, and GET after it', async (status) => {
    serve = (stream) => {
      stream.respond({ ':status': status }, { endStream: true });
    };
    expect(await send(pool, { method: 'HEAD' }).done()).toMatchObject({ status, body: '', error: undefined });
    expect(await send(pool).done()).toMatchObject({ status, body: '', error: undefined });
  });

  it('carries every byte of latin1 in values, both ways, Huffman coded on the way back', async () => {
    const bytes = Array.from({ length: 224 }, (_, at) => String.fromCharCode(at + 0x20)).filter(
      (byte) => byte !== '\x7f',
    );
    // Letters around it make the code of any byte worth its while for the server's encoder.
    const values = bytes.map((byte) => `eeeeeeeeeeeeeee${byte}e`);
    const headers = values.flatMap((_, at) =>
      at % 4 === 0 ? [`x-${at}`, values.slice(at, at + 4).join('')] : [],
    );
    serve = (stream, received) => {
      const back = Object.entries(received).filter(([name]) => name.startsWith('x-'));
      stream.respond({ ':status': 200, ...Object.fromEntries(back) });
      stream.end();
    };
    const { headers: answered, error } = await send(pool, { headers }).done();
    expect(error).toBeUndefined();
    for (let at = 0; at < headers.length; at += 2) {
      expect(answered[answered.indexOf(headers[at] ?? '') + 1]).toBe(headers[at + 1]);
    }
  });

  it('has a head of more than one frame', async () => {
    serve = (stream, headers) => {
      stream.respond({ ':status': 200, 'x-back': String(headers['x-long']) });
      stream.end();
    };
    const long = 'l'.repeat(40_000);
    const { headers, status } = await send(pool, { headers: ['x-long', long] }).done();
    expect(status).toBe(200);
    expect(headers[headers.indexOf('x-back') + 1]).toBe(long);
  });
});

describe('bodies of megabytes', () => {
  it.each([
    ['in one buffer', (body: Buffer) => body],
    ['as a stream', (body: Buffer) => Readable.from(slices(body))],
  ])('%s come through both ways at once', async (_name, sent) => {
    serve = (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    };
    const bodies = [5, 3, 1].map((size) => randomBytes(size * 1024 * 1024 + size));
    const exchanges = bodies.map((body) => send(pool, { method: 'POST', body: sent(body) }));
    for (const [at, exchange] of exchanges.entries()) {
      expect((await exchange.done()).error).toBeUndefined();
      expect(hashOf(Buffer.concat(exchange.chunks))).toBe(hashOf(bodies[at] ?? Buffer.alloc(0)));
    }
    expect(sessions).toHaveLength(1);
  });

  it('that the server does not read wait, and others do not wait for them', async () => {
    serve = (stream, headers) => {
      if (headers[':path'] === '/stalled') return;
      stream.respond({ ':status': 200 });
      stream.end('served');
    };
    const stalled = send(pool, {
      method: 'POST',
      target: '/stalled',
      body: Readable.from(slices(randomBytes(2_000_000))),
    });
    const served = await send(pool).done();
    expect(served.body).toBe('served');
    expect(stalled.ends).toBe(0);
    stalled.control.abort(new Error('the client went away'));
    await stalled.done();
  });
});

describe('many requests at once', () => {
  it('take as many connections as their number needs, and all are answered', async () => {
    let running = 0;
    let most = 0;
    serve = (stream, headers) => {
      running += 1;
      most = Math.max(most, running);
      setImmediate(() => {
        running -= 1;
        stream.respond({ ':status': 200 });
        stream.end(String(headers[':path']));
      });
    };
    const exchanges = Array.from({ length: 300 }, (_, at) => send(pool, { target: `/${at}` }));
    for (const [at, exchange] of exchanges.entries())
      expect(await exchange.done()).toMatchObject({ status: 200, body: `/${at}`, error: undefined });
    expect(most).toBeGreaterThan(MAX_STREAMS);
    expect(sessions.length).toBeGreaterThan(1);
    expect(sessions.length).toBeLessThanOrEqual(300 / MAX_STREAMS);
  });

  it('that stay open have connections of their own for those that come after them', async () => {
    const open: ServerHttp2Stream[] = [];
    serve = (stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] === '/watch') open.push(stream);
      else stream.end('list');
    };
    await send(pool).done();
    const watches = Array.from({ length: 2 * MAX_STREAMS }, () => send(pool, { target: '/watch' }));
    for (const watch of watches) await watch.until(({ status }) => status === 200);
    expect((await send(pool).done()).body).toBe('list');
    expect(sessions).toHaveLength(3);
    for (const stream of open) stream.end('event');
    for (const watch of watches) expect((await watch.done()).body).toBe('event');
  });
});

it('an abort is a RST_STREAM at the server', async () => {
  const aborted = Promise.withResolvers<number>();
  serve = (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('first');
    stream.on('close', () => aborted.resolve(stream.rstCode));
  };
  const exchange = send(pool, { method: 'POST', body: new Readable({ read: () => undefined }) });
  await exchange.until(({ bytes }) => bytes > 0);
  exchange.control.abort(new Error('the client went away'));
  // CANCEL
  expect(await aborted.promise).toBe(8);
});

it('a server that closes in order loses no request', async () => {
  serve = (stream, headers) => {
    if (headers[':path'] === '/last') sessions[0]?.close();
    stream.respond({ ':status': 200 });
    setImmediate(() => stream.end('whole'));
  };
  const first = send(pool, { target: '/last' });
  await first.until(({ status }) => status === 200);
  const second = send(pool);
  expect(await first.done()).toMatchObject({ body: 'whole', error: undefined });
  expect(await second.done()).toMatchObject({ body: 'whole', error: undefined });
});

function slices(body: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.byteLength; at += 50_000) pieces.push(body.subarray(at, at + 50_000));
  return pieces;
}
