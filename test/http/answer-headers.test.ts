import { describe, expect, it } from 'vitest';
import { answerHasBody, filterAnswerHeaders, flattenHeaders } from '../../http/index.ts';
import { codeOf } from './codes.ts';

describe('the headers of an answer', () => {
  it('pass with their multiplicity, in lower case', () => {
    const pass = [
      'Audit-Id',
      'a',
      'Warning',
      '299 - "x"',
      'Warning',
      '299 - "y"',
      'X-Kubernetes-Pf-Flowschema-Uid',
      'u',
      'Www-Authenticate',
      'Bearer',
      'Cache-Control',
      'no-cache, private',
      'Content-Type',
      'application/json',
      'Content-Encoding',
      'gzip',
      'ETag',
      '"e"',
      'RETRY-AFTER',
      '1',
      'X-Own',
      'o',
      'Content-Length',
      '12',
    ];
    const expected = pass.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
    expect(filterAnswerHeaders(200, pass)).toEqual(expected);
    expect(filterAnswerHeaders(200, expected)).toEqual(expected);
  });

  it.each([
    'Set-Cookie',
    'set-cookie',
    'SET-COOKIE',
    'Set-Cookie2',
    'Strict-Transport-Security',
    'Alt-Svc',
    'Clear-Site-Data',
    'Public-Key-Pins',
    'NEL',
    'Report-To',
    'Service-Worker-Allowed',
    'Refresh',
    'Server',
    'Access-Control-Allow-Origin',
    'Access-Control-Allow-Credentials',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Upgrade',
  ])('T10: %s does not pass', (name) => {
    expect(filterAnswerHeaders(200, [name, 'x', 'etag', 'e'])).toEqual(['etag', 'e']);
  });

  it.each(['close, X-Own', 'x-own', 'close,X-OWN ,etag'])(
    'T10: what Connection: %s names is left behind',
    (value) => {
      expect(
        filterAnswerHeaders(200, [
          'X-Own',
          'a',
          'Date',
          'd',
          'Connection',
          value,
          'x-own',
          'b',
          'Vary',
          'x-own',
        ]),
      ).toEqual(['date', 'd', 'vary', 'x-own']);
    },
  );

  it('T10: Connection itself never passes', () => {
    expect(filterAnswerHeaders(200, ['Connection', 'close', 'Date', 'd'])).toEqual(['date', 'd']);
  });

  it.each<[string, string[], string]>([
    ['both lengths', ['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 'CC_ERR_HTTP_BAD_ANSWER'],
    [
      'both lengths the other way',
      ['Transfer-Encoding', 'chunked', 'Content-Length', '5'],
      'CC_ERR_HTTP_BAD_ANSWER',
    ],
    ['two lengths', ['Content-Length', '5', 'content-length', '5'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a length that is none', ['Content-Length', '+5'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['an empty length', ['Content-Length', ''], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a huge length', ['Content-Length', '9'.repeat(16)], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['another coding', ['Transfer-Encoding', 'gzip, chunked'], 'CC_ERR_HTTP_BAD_ANSWER'],
    [
      'two codings',
      ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'],
      'CC_ERR_HTTP_BAD_ANSWER',
    ],
    ['two content types', ['Content-Type', 'a', 'content-type', 'b'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['two locations', ['Location', '/a', 'Location', '/b'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a name that is no token', ['X Own', 'a'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a pseudo-header field', [':status', '200'], 'CC_ERR_HTTP_BAD_ANSWER'],
    ['129 headers', Array.from({ length: 258 }, () => 'a'), 'CC_ERR_HTTP_ANSWER_TOO_LARGE'],
  ])('T10: are refused with %s', (_, headers, code) => {
    expect(codeOf(() => filterAnswerHeaders(200, headers))).toBe(code);
  });

  it('drop chunked, since the tunnel frames bodies', () => {
    expect(filterAnswerHeaders(200, ['Transfer-Encoding', 'Chunked'])).toEqual([]);
  });

  it.each([
    [204, []],
    [101, []],
    [304, ['content-length', '5']],
    [200, ['content-length', '5']],
  ])('with status %i treat Content-Length as RFC 9110 §8.6 does', (status, expected) => {
    expect(filterAnswerHeaders(status, ['Content-Length', '5'])).toEqual(expected);
  });

  it.each([
    'https://evil/',
    'http://evil',
    '//evil/x',
    '\\\\evil',
    'evil',
    '',
    '../x',
    '/a/../b',
    '/%2e%2e/x',
    'javascript:x',
    '?x',
    '#x',
    '/a\\b',
  ])('U2: a redirect to %j is refused', (location) => {
    for (const status of [301, 302, 303, 307, 308, 300, 399]) {
      expect(codeOf(() => filterAnswerHeaders(status, ['Location', location]))).toBe(
        'CC_ERR_HTTP_ANSWER_REDIRECT',
      );
    }
    expect(filterAnswerHeaders(201, ['Location', location])).toEqual([]);
  });

  it('U2: a redirect within the cluster stays within its prefix', () => {
    const location = '/api/v1/namespaces/x/services/y/proxy/login?a=b#/home';
    expect(filterAnswerHeaders(302, ['Location', location])).toEqual(['location', location]);
    const options = { pathPrefix: '/clusters/edge-1' };
    expect(filterAnswerHeaders(302, ['Location', location], options)).toEqual([
      'location',
      `/clusters/edge-1${location}`,
    ]);
    expect(filterAnswerHeaders(201, ['location', '/x'], options)).toEqual(['location', '/clusters/edge-1/x']);
    expect(filterAnswerHeaders(302, ['location', '/x'], {})).toEqual(['location', '/x']);
  });

  it('may come from a parsed record', () => {
    expect(flattenHeaders({ a: '1', b: ['2', '3'], c: undefined })).toEqual(['a', '1', 'b', '2', 'b', '3']);
  });
});

describe('the body of an answer', () => {
  it.each([
    ['GET', 200, true],
    ['GET', 404, true],
    ['POST', 201, true],
    ['HEAD', 200, false],
    ['HEAD', 404, false],
    ['GET', 204, false],
    ['GET', 304, false],
    ['GET', 101, false],
  ])('%s %i: %s', (method, status, expected) => expect(answerHasBody(method, status)).toBe(expected));
});
