import { describe, expect, it } from 'vitest';
import { MAX_HEAD_BYTES, decodeAnswerHead, encodeAnswerHead } from '../../http/index.ts';
import type { AnswerHead } from '../../http/index.ts';
import { codeOf } from './codes.ts';

const HEAD: AnswerHead = {
  status: 200,
  headers: ['warning', '299 - "a"', 'warning', '299 - "b"', 'etag', ''],
};

function broken(edit: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(encodeAnswerHead(HEAD));
  edit(bytes);
  return bytes;
}

describe('an answer head', () => {
  it.each([101, 200, 204, 304, 404, 599])('with status %i survives the way', (status) => {
    expect(decodeAnswerHead(encodeAnswerHead({ ...HEAD, status }))).toEqual({ ...HEAD, status });
  });

  it.each([0, 100, 102, 103, 199, 600, 65_635, -1, 200.5, Number.NaN])(
    'T10: with status %d is not encoded',
    (status) => {
      expect(codeOf(() => encodeAnswerHead({ ...HEAD, status }))).toBe('CC_ERR_HTTP_BAD_ANSWER');
    },
  );

  it.each<[string, Buffer, string]>([
    ['no bytes', Buffer.alloc(0), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['too many bytes', Buffer.alloc(MAX_HEAD_BYTES + 1, 1), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['another version', broken((b) => (b[0] = 0)), 'CC_ERR_HTTP_HEAD_VERSION'],
    ['an interim status', broken((b) => (b[2] = 103 - 0)).fill(0, 1, 2), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a status over 599', broken((b) => (b[1] = 0xff)), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['129 headers', broken((b) => (b[3] = 129)), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a table past the end', broken((b) => (b[3] = 100)), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a header too few', broken((b) => (b[3] = 2)), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a cut end', broken(() => undefined).subarray(0, -1), 'CC_ERR_HTTP_BAD_ANSWER'],
    ['a line feed', broken((b) => (b[b.length - 8] = 0x0a)), 'CC_ERR_HTTP_BAD_ANSWER'],
    [
      'an upper-case name',
      encodeAnswerHead({ status: 200, headers: ['Etag', 'x'] }),
      'CC_ERR_HTTP_BAD_ANSWER',
    ],
  ])('T10: is refused with %s', (_, bytes, code) => {
    expect(codeOf(() => decodeAnswerHead(bytes))).toBe(code);
  });

  it('T10: is not encoded with a line break, nor when it is too large', () => {
    const one = (value: string): AnswerHead => ({ status: 200, headers: ['etag', value] });
    expect(codeOf(() => encodeAnswerHead(one('a\r\nset-cookie: b')))).toBe('CC_ERR_HTTP_BAD_ANSWER');
    expect(codeOf(() => encodeAnswerHead(one('\u010a')))).toBe('CC_ERR_HTTP_BAD_ANSWER');
    expect(codeOf(() => encodeAnswerHead(one('x'.repeat(MAX_HEAD_BYTES))))).toBe(
      'CC_ERR_HTTP_ANSWER_TOO_LARGE',
    );
    const headers = Array.from({ length: 258 }, () => 'a');
    expect(codeOf(() => encodeAnswerHead({ status: 200, headers }))).toBe('CC_ERR_HTTP_ANSWER_TOO_LARGE');
  });
});
