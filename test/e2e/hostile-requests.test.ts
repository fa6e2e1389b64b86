// Raw bytes against the gateway's port: each is refused in plain words, and nothing of it reaches the apiserver.
// Letters are those of the project's attack list.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT_TOKEN, CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';
import { sendRaw } from '../support/raw-client.ts';

let world: RelayWorld;
let token: string;

beforeAll(async () => {
  world = await startRelayWorld();
  token = await world.token('alice');
});

afterAll(() => world.close());

interface Hostile {
  readonly name: string;
  /** Lines of the head; `HOST` and `AUTH` stand for good ones. */
  readonly lines: readonly string[];
  readonly body?: string;
  readonly status: number;
}

const HOST = 'HOST';
const AUTH = 'AUTH';

function bytesOf({ lines, body = '' }: Hostile): string {
  const head = lines.map((line) => {
    if (line === HOST) return `Host: 127.0.0.1:${world.port}`;
    if (line === AUTH) return `Authorization: Bearer ${token}`;
    return line;
  });
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const GET = 'GET /api/v1/pods HTTP/1.1';
const EXEC = 'GET /api/v1/namespaces/a/pods/b/exec?command=ls HTTP/1.1';
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];
const SMUGGLED = 'GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n';

const FRAMING: Hostile[] = [
  {
    name: 'S2: both Transfer-Encoding and Content-Length',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    body: '0\r\n\r\n',
    status: 400,
  },
  {
    name: 'S2: Content-Length twice, even when equal',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Content-Length: 1', 'Content-Length: 1'],
    body: 'x',
    status: 400,
  },
  {
    name: 'S2: a Content-Length with a sign',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Content-Length: +1'],
    body: 'x',
    status: 400,
  },
  {
    name: 'S2: Transfer-Encoding gzip, chunked',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Transfer-Encoding: gzip, chunked'],
    body: '0\r\n\r\n',
    status: 400,
  },
  {
    name: 'S2: Transfer-Encoding xchunked',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Transfer-Encoding: xchunked'],
    body: '0\r\n\r\n',
    status: 400,
  },
  {
    name: 'S2: Transfer-Encoding twice',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    body: '0\r\n\r\n',
    status: 400,
  },
  {
    name: 'S3: a folded header line',
    lines: [GET, HOST, AUTH, 'X-F: a', ' Impersonate-User: x'],
    status: 400,
  },
  {
    name: 'S3: a bare line feed before a forged header',
    lines: [GET, HOST, AUTH, 'X-F: a\nImpersonate-User: x'],
    status: 400,
  },
  { name: 'S3: a space before the colon', lines: [GET, HOST, AUTH, 'Impersonate-User : x'], status: 400 },
  { name: 'S3: a NUL in a value', lines: [GET, HOST, AUTH, 'X-F: a\0b'], status: 400 },
  { name: 'S3: a bare carriage return in a value', lines: [GET, HOST, AUTH, 'X-F: a\rb'], status: 400 },
  {
    name: 'S5: so many header lines that the parser hides some',
    lines: [
      GET,
      HOST,
      AUTH,
      ...Array.from({ length: 2000 }, () => 'a:1'),
      'Content-Length: 30',
      'Impersonate-User: x',
    ],
    status: 431,
  },
  {
    name: 'S6: an expectation that is not 100-continue',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Content-Length: 1', 'Expect: y100-continue'],
    status: 417,
  },
  { name: 'S7: HTTP/1.0', lines: ['GET /api/v1/pods HTTP/1.0', HOST, AUTH], status: 505 },
  { name: 'S7: HTTP/0.9', lines: ['GET /api/v1/pods'], status: 505 },
];

const IDENTITY: Hostile[] = [
  ...[
    'Impersonate_User',
    'impersonate.group',
    'Impersonate-Users',
    'Impersonate-Extra-%73copes',
    'Impersonate-Extra-Cluster-Connect.internal%2fimpersonated-By',
    'X-Remote-User',
    'X-Remote-Group',
    'X_Remote_Extra-Scopes',
  ].map((name): Hostile => ({
    name: `H3: a client that sends ${name}`,
    lines: [GET, HOST, AUTH, 'Impersonate-User: carol', `${name}: system:masters`],
    status: 403,
  })),
  ...['Impersonate-Group', 'Impersonate-Uid', 'Impersonate-Extra-Scopes'].map((name): Hostile => ({
    name: `H4: ${name} without Impersonate-User`,
    lines: [GET, HOST, AUTH, `${name}: system:masters`],
    status: 400,
  })),
  {
    name: 'H4: an empty Impersonate-User',
    lines: [GET, HOST, AUTH, 'Impersonate-User: '],
    status: 400,
  },
  {
    name: 'H3: Impersonate-User in two cases',
    lines: [GET, HOST, AUTH, 'Impersonate-User: a', 'IMPERSONATE-USER: b'],
    status: 400,
  },
  {
    name: 'H3: Impersonate_User in an upgrade',
    lines: [EXEC, HOST, AUTH, ...UPGRADE, 'Impersonate_User: x'],
    status: 403,
  },
  {
    name: 'H7: Impersonate-User without a token',
    lines: [GET, HOST, 'Impersonate-User: carol'],
    status: 401,
  },
  {
    name: 'H1: Connection names Impersonate-User',
    lines: [GET, HOST, AUTH, 'Connection: close, Impersonate-User'],
    status: 400,
  },
  {
    name: 'H1: Connection names impersonate-group after spaces',
    lines: [GET, HOST, AUTH, 'Connection:   impersonate-group'],
    status: 400,
  },
  {
    name: 'H2: Connection names Authorization',
    lines: [GET, HOST, AUTH, 'Connection: Authorization'],
    status: 400,
  },
  {
    name: 'H2: Connection names Content-Length',
    lines: ['POST /api HTTP/1.1', HOST, AUTH, 'Content-Length: 1', 'Connection: Content-Length'],
    body: 'x',
    status: 400,
  },
  { name: 'H6: two Authorization headers', lines: [GET, HOST, AUTH, AUTH], status: 400 },
  { name: 'H6: two Host headers', lines: [GET, HOST, HOST, AUTH], status: 400 },
  { name: 'H6: no Host header', lines: [GET, AUTH], status: 400 },
  { name: 'H7: no token', lines: [GET, HOST], status: 401 },
  { name: 'H7: an empty bearer token', lines: [GET, HOST, 'Authorization: Bearer '], status: 401 },
  {
    name: 'H7: a bearer token after two spaces',
    lines: [GET, HOST, 'Authorization: Bearer  x'],
    status: 401,
  },
  { name: 'H7: Basic credentials', lines: [GET, HOST, 'Authorization: Basic YTpi'], status: 401 },
  {
    name: 'H7: two tokens in one header',
    lines: [GET, HOST, 'Authorization: Bearer a, Bearer b'],
    status: 401,
  },
  {
    name: 'H7: a bearer subprotocol beside an Authorization header',
    lines: [
      EXEC,
      HOST,
      AUTH,
      ...UPGRADE,
      'Sec-WebSocket-Protocol: v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.YWJj',
    ],
    status: 400,
  },
];

const UPGRADES: Hostile[] = [
  {
    name: 'U3: an upgrade to h2c',
    lines: [
      EXEC,
      HOST,
      AUTH,
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
    ],
    status: 400,
  },
  {
    name: 'U3: an upgrade to two protocols',
    lines: [EXEC, HOST, AUTH, 'Connection: Upgrade', 'Upgrade: websocket, h2c'],
    status: 400,
  },
  {
    name: 'U3: an upgrade on a path that has none',
    lines: ['GET /api/v1/secrets HTTP/1.1', HOST, AUTH, ...UPGRADE],
    status: 400,
  },
  {
    name: 'U4: an upgrade with a Content-Length',
    lines: [EXEC, HOST, AUTH, ...UPGRADE, 'Content-Length: 5'],
    body: 'hello',
    status: 400,
  },
  {
    name: 'U4: an upgrade with a chunked body',
    lines: [EXEC, HOST, AUTH, ...UPGRADE, 'Transfer-Encoding: chunked'],
    body: '0\r\n\r\n',
    status: 400,
  },
];

const TARGETS: Hostile[] = [
  ...[
    '/api/../secrets',
    '/api/%2e%2e/secrets',
    '/api%2f..%2fsecrets',
    '//evil/x',
    '/api//v1',
    '/api/./v1',
    '/api\\v1',
    '/api/%5cv1',
    '/api/%00',
    '/api#x',
    '/api/..;/v1',
    '/api/%zz',
  ].map((target): Hostile => ({
    name: `R1: the target ${target}`,
    lines: [`GET ${target} HTTP/1.1`, HOST, AUTH],
    status: 400,
  })),
  { name: 'R2: a target in absolute form', lines: ['GET http://evil/x HTTP/1.1', HOST, AUTH], status: 400 },
  { name: 'R2: a target in asterisk form', lines: ['OPTIONS * HTTP/1.1', HOST, AUTH], status: 400 },
  { name: 'R2: a target in authority form', lines: ['GET evil:443 HTTP/1.1', HOST, AUTH], status: 400 },
  { name: 'R2: CONNECT', lines: ['CONNECT evil:443 HTTP/1.1', 'Host: evil:443', AUTH], status: 405 },
  { name: 'R2: TRACE', lines: ['TRACE /api HTTP/1.1', HOST, AUTH], status: 405 },
  { name: 'R3: a Host that is not the gateway', lines: [GET, 'Host: evil.example', AUTH], status: 421 },
  {
    name: 'R3: another cluster as Host',
    lines: [GET, 'Host: other.cluster-connect.internal', AUTH],
    status: 421,
  },
  {
    name: 'R5: a request from a page of a browser',
    lines: [GET, HOST, AUTH, 'Origin: https://evil.example'],
    status: 403,
  },
  {
    name: 'D2: a head that is too large',
    lines: [GET, HOST, AUTH, `X-Large: ${'x'.repeat(60_000)}`],
    status: 431,
  },
  {
    name: 'D2: a token of 64 KB',
    lines: [GET, HOST, `Authorization: Bearer ${'a'.repeat(64 * 1024)}`],
    status: 431,
  },
  {
    name: 'D2: a token of 1 MB',
    lines: [GET, HOST, `Authorization: Bearer ${'a'.repeat(1024 * 1024)}`],
    status: 431,
  },
  {
    name: 'D2: a token that fits into a head, and is larger than any token',
    lines: [GET, HOST, `Authorization: Bearer ${'a'.repeat(25 * 1024)}`],
    status: 431,
  },
  { name: 'D4: a header called __proto__', lines: [GET, HOST, '__proto__: x'], status: 401 },
];

describe.each([
  ['framing', FRAMING],
  ['identity', IDENTITY],
  ['upgrades', UPGRADES],
  ['targets', TARGETS],
])('%s', (_group, cases) => {
  it.each(cases)('$name is refused with $status', async (hostile) => {
    const before = world.upstream.received().length;
    const raw = { port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME };
    const { received } = await sendRaw(raw, bytesOf(hostile), isAnswered);
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${hostile.status} `));
    expect(received).toContain('"kind":"Status"');
    expect(received).not.toContain(token);
    expect(world.upstream.received().length).toBe(before);
  });
});

describe('after a refusal', () => {
  const raw = () => ({ port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME });

  it('S6: the connection is closed when a body may still come, so that a pipelined request is never parsed', async () => {
    const first = bytesOf({
      name: '',
      lines: ['POST /api/v1/pods HTTP/1.1', HOST, 'Content-Length: 100'],
      status: 401,
    });
    const { received, closed } = await sendRaw(raw(), `${first}${SMUGGLED}`);
    expect(closed).toBe(true);
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(world.upstream.received()).not.toContain('/api/v1/secrets');
  });

  it.each([
    [
      'S2: framing that two readers read in two ways',
      [AUTH, 'Transfer-Encoding: gzip, chunked'],
      '0\r\n\r\n',
    ],
    ['S5: more header lines than are read', [AUTH, ...Array.from({ length: 2000 }, () => 'a: 1')], ''],
    ['H2: Connection names the framing', [AUTH, 'Connection: Content-Length', 'Content-Length: 1'], 'x'],
    ['S6: a body without a token', ['Content-Length: 1'], 'x'],
  ])(
    '%s: a GET closes the connection too, and what is pipelined behind it is not served',
    async (_name, lines, body) => {
      const count = world.upstream.requests.length;
      const first = bytesOf({ name: '', lines: [GET, HOST, ...lines], body, status: 400 });
      const next = bytesOf({ name: '', lines: ['GET /api/v1/secrets HTTP/1.1', HOST, AUTH], status: 200 });
      const { received, closed } = await sendRaw(raw(), `${first}${next}`);
      expect(closed).toBe(true);
      expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(world.upstream.requests).toHaveLength(count);
    },
  );

  it('a GET without a body and without a token keeps the connection, for the next one with a token', async () => {
    const first = bytesOf({ name: '', lines: [GET, HOST], status: 401 });
    const next = bytesOf({ name: '', lines: [GET, HOST, AUTH], status: 200 });
    const { received } = await sendRaw(raw(), `${first}${next}`, (text) => text.includes('HTTP/1.1 200 '));
    expect(received).toMatch(/^HTTP\/1\.1 401 /);
    expect(received).toContain('HTTP/1.1 200 ');
  });

  it.each(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST'])(
    'S1: a chunked body of %s stays a framed body, and is no second request',
    async (method) => {
      const count = world.upstream.requests.length;
      const head = bytesOf({
        name: '',
        lines: [`${method} /api/v1/pods HTTP/1.1`, HOST, AUTH, 'Transfer-Encoding: chunked'],
        status: 200,
      });
      const chunk = `${SMUGGLED.length.toString(16)};extension=x\r\n${SMUGGLED}\r\n0\r\nX-Trailer: x\r\n\r\n`;
      const { received } = await sendRaw(raw(), `${head}${chunk}`, (text) => text.includes('\r\n\r\n'));
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
      const seen = world.upstream.requests.slice(count);
      expect(seen.map((request) => request.url)).toEqual(['/api/v1/pods']);
      expect(seen[0]?.body).toBe(SMUGGLED);
      expect(world.upstream.received()).not.toContain('extension=x');
      expect(world.upstream.received()).not.toContain('X-Trailer');
    },
  );

  it('S4: a megabyte of chunk extension is cut off', async () => {
    const head = bytesOf({
      name: '',
      lines: ['POST /api/v1/pods HTTP/1.1', HOST, AUTH, 'Transfer-Encoding: chunked'],
      status: 400,
    });
    const { closed } = await sendRaw(raw(), `${head}1;${'e'.repeat(1 << 20)}\r\nx\r\n0\r\n\r\n`);
    expect(closed).toBe(true);
    expect(world.upstream.received()).not.toContain('eeee');
  });

  it('U1: bytes after a declined upgrade go nowhere', async () => {
    const count = world.upstream.requests.length;
    const before = world.upstream.received().length;
    const head = bytesOf({ name: '', lines: [EXEC, HOST, AUTH, ...UPGRADE], status: 404 });
    const { received, closed } = await sendRaw(raw(), `${head}${SMUGGLED}`);
    expect(received).toMatch(/^HTTP\/1\.1 404 /);
    expect(closed).toBe(true);
    expect(world.upstream.requests.slice(count).map((request) => request.url)).toEqual([
      '/api/v1/namespaces/a/pods/b/exec?command=ls',
    ]);
    expect(world.upstream.received().slice(before)).not.toContain('/api/v1/secrets');
  });

  it('the same gateway still serves', async () => {
    const { received } = await sendRaw(
      raw(),
      bytesOf({ name: '', lines: [GET, HOST, AUTH], status: 200 }),
      isAnswered,
    );
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(world.upstream.received()).not.toContain(token);
    expect(received).not.toContain(AGENT_TOKEN);
    const last = world.upstream.requests.at(-1);
    const users = last?.rawHeaders.filter(
      (_, index, all) => all[index - 1]?.toLowerCase() === 'impersonate-user',
    );
    expect(users).toEqual(['1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01']);
  });
});

function isAnswered(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(received.slice(0, end))?.[1];
  return length !== undefined && received.length >= end + 4 + Number(length);
}
