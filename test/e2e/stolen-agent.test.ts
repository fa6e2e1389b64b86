// A stolen agent can harm its own cluster's requests, and nothing else: what it answers is checked like a client's word.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeAnswerHead } from '../../http/index.ts';
import type { HeaderList } from '../../http/index.ts';
import type { TunnelStream } from '../../tunnel/index.ts';
import { startFakeAgent } from '../support/fake-agent.ts';
import type { FakeAgent } from '../support/fake-agent.ts';
import { call, callHttp2, openHttp2, upgrade } from '../support/http-client.ts';
import type { CallAnswer, CallOptions } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { openRaw, sendRaw } from '../support/raw-client.ts';
import { CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { statusOf } from '../support/status-of.ts';

let world: RelayWorld;
let agent: FakeAgent;
let token: string;
let respond: (stream: TunnelStream) => void = () => undefined;

beforeAll(async () => {
  world = await startRelayWorld();
  await world.agent.close();
  agent = await startFakeAgent(world, (stream) => {
    respond(stream);
    return {
      onData: (chunk) => stream.consume(chunk.byteLength),
      onEnd: () => undefined,
      onReset: () => undefined,
    };
  });
  token = await world.token('alice');
});

afterAll(async () => {
  agent.session.close('the test is over');
  await world.close();
});

function head(status: number, headers: HeaderList = []): Buffer {
  return encodeAnswerHead({ status, headers });
}

function answerWith(bytes: Buffer, ...chunks: string[]): (stream: TunnelStream) => void {
  return (stream) => {
    stream.sendHead(bytes);
    for (const chunk of chunks) stream.write(Buffer.from(chunk));
    stream.end();
  };
}

/** Head first, the rest when the gateway has surely passed it on. */
function answerLate(bytes: Buffer, ...chunks: string[]): (stream: TunnelStream) => void {
  return (stream) => {
    stream.sendHead(bytes);
    setTimeout(() => {
      for (const chunk of chunks) stream.write(Buffer.from(chunk));
      stream.end();
    }, 20);
  };
}

async function callOver(version: string, options: Partial<CallOptions> = {}): Promise<CallAnswer> {
  if (version === 'HTTP/1.1') return call(world, { token, ...options });
  const session = openHttp2(world);
  try {
    return await callHttp2(session, { token, ...options });
  } finally {
    session.destroy();
  }
}

describe.each(['HTTP/1.1', 'HTTP/2'])('over %s, an agent that answers', (version) => {
  it.each([
    ['U1: with a 101 that nobody asked for', head(101, ['upgrade', 'websocket'])],
    ['U2: with a redirect to another host', head(302, ['location', 'https://evil.example/'])],
    ['S2: with two lengths', head(200, ['content-length', '1', 'content-length', '2'])],
    ['S2: with a transfer coding of its own', head(200, ['transfer-encoding', 'gzip, chunked'])],
    ['S3: with a line feed in a header', patched(head(200, ['x-f', 'abcd']), 'abcd', 'a\r\nb')],
    ['T8: with bytes that are no head', Buffer.from('HTTP/1.1 200 OK')],
    ['T8: with a status that does not exist', patchedStatus(head(200), 99)],
    ['T10: with a status that is not final', patchedStatus(head(200), 103)],
  ])('%s gets 502 for it', async (_name, bytes) => {
    respond = answerWith(bytes, 'body');
    const answer = await callOver(version);
    expect(answer.status).toBe(502);
    expect(statusOf(answer.body)).toMatchObject({ code: 502, hop: 'agent' });
  });

  it.each(['etag', 'retry-after', 'authorization', 'age'])(
    'with %s twice does not end the gateway, however late its body comes',
    async (name) => {
      const bytes = head(200, [name, '1', name, '2']);
      respond = answerWith(bytes, 'body');
      expect(await callOver(version)).toMatchObject({ status: 200, body: 'body' });
      respond = answerLate(bytes, 'body');
      expect(await callOver(version)).toMatchObject({ status: 200, body: 'body' });
    },
  );

  it('T10: with cookies and rules for browsers, has them taken out', async () => {
    respond = answerWith(
      head(200, [
        'set-cookie',
        'a=b',
        'strict-transport-security',
        'max-age=1',
        'access-control-allow-origin',
        '*',
      ]),
      'x',
    );
    const { headers } = await callOver(version);
    for (const name of ['set-cookie', 'strict-transport-security', 'access-control-allow-origin']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  it.each([
    ['a body after a HEAD', 'HEAD', 200],
    ['a body after a 204', 'GET', 204],
    ['a body after a 304', 'GET', 304],
  ])('with %s, has it dropped', async (_name, method, status) => {
    for (const answer of [answerWith, answerLate]) {
      respond = answer(head(status), 'GET /smuggled HTTP/1.1\r\n\r\n');
      expect(await callOver(version, { method })).toMatchObject({ status, body: '' });
    }
  });

  it.each([
    ['more', 'four, and HTTP/1.1 200 OK\r\n\r\n'],
    ['less', 'x'],
    ['no', ''],
  ])('S1: with %s bytes than it announced is broken off, and the connection with it', async (_name, body) => {
    for (const answer of [answerWith, answerLate]) {
      respond = answer(head(200, ['content-length', '4']), body);
      await expect(callOver(version)).rejects.toThrow(/aborted|hang up|ECONNRESET|closed with|reset with/);
    }
  });

  it.each([
    ['CANCEL', 502],
    ['INTERNAL', 502],
    ['UPSTREAM_LOST', 502],
    ['STALLED', 502],
    ['BAD_HEAD', 502],
    ['REFUSED', 503],
    // The token has not expired: so it was withdrawn.
    ['EXPIRED', 403],
  ] as const)('with a reset %s instead gets %d for it', async (code, status) => {
    respond = (stream) => stream.reset(code);
    const answer = await callOver(version);
    expect(answer.status).toBe(status);
    expect(statusOf(answer.body)).toMatchObject({ code: status, hop: 'agent' });
    expect(answer.headers['retry-after'] !== undefined).toBe(status === 503);
  });
});

describe('S6: an answer before the end of its request', () => {
  it('comes whole over HTTP/2, and the upload is called off', async () => {
    respond = answerLate(head(413), 'too ', 'large');
    const session = openHttp2(world);
    const request = session.request({ ':method': 'POST', ':path': '/api', authorization: `Bearer ${token}` });
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.write('the first of many');
    const [headers] = await once(request, 'response');
    expect(headers).toMatchObject({ ':status': 413 });
    await once(request, 'close');
    expect(body).toBe('too large');
    session.destroy();
  });

  it('comes whole over HTTP/1.1, and the connection is closed', async () => {
    respond = answerLate(head(413), 'too ', 'large');
    const raw = { port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME };
    const lines = [
      'POST /api HTTP/1.1',
      `Host: 127.0.0.1:${world.port}`,
      `Authorization: Bearer ${token}`,
      'Content-Length: 1000000',
    ];
    const { received, closed } = await sendRaw(raw, `${lines.join('\r\n')}\r\n\r\nthe first of many`);
    expect(received).toMatch(/^HTTP\/1\.1 413 [^]*too [^]*large[^]*0\r\n\r\n$/);
    expect(closed).toBe(true);
  });
});

describe('an upgrade', () => {
  it.each([
    ['another protocol than asked', head(101, ['upgrade', 'h2c', 'connection', 'Upgrade'])],
    ['a 200', head(200)],
    ['a redirect', head(302, ['location', '/x'])],
  ])('U1, U2: answered with %s becomes a 502', async (_name, bytes) => {
    respond = answerWith(bytes);
    await expect(upgrade(world, { token })).rejects.toThrow('answered with 502');
  });
});

describe('what a parser refuses', () => {
  it('S3: in the middle of an answer cuts the connection, and puts nothing into the answer', async () => {
    respond = (stream) => {
      stream.sendHead(head(200));
      stream.write(Buffer.from('first'));
    };
    const socket = await openRaw({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME });
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
    socket.write(
      `GET /api/v1/pods HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await expect.poll(() => received).toContain('first');
    socket.write('no request at all\r\n\r\n');
    await once(socket, 'close');
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(received).not.toContain('0\r\n\r\n');
  });
});

describe('afterwards', () => {
  it('nothing is left running and the tunnel still stands', async () => {
    await expect.poll(() => metricsOf(world.gateway.privateUrl, 'requests_running')).toEqual([['', 0]]);
    expect(agent.session.isAccepting).toBe(true);
    expect(agent.session.openStreams).toBe(0);
  });
});

/** An honest encoder would not write this. */
function patched(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(to, copy.indexOf(from, 0, 'latin1'), 'latin1');
  return copy;
}

function patchedStatus(bytes: Buffer, status: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(status, 1);
  return copy;
}
