import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../../../bench/load/answer-reader.ts';

/** Feeds pieces as a socket does: all of them through the same memory. */
function readAll(pieces: readonly Buffer[]): string[] {
  const answers: string[] = [];
  let body = '';
  const reader = new AnswerReader({
    onBody: (bytes) => {
      body += bytes.toString('latin1');
    },
    onAnswer: (status, bodyBytes) => {
      answers.push(`${status} ${bodyBytes} ${body}`);
      body = '';
    },
  });
  const memory = Buffer.alloc(4096);
  for (const piece of pieces) {
    piece.copy(memory);
    reader.push(memory.subarray(0, piece.byteLength));
    memory.fill(0);
  }
  return answers;
}

const TWO_ANSWERS = Buffer.from(
  'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello' +
    'HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\ncontent-length: 2\r\n\r\nok',
);
const EXPECTED = ['200 5 hello', '404 0 ', '200 2 ok'];

describe('the reader of answers', () => {
  it('reads answers that come in one piece', () => {
    expect(readAll([TWO_ANSWERS])).toEqual(EXPECTED);
  });

  it('reads the same from any pieces', () => {
    const cuts = fc.array(fc.nat({ max: TWO_ANSWERS.byteLength }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (positions) => {
        const sorted = [0, ...positions.sort((a, b) => a - b), TWO_ANSWERS.byteLength];
        const pieces = sorted.slice(1).map((end, index) => TWO_ANSWERS.subarray(sorted[index], end));
        expect(readAll(pieces)).toEqual(EXPECTED);
      }),
    );
  });

  it.each([
    { what: 'an answer of another protocol', text: 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n' },
    { what: 'an informational answer', text: 'HTTP/1.1 100 Continue\r\n\r\n' },
    { what: 'an answer without a length', text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' },
  ])('refuses $what', ({ text }) => {
    expect(() => readAll([Buffer.from(text)])).toThrow(/answer/);
  });

  it('refuses a head without end', () => {
    const pieces = Array.from({ length: 20 }, () => Buffer.from('x'.repeat(4000)));
    expect(() => readAll(pieces)).toThrow(/too long/);
  });
});
