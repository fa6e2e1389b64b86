import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerPairs, RequestReader } from '../../../bench/apiserver/request-reader.ts';

const REQUESTS = [
  'GET /a HTTP/1.1\r\nhost: x',
  'GET /b HTTP/1.1\r\nhost: y\r\naccept: */*',
  'GET /c HTTP/1.1',
];
const BYTES = Buffer.from(REQUESTS.map((request) => `${request}\r\n\r\n`).join(''));

function readAll(pieces: readonly Buffer[]): string[] {
  const heads: string[] = [];
  const reader = new RequestReader((head) => heads.push(head.toString('latin1')));
  for (const piece of pieces) reader.push(piece);
  return heads;
}

describe('the reader of requests', () => {
  it('finds pipelined requests, whatever pieces they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: BYTES.byteLength }), { maxLength: 12 }), (positions) => {
        const cuts = [0, ...positions.sort((a, b) => a - b), BYTES.byteLength];
        const pieces = cuts.slice(1).map((end, index) => BYTES.subarray(cuts[index], end));
        expect(readAll(pieces)).toEqual(REQUESTS);
      }),
    );
  });

  it('refuses a request that may have a body', () => {
    expect(() => readAll([Buffer.from('POST / HTTP/1.1\r\n\r\n')])).toThrow(/GET only/);
  });

  it('refuses a head without end', () => {
    expect(() => readAll([Buffer.from(`GET /${'a'.repeat(70_000)}`)])).toThrow(/too long/);
  });
});

it('headers are pairs, and a value keeps its colons', () => {
  const head = Buffer.from('GET / HTTP/1.1\r\nHost: a:1\r\nX-Empty:\r\nAccept:  text/plain ');
  expect(headerPairs(head)).toEqual(['Host', 'a:1', 'X-Empty', '', 'Accept', 'text/plain']);
});
