import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HttpError,
  METHODS,
  decodeAnswerHead,
  decodeRequestHead,
  encodeAnswerHead,
  encodeRequestHead,
} from '../../http/index.ts';
import type { AnswerHead, RequestHead } from '../../http/index.ts';

const LOWER_TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".split('');
// HT, and every byte but the control characters.
const VALUE = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
  (char) => char === '\t' || (char >= ' ' && char !== '\x7f'),
);

const name = fc.string({ unit: fc.constantFrom(...LOWER_TOKEN), minLength: 1, maxLength: 30 });
const value = fc.string({ unit: fc.constantFrom(...VALUE), maxLength: 200 });
const headers = fc.array(fc.tuple(name, value), { maxLength: 128 }).map((pairs) => pairs.flat());
const segment = fc.stringMatching(/^[A-Za-z0-9:~=@-]{1,20}$/);
const target = fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join('/')}`);

const requestHead: fc.Arbitrary<RequestHead> = fc.record({
  method: fc.constantFrom(...METHODS),
  target,
  headers,
  bodyLength: fc.oneof(
    fc.constant(-1),
    fc.maxSafeNat().map((n) => n % (2 ** 48 - 1)),
  ),
  upgrade: fc.constant(''),
  requestId: fc.stringMatching(/^[A-Za-z0-9-]{1,36}$/),
});

const answerHead: fc.Arbitrary<AnswerHead> = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  headers,
});

/** Some bytes of `bytes` replaced, its end cut or lengthened. */
function damaged(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(20),
      fc.uint8Array({ maxLength: 8 }),
    )
    .map(([original, edits, cut, more]) => {
      const copy = Buffer.concat([original.subarray(0, Math.max(0, original.length - cut)), more]);
      for (const [at, byte] of edits) if (copy.length > 0) copy[at % copy.length] = byte;
      return copy;
    });
}

describe('head codecs', () => {
  it('give back every request head', () => {
    fc.assert(
      fc.property(requestHead, (head) => {
        expect(decodeRequestHead(encodeRequestHead(head))).toEqual(head);
      }),
    );
  });

  it('give back every answer head', () => {
    fc.assert(
      fc.property(answerHead, (head) => {
        expect(decodeAnswerHead(encodeAnswerHead(head))).toEqual(head);
      }),
    );
  });

  it('let only typed errors escape, and accept only what they would have made themselves', () => {
    const requests = fc.oneof(
      damaged(requestHead.map(encodeRequestHead)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(requests, (bytes) => {
        let head;
        try {
          head = decodeRequestHead(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpError);
          return;
        }
        expect(encodeRequestHead(head).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(damaged(answerHead.map(encodeAnswerHead)), (bytes) => {
        let head;
        try {
          head = decodeAnswerHead(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpError);
          return;
        }
        expect(encodeAnswerHead(head).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('never encode a character that a header may not hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const allowed = /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
        let refused = false;
        try {
          encodeAnswerHead({ status: 200, headers: ['x', text] });
        } catch {
          refused = true;
        }
        expect(refused).toBe(!allowed);
      }),
      { numRuns: 500 },
    );
  });
});
