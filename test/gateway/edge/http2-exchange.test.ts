// What an exchange of HTTP/2 holds on to while its answer lasts.
import { connect, createServer } from 'node:http2';
import type { ClientHttp2Session, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { listenOnFreePort } from '../../../bench/listen.ts';
import { Http2Exchange } from '../../../gateway/edge/http2-exchange.ts';

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
