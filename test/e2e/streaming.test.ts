// What a watch, a log, an upload and an exec need of the whole way: bytes at once, both ways, and honest ends.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { APISERVER_PROTOCOLS } from '../support/recording-upstream.ts';

let world: RelayWorld;
let token: string;
// The upstream's side of an answer that a test writes by hand.
let answer: ((response: ServerResponse, body: string) => void) | undefined;
let onUpgrade: ((socket: Duplex, head: Buffer) => void) | undefined;

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe.each(APISERVER_PROTOCOLS)('towards an apiserver that speaks %s', (apiserver) => {
  beforeAll(async () => {
    world = await startRelayWorld({
      apiserver,
      answer: (_request, response, body) => answer?.(response, body),
      onUpgrade: (_request, socket, head) => onUpgrade?.(socket, head),
    });
    token = await world.token('alice');
  });

  afterAll(() => world.close());

  it('speaks it', async () => {
    answer = (response) => response.end(response.req.httpVersion);
    expect((await call(world, { token })).body).toBe(apiserver === 'HTTP/2' ? '2.0' : '1.1');
  });

  describe('an answer that streams', () => {
    it('brings each event as it is written', async () => {
      const written = Promise.withResolvers<ServerResponse>();
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        written.resolve(response);
      };
      const response = await open(world, { token, path: '/api/v1/pods?watch=true' });
      const upstream = await written.promise;
      for (const event of ['{"type":"ADDED"}\n', '{"type":"MODIFIED"}\n', '{"type":"DELETED"}\n']) {
        upstream.write(event);
        const [chunk] = await once(response, 'data');
        expect(String(chunk)).toBe(event);
      }
      upstream.end();
      await once(response, 'end');
      expect(response.complete).toBe(true);
    });

    it.each(['HTTP/1.1', 'HTTP/2'])(
      'that breaks off at the apiserver is aborted for the client over %s',
      async (version) => {
        answer = (response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"items":[');
          setImmediate(() => response.destroy());
        };
        if (version === 'HTTP/1.1') {
          await expect(call(world, { token })).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
        } else {
          const session = openHttp2(world);
          await expect(callHttp2(session, { token })).rejects.toThrow(/closed with|reset with/);
          session.destroy();
        }
      },
    );

    it('is cancelled at the apiserver when the client goes away', async () => {
      const closed = Promise.withResolvers<void>();
      answer = (response) => {
        response.on('close', () => closed.resolve());
        response.writeHead(200);
        response.write('first');
      };
      const response = await open(world, { token, path: '/api/v1/pods?watch=true' });
      await once(response, 'data');
      response.destroy();
      await closed.promise;
    });
  });

  describe('bodies', () => {
    it.each([
      ['HTTP/1.1', 3 * 1024 * 1024],
      ['HTTP/1.1', 40 * 1024],
      ['HTTP/1.1', 1],
      ['HTTP/2', 3 * 1024 * 1024],
      ['HTTP/2', 40 * 1024],
    ])('of %s and %d bytes come through byte for byte both ways', async (version, bytes) => {
      const body = randomBytes(bytes);
      const digest = createHash('sha256').update(body.toString('latin1')).digest('hex');
      answer = (response, received) => {
        response.writeHead(201, { 'x-digest': createHash('sha256').update(received).digest('hex') });
        response.end(Buffer.from(received, 'latin1').toString('hex'));
      };
      const options = { token, method: 'POST', body };
      if (version === 'HTTP/1.1') {
        const got = await call(world, options);
        expect(got).toMatchObject({ status: 201, headers: { 'x-digest': digest } });
        expect(got.body).toBe(body.toString('hex'));
      } else {
        const session = openHttp2(world);
        const got = await callHttp2(session, options);
        expect(got).toMatchObject({ status: 201, headers: { 'x-digest': digest } });
        expect(got.body).toBe(body.toString('hex'));
        session.destroy();
      }
    });

    it('of a HEAD are absent and its length is kept', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-length': '1234' });
        response.end();
      };
      const got = await call(world, { token, method: 'HEAD' });
      expect(got).toMatchObject({ status: 200, headers: { 'content-length': '1234' }, body: '' });
    });

    it.each([204, 304])('are absent from a %d', async (status) => {
      answer = (response) => {
        response.writeHead(status, { etag: '"x"' });
        response.end();
      };
      expect(await call(world, { token })).toMatchObject({ status, headers: { etag: '"x"' }, body: '' });
    });

    it('after Expect: 100-continue are asked for by the gateway', async () => {
      answer = (response, received) => response.end(received);
      const got = await call(world, {
        token,
        method: 'PUT',
        body: 'hello',
        headers: { expect: '100-continue' },
      });
      expect(got.body).toBe('hello');
    });

    it.each([
      ['asked for with a 100', true, 'hello', 1],
      ['not asked for when the token is refused', false, '"code":401', 0],
    ])('after Expect: 100-continue over HTTP/2 are %s', async (_, isKnown, shows, continues) => {
      answer = (response, received) => response.end(received);
      const session = openHttp2(world);
      const stream = session.request({
        ':method': 'PUT',
        ':path': '/api/v1/pods',
        authorization: `Bearer ${isKnown ? token : 'nobody'}`,
        expect: '100-continue',
      });
      let continued = 0;
      stream.on('continue', () => {
        continued += 1;
        stream.end('hello');
      });
      let body = '';
      for await (const chunk of stream.setEncoding('utf8')) body += String(chunk);
      session.destroy();
      expect(body).toContain(shows);
      expect(continued).toBe(continues);
    });
  });

  describe('an upgrade', () => {
    it('carries raw bytes both ways after the 101, the early ones too', async () => {
      onUpgrade = (socket, head) => {
        socket.write(`${SWITCH}welcome`);
        if (head.byteLength > 0) socket.write(head);
        socket.pipe(socket);
      };
      const { socket } = await upgrade(world, { token });
      const sent = randomBytes(2 * 1024 * 1024);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.end(sent);
      await once(socket, 'close');
      const received = Buffer.concat(chunks);
      const start = received.subarray(0, 7).toString();
      // What came in the same packet as the 101 is given to Node's client as its head.
      expect(['welcome', sent.subarray(0, 7).toString()]).toContain(start);
      expect(received.subarray(received.byteLength - sent.byteLength).equals(sent)).toBe(true);
    });

    it('ends at the client when the apiserver ends it, after everything that it wrote', async () => {
      onUpgrade = (socket) => {
        socket.write(SWITCH);
        socket.end(Buffer.alloc(300_000, 'x'));
      };
      const { socket } = await upgrade(world, { token });
      let bytes = 0;
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
      });
      await once(socket, 'end');
      expect(bytes).toBe(300_000);
      socket.destroy();
    });

    it('ends at the apiserver when the client goes away', async () => {
      const closed = Promise.withResolvers<void>();
      onUpgrade = (socket) => {
        socket.write(SWITCH);
        socket.on('close', () => closed.resolve());
        socket.resume();
      };
      const { socket } = await upgrade(world, { token });
      socket.destroy();
      await closed.promise;
    });

    it('keeps repeated X-Stream-Protocol-Version lines apart, as SPDY/3.1 needs', async () => {
      onUpgrade = (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      const before = world.upstream.requests.length;
      await expect(
        upgrade(world, {
          token,
          method: 'POST',
          headers: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' },
        }),
      ).rejects.toThrow('answered with 403');
      expect(world.upstream.requests[before]).toMatchObject({ method: 'POST' });
      expect(world.upstream.requests[before]?.rawHeaders).toContain('SPDY/3.1');
    });

    it.each([
      ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'],
      ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n'],
      ['a success', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ])('U1, U2: answered with %s becomes a 502', async (_name, bytes) => {
      onUpgrade = (socket) => socket.end(bytes);
      await expect(upgrade(world, { token })).rejects.toThrow('answered with 502');
    });
  });

  describe('HTTP/2', () => {
    it('carries a hundred requests at once on one connection', async () => {
      answer = (response) => response.end('x'.repeat(5000));
      const session = openHttp2(world);
      const answers = await Promise.all(Array.from({ length: 100 }, () => callHttp2(session, { token })));
      expect(answers.every(({ status, body }) => status === 200 && body.length === 5000)).toBe(true);
      session.destroy();
    });

    it('S1: a body on a GET stays a framed body', async () => {
      answer = (response, received) => response.end(received);
      const session = openHttp2(world);
      const got = await callHttp2(session, { token, method: 'GET', body: 'GET /x HTTP/1.1\r\n\r\n' });
      expect(got.body).toBe('GET /x HTTP/1.1\r\n\r\n');
      session.destroy();
    });
  });

  describe('answer headers', () => {
    it('T10: cookies and hop-by-hop fields do not pass, repeated warnings do', async () => {
      answer = (response) => {
        response.writeHead(200, [
          ['Set-Cookie', 'a=b'],
          ['Strict-Transport-Security', 'max-age=1'],
          ['Warning', '299 - "one"'],
          ['Warning', '299 - "two"'],
          // HTTP/2 has none, and Node refuses to write it.
          ...(apiserver === 'HTTP/1.1' ? [['Keep-Alive', 'timeout=5']] : []),
          ['Audit-Id', 'from-the-apiserver'],
        ]);
        response.end('ok');
      };
      const { headers } = await call(world, { token });
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['strict-transport-security']).toBeUndefined();
      expect(headers.warning).toBe('299 - "one", 299 - "two"');
      expect(headers['audit-id']).toBe('from-the-apiserver');
    });

    it.each([
      ['to another host', 'https://evil.example/', 502],
      ['within the cluster', '/apis/', 302],
    ])('U2: a redirect %s (%s) is answered with %d', async (_name, location, status) => {
      answer = (response) => {
        response.writeHead(302, { location });
        response.end();
      };
      expect(await call(world, { token })).toMatchObject({ status });
    });
  });
});
