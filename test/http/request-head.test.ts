import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, decodeRequestHead, encodeRequestHead } from '../../http/index.ts';
import type { RequestHead } from '../../http/index.ts';
import { codeOf } from './codes.ts';

const HEAD: RequestHead = {
  method: 'POST',
  target: '/api/v1/namespaces/x/pods?limit=500',
  headers: ['accept', 'application/json', 'x-empty', '', 'warning', 'a', 'warning', 'caf\xe9\t!'],
  bodyLength: 3_000_000,
  upgrade: '',
  requestId: 'abc-1',
};

// Offsets of the fixed fields, as the file's header says them.
const AT = {
  version: 0,
  method: 1,
  upgrade: 2,
  count: 3,
  idLength: 4,
  targetLength: 5,
  bodyLength: 7,
  table: 13,
};

function encoded(head: Partial<RequestHead> = {}): Buffer {
  return Buffer.from(encodeRequestHead({ ...HEAD, ...head }));
}

/** An encoded head in which `edit` has changed some bytes. */
function broken(edit: (bytes: Buffer) => void, head: Partial<RequestHead> = {}): Buffer {
  const bytes = encoded(head);
  edit(bytes);
  return bytes;
}

describe('a request head', () => {
  it.each<[string, Partial<RequestHead>]>([
    ['with headers, order and multiplicity', {}],
    ['without headers', { headers: [] }],
    ['with a body of unknown length', { bodyLength: -1 }],
    ['with the longest body', { bodyLength: 2 ** 48 - 2 }],
    ['of a WebSocket', { method: 'GET', upgrade: 'websocket', bodyLength: 0 }],
    ['of SPDY by POST', { method: 'POST', upgrade: 'SPDY/3.1', bodyLength: 0 }],
    ['with a token of 24 KiB', { headers: ['authorization', `Bearer ${'t'.repeat(24_576)}`] }],
    ['with 128 headers', { headers: Array.from({ length: 256 }, (_, i) => (i % 2 === 0 ? 'a' : `${i}`)) }],
  ])('%s survives the way', (_, head) => {
    expect(decodeRequestHead(encoded(head))).toEqual({ ...HEAD, ...head });
  });

  it('S8: refuses control characters and what latin1 would cut, at the sending end', () => {
    for (const value of [
      'a\r\nimpersonate-user: x',
      'a\nb',
      'a\0',
      '\x7f',
      '\x1f',
      '\u010a',
      '日',
      'a\u2028',
    ]) {
      expect(codeOf(() => encoded({ headers: ['accept', value] }))).toBe('CC_ERR_HTTP_BAD_HEADER');
      expect(codeOf(() => encoded({ headers: ['accept', `${'x'.repeat(40)}${value}`] }))).toBe(
        'CC_ERR_HTTP_BAD_HEADER',
      );
    }
    expect(codeOf(() => encoded({ target: '/a\r\nb' }))).toBe('CC_ERR_HTTP_BAD_HEADER');
  });

  it('S8: refuses each control character wherever it stands, at the receiving end', () => {
    for (let code = 0; code < 256; code++) {
      for (let at = 0; at < 19; at++) {
        const bytes = broken((b) => (b[b.length - 1 - at] = code), { headers: ['accept', 'x'.repeat(40)] });
        const refused = (code < 0x20 && code !== 0x09) || code === 0x7f;
        expect(codeOf(() => decodeRequestHead(bytes))).toBe(
          refused ? 'CC_ERR_HTTP_HEAD_MALFORMED' : 'passes',
        );
      }
    }
  });

  it.each<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['too few bytes', encoded().subarray(0, 12), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['too many bytes', Buffer.alloc(MAX_HEAD_BYTES + 1, 1), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a cut end', encoded().subarray(0, -1), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a byte more', Buffer.concat([encoded(), Buffer.from('x')]), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['another version', broken((b) => (b[AT.version] = 2)), 'CC_ERR_HTTP_HEAD_VERSION'],
    ['an unknown method', broken((b) => (b[AT.method] = 7)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['an unknown upgrade', broken((b) => (b[AT.upgrade] = 3)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['an upgrade with a body', broken((b) => (b[AT.upgrade] = 2)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    [
      'a WebSocket by POST',
      broken((b) => (b[AT.upgrade] = 1), { bodyLength: 0 }),
      'CC_ERR_HTTP_HEAD_MALFORMED',
    ],
    ['more headers than there are', broken((b) => (b[AT.count] = 200)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['one header too few', broken((b) => (b[AT.count] = 3)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    [
      '129 headers',
      broken((b) => (b[AT.count] = 129), { headers: ['accept', 'x'.repeat(1000)] }),
      'CC_ERR_HTTP_HEAD_MALFORMED',
    ],
    ['no request id', broken((b) => (b[AT.idLength] = 0)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    [
      'a long request id',
      broken((b) => (b[AT.idLength] = 37), { requestId: 'a'.repeat(36), target: '/' }),
      'CC_ERR_HTTP_HEAD_MALFORMED',
    ],
    ['a strange request id', encoded({ requestId: 'a b' }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a target past the end', broken((b) => (b[AT.targetLength] = 0xff)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['an empty target', encoded({ target: '' }), 'CC_ERR_HTTP_BAD_TARGET'],
    ['R1: a target with a dot segment', encoded({ target: '/api/../x' }), 'CC_ERR_HTTP_BAD_TARGET'],
    ['R2: an absolute target', encoded({ target: 'http://evil/' }), 'CC_ERR_HTTP_BAD_TARGET'],
    ['an empty name', encoded({ headers: ['', 'x'] }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['an upper-case name', encoded({ headers: ['Accept', 'x'] }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['S3: a name with a space', encoded({ headers: ['accept ', 'x'] }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['S8: a pseudo-header field', encoded({ headers: [':path', '/x'] }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a name beyond ASCII', encoded({ headers: ['caf\xe9', 'x'] }), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a name length past the end', broken((b) => (b[AT.table] = 0xff)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
    ['a value length past the end', broken((b) => (b[AT.table + 2] = 0xff)), 'CC_ERR_HTTP_HEAD_MALFORMED'],
  ])('T8: is refused with %s', (_, bytes, code) => {
    expect(codeOf(() => decodeRequestHead(bytes))).toBe(code);
  });

  it('D2: is never larger than a tunnel frame', () => {
    const value = 'x'.repeat(20_000);
    expect(codeOf(() => encoded({ headers: ['a', value, 'b', value, 'c', value, 'd', value] }))).toBe(
      'CC_ERR_HTTP_HEADERS_TOO_LARGE',
    );
    const headers = Array.from({ length: 258 }, () => 'a');
    expect(codeOf(() => encoded({ headers }))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });

  it('holds exactly what fits', () => {
    const empty = encoded({ headers: ['a', ''] }).length;
    const value = 'x'.repeat(MAX_HEAD_BYTES - empty);
    expect(decodeRequestHead(encoded({ headers: ['a', value] })).headers[1]).toHaveLength(value.length);
    expect(codeOf(() => encoded({ headers: ['a', `${value}x`] }))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });

  it.each<[string, Partial<RequestHead>]>([
    ['an unknown method', { method: 'BREW' }],
    ['no request id', { requestId: '' }],
    ['a long request id', { requestId: 'a'.repeat(37) }],
    ['a body length that is no number', { bodyLength: Number.NaN }],
    ['a body length under -1', { bodyLength: -2 }],
    ['a body length beyond six bytes', { bodyLength: 2 ** 48 - 1 }],
    ['half a header', { headers: ['accept'] }],
  ])('is not encoded with %s: a fault of the caller', (_, head) => {
    expect(() => encoded(head)).toThrow(/^(?:an unknown method|a request id|a body length|a header list)/);
  });
});
