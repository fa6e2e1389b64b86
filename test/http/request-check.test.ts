import { describe, expect, it } from 'vitest';
import { MAX_CLIENT_HEADERS, MAX_CLIENT_HEADER_BYTES, MAX_TOKEN_LENGTH } from '../../http/index.ts';
import type { ReceivedRequest } from '../../http/index.ts';
import { HOST, check, code, h1, h2 } from './received.ts';

describe('an ordinary request', () => {
  it('is forwarded with lower-case names, in order, without framing and hop-by-hop headers', () => {
    const checked = check(
      h1([
        'User-Agent',
        'kubectl/v1.32.4',
        'Accept',
        'application/json',
        'Accept-Encoding',
        'gzip',
        'Authorization',
        'Bearer abc',
        'Connection',
        'keep-alive, TE',
        'TE',
        'trailers',
        'Keep-Alive',
        'timeout=5',
        'Kubectl-Command',
        'kubectl get',
        'Kubectl-Session',
        's',
        'traceparent',
        '00-a-b-01',
        'If-None-Match',
        '"e"',
        'Content-Type',
        'application/json',
        'Content-Length',
        '12',
        'Expect',
        '100-continue',
        'X-Own',
        'caf\xe9',
      ]),
    );
    expect(checked).toEqual({
      host: 'gw.example:443',
      authorization: 'Bearer abc',
      upgrade: '',
      bodyLength: 12,
      expectsContinue: true,
      closes: false,
      asksToActAs: false,
      headers: [
        'user-agent',
        'kubectl/v1.32.4',
        'accept',
        'application/json',
        'accept-encoding',
        'gzip',
        'authorization',
        'Bearer abc',
        'kubectl-command',
        'kubectl get',
        'kubectl-session',
        's',
        'traceparent',
        '00-a-b-01',
        'if-none-match',
        '"e"',
        'content-type',
        'application/json',
        'x-own',
        'caf\xe9',
      ],
    });
  });

  it('over HTTP/2 takes its host from :authority, in the list or beside it', () => {
    expect(check(h2(['accept', 'a']))).toMatchObject({
      host: 'gw.example',
      bodyLength: 0,
      headers: ['accept', 'a'],
    });
    const beside = {
      httpVersion: '2.0',
      method: 'GET',
      rawHeaders: [],
      authority: 'gw.example',
      hasBody: false,
    };
    expect(check(beside).host).toBe('gw.example');
    expect(check(h2(['host', 'gw.example'])).host).toBe('gw.example');
  });

  it.each<[string, ReceivedRequest, number]>([
    ['no body over HTTP/1.1', h1([]), 0],
    ['Content-Length: 0', h1(['Content-Length', '0']), 0],
    ['a length', h1(['Content-Length', '3000000'], { method: 'PUT' }), 3_000_000],
    ['chunks', h1(['Transfer-Encoding', 'chunked'], { method: 'DELETE' }), -1],
    ['chunks in other letters', h1(['transfer-encoding', 'Chunked'], { method: 'POST' }), -1],
    ['an open HTTP/2 stream', h2([], { method: 'POST', hasBody: true }), -1],
    ['an HTTP/2 stream of which nothing is known', h2([], { method: 'POST', hasBody: undefined }), -1],
    [
      'an open HTTP/2 stream with a length',
      h2(['content-length', '5'], { method: 'POST', hasBody: true }),
      5,
    ],
    ['an ended HTTP/2 stream', h2(['content-length', '0'], { method: 'DELETE' }), 0],
  ])('S1: has an explicit body length with %s', (_, request, bodyLength) => {
    expect(check(request).bodyLength).toBe(bodyLength);
  });

  it('keeps repeated lines of X-Stream-Protocol-Version apart', () => {
    const versions = ['v5', 'v4', 'v3'].flatMap((v) => ['X-Stream-Protocol-Version', `${v}.channel.k8s.io`]);
    const { headers } = check(
      h1(['Connection', 'Upgrade', 'Upgrade', 'SPDY/3.1', ...versions], { method: 'POST' }),
    );
    expect(headers).toEqual(versions.map((text) => text.toLowerCase()));
  });

  it('says whether the connection is to end', () => {
    expect(check(h1(['Connection', 'close'])).closes).toBe(true);
    expect(check(h1(['Connection', 'keep-alive', 'Connection', 'Close'])).closes).toBe(true);
  });

  it('tells the apiserver one client address, ours', () => {
    const { headers } = check(
      h1(['X-Forwarded-For', '1.2.3.4', 'x-forwarded-for', '6.6.6.6'], { remoteAddress: '10.0.0.9' }),
    );
    expect(headers).toEqual(['x-forwarded-for', '10.0.0.9']);
  });
});

describe('HTTP version and method', () => {
  it.each(['1.0', '0.9', '3.0', '', '1'])('S7: HTTP/%s is refused', (httpVersion) => {
    expect(code(h1([], { httpVersion }))).toBe('CC_ERR_HTTP_VERSION_REFUSED');
  });

  it.each(['CONNECT', 'TRACE', 'TRACK'])('R2: %s is refused', (method) => {
    expect(code(h1([], { method }))).toBe('CC_ERR_HTTP_METHOD_REFUSED');
  });

  it.each(['get', 'Get', 'BREW', 'PROPFIND', '', 'GET '])('S3: the method %j is unknown', (method) => {
    expect(code(h1([], { method }))).toBe('CC_ERR_HTTP_METHOD_UNKNOWN');
  });
});

describe('the host', () => {
  it.each<[string, string[]]>([
    ['none', []],
    ['an empty one', ['Host', '']],
    ['userinfo', ['Host', 'a@b']],
    ['a path', ['Host', 'a/b']],
    ['a space', ['Host', 'a b']],
    ['a list', ['Host', 'a, b']],
    ['a percent-encoded one', ['Host', '%61']],
    ['a strange port', ['Host', 'a:b']],
    ['one that is too long', ['Host', 'a'.repeat(300)]],
  ])('H6: is refused with %s', (_, rawHeaders) => {
    expect(code({ httpVersion: '1.1', method: 'GET', rawHeaders })).toBe('CC_ERR_HTTP_BAD_HOST');
  });

  it.each(['a', 'gw.example', 'gw.example:6443', '127.0.0.1:1', '[::1]', '[::1]:443', 'GW.Example', 'a_b.c'])(
    'may be %s',
    (host) => {
      expect(check({ httpVersion: '1.1', method: 'GET', rawHeaders: ['host', host] }).host).toBe(host);
    },
  );

  it('R3: is one and the same in HTTP/2', () => {
    expect(code(h2(['host', 'other.example']))).toBe('CC_ERR_HTTP_BAD_HOST');
    expect(code(h2([':authority', 'other.example']))).toBe('CC_ERR_HTTP_DUPLICATE_HEADER');
    expect(code({ httpVersion: '2', method: 'GET', rawHeaders: [], hasBody: false })).toBe(
      'CC_ERR_HTTP_BAD_HOST',
    );
  });
});

describe('repeated headers', () => {
  it.each([
    'Host',
    'Content-Length',
    'Authorization',
    'Content-Type',
    'Upgrade',
    'Expect',
    'Transfer-Encoding',
    'TE',
    'User-Agent',
    'Origin',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Range',
    'traceparent',
    'If-Modified-Since',
  ])('H6: %s may come once only, however it is spelt', (name) => {
    const value =
      { 'Content-Length': '3', Expect: '100-continue', 'Transfer-Encoding': 'chunked', Origin: 'o' }[name] ??
      'x';
    const policy = { allowedOrigins: new Set(['o']) };
    for (const second of [name, name.toLowerCase(), name.toUpperCase()]) {
      const rawHeaders = [...(name === 'Host' ? [] : HOST), name, value, 'Accept', 'x', second, value];
      expect(code({ httpVersion: '1.1', method: 'POST', rawHeaders }, policy)).toBe(
        'CC_ERR_HTTP_DUPLICATE_HEADER',
      );
    }
  });
});

describe('framing', () => {
  it.each([
    'gzip, chunked',
    'chunked, gzip',
    'xchunked',
    'identity',
    'chunked, identity',
    '',
    'chunked ',
    ' chunked',
    '"chunked"',
    'chunked;a=b',
    '\x0bchunked',
  ])('S2: Transfer-Encoding %j is refused', (value) => {
    expect(code(h1(['Transfer-Encoding', value], { method: 'POST' }))).toBe('CC_ERR_HTTP_BAD_FRAMING');
  });

  it.each(['+1', '-1', '1,1', '1, 1', '0x5', '1 ', ' 1', '', '1e3', '１', '12345678901234567'])(
    'S2: Content-Length %j is refused',
    (value) => {
      expect(code(h1(['Content-Length', value], { method: 'POST' }))).toBe('CC_ERR_HTTP_BAD_FRAMING');
    },
  );

  it('S2: both Transfer-Encoding and Content-Length are refused, even a zero, in any order', () => {
    for (const length of ['0', '5']) {
      expect(code(h1(['Transfer-Encoding', 'chunked', 'Content-Length', length]))).toBe(
        'CC_ERR_HTTP_BAD_FRAMING',
      );
      expect(code(h1(['Content-Length', length, 'Transfer-Encoding', 'chunked']))).toBe(
        'CC_ERR_HTTP_BAD_FRAMING',
      );
    }
  });

  it('S2: a length beyond what a head can carry is refused', () => {
    expect(code(h1(['Content-Length', `${2 ** 48}`]))).toBe('CC_ERR_HTTP_BODY_TOO_LARGE');
  });

  it('S8: a length without a body is refused in HTTP/2', () => {
    expect(code(h2(['content-length', '5']))).toBe('CC_ERR_HTTP_BAD_FRAMING');
  });

  it.each(['100-Continue', 'y100-continue', '100-continue, x', '', '200-ok', '100-continue '])(
    'S6: Expect %j is refused',
    (value) => {
      expect(code(h1(['Expect', value]))).toBe('CC_ERR_HTTP_BAD_EXPECT');
    },
  );

  it('S1, S3: content_length and transfer_encoding never travel', () => {
    expect(
      check(h1(['Content_Length', '5', 'transfer_encoding', 'chunked', 'Content.Length', '1'])).headers,
    ).toEqual([]);
  });
});

describe('Connection', () => {
  it.each([
    'Impersonate-User',
    'close, Impersonate-User',
    'close,impersonate-group',
    ' IMPERSONATE-USER',
    'keep-alive,\tImpersonate-Uid',
    'X-Remote-User',
    'Authorization',
    'Transfer-Encoding',
    'Content-Length',
    'Host',
    'Audit-Id',
    '',
    'close,',
    ',close',
    'close;x',
    'x',
  ])('H1, H2: naming %j is refused', (value) => {
    expect(code(h1(['Connection', value]))).toBe('CC_ERR_HTTP_BAD_CONNECTION');
    expect(code(h1(['connection', 'close', 'CONNECTION', value]))).toBe('CC_ERR_HTTP_BAD_CONNECTION');
  });

  it.each([
    'close',
    'keep-alive',
    'Keep-Alive',
    'TE, close',
    'upgrade',
    'Upgrade, HTTP2-Settings',
    'close ,  te',
  ])('H2: %j is fine', (value) => {
    expect(code(h1(['Connection', value]))).toBe('passes');
  });
});

describe('sizes', () => {
  it('S5: more header lines than the limit are refused, whatever they hide', () => {
    const fillers = (count: number): string[] => Array.from({ length: count * 2 }, () => 'a');
    expect(code(h1(fillers(MAX_CLIENT_HEADERS - 1)))).toBe('passes');
    expect(code(h1(fillers(MAX_CLIENT_HEADERS)))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
    expect(code(h1([...fillers(2000), 'Content-Length', '30']))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });

  it('D2: large headers and tokens are refused', () => {
    const token = `Bearer ${'t'.repeat(MAX_TOKEN_LENGTH)}`;
    expect(code(h1(['Authorization', token]))).toBe('passes');
    expect(code(h1(['Authorization', `${token}t`]))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
    expect(code(h1(['A', 'x'.repeat(MAX_CLIENT_HEADER_BYTES)]))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });
});

describe('HTTP/2', () => {
  it.each([
    ['connection', 'close'],
    ['keep-alive', 'x'],
    ['proxy-connection', 'x'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'websocket'],
    ['http2-settings', 'x'],
    ['te', 'gzip'],
    ['te', 'trailers, deflate'],
    ['Accept', 'x'],
    ['X-Own', 'x'],
    ['a b', 'x'],
    ['a\n', 'x'],
    [':status', '200'],
    [':protocol', 'websocket'],
    ['', 'x'],
  ])('S8: refuses %j: %s', (name, value) => {
    expect(code(h2([name, value]))).toBe('CC_ERR_HTTP_BAD_HEADER');
  });

  it('S8: refuses late, repeated and contradicting pseudo-header fields', () => {
    expect(code({ ...h2([]), rawHeaders: ['accept', 'a', ':authority', 'x'] })).toBe(
      'CC_ERR_HTTP_BAD_HEADER',
    );
    expect(code(h2([':path', '/other']))).toBe('CC_ERR_HTTP_DUPLICATE_HEADER');
    expect(code({ ...h2([]), rawHeaders: [':method', 'DELETE', ':authority', 'a'] })).toBe(
      'CC_ERR_HTTP_BAD_HEADER',
    );
    expect(code(h1([':method', 'GET']))).toBe('CC_ERR_HTTP_BAD_HEADER');
  });

  it('drops te: trailers', () => {
    expect(check(h2(['te', 'trailers'])).headers).toEqual([]);
  });
});
