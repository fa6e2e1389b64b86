import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerPairs, RequestReader } from '../../../bench/apiserver/request-reader.ts';

const BYTES = Buffer.from(
  'GET /a HTTP/1.1\r\nhost: x\r\n\r\n' +
    'POST /b HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET \r\n\r\n.' +
    'GET /c HTTP/1.1\r\n\r\n',
);
const EXPECTED = ['get GET /a HTTP/1.1\r\nhost: x', 'post 9 GET \r\n\r\n.', 'get GET /c HTTP/1.1'];

function readAll(pieces: readonly Buffer[]): string[] {
  const seen: string[] = [];
  let body = '';
  const reader = new RequestReader({
    onGet: (head) => seen.push(`get ${head.toString('latin1')}`),
    onPost: () => {
      body = '';
    },
    onBody: (bytes) => {
      body += bytes.toString('latin1');
    },
    onBodyEnd: () => seen.push(`post ${body.length} ${body}`),
  });
  for (const piece of pieces) reader.push(piece);
  return seen;
}

describe('the reader of requests', () => {
  it('finds pipelined requests and bodies, whatever pieces they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: BYTES.byteLength }), { maxLength: 12 }), (positions) => {
        const cuts = [0, ...positions.sort((a, b) => a - b), BYTES.byteLength];
        const pieces = cuts.slice(1).map((end, index) => BYTES.subarray(cuts[index], end));
        expect(readAll(pieces)).toEqual(EXPECTED);
      }),
    );
  });

  it.each([
    { what: 'another method', text: 'DELETE / HTTP/1.1\r\n\r\n' },
    { what: 'a body without a length', text: 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n' },
    { what: 'a POST without a body', text: 'POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n' },
  ])('refuses $what', ({ text }) => {
    expect(() => readAll([Buffer.from(text)])).toThrow(/GET, and POST/);
  });

  it('refuses a head without end', () => {
    expect(() => readAll([Buffer.from(`GET /${'a'.repeat(70_000)}`)])).toThrow(/too long/);
  });
});

it('headers are pairs, and a value keeps its colons', () => {
  const head = Buffer.from('GET / HTTP/1.1\r\nHost: a:1\r\nX-Empty:\r\nAccept:  text/plain ');
  expect(headerPairs(head)).toEqual(['Host', 'a:1', 'X-Empty', '', 'Accept', 'text/plain']);
});
