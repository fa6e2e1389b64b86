// RFC 7541: the examples of its appendix C, errors, and that both ends keep the same table whatever comes.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder, HpackEncoder, MAX_FIELD_OVERHEAD_BYTES } from '../../../http/http2/hpack/index.ts';
import { CONNECTIONS } from './hpack-vectors.ts';

const LIMIT = 64 * 1024;

function encode(encoder: HpackEncoder, list: readonly string[]): Buffer {
  const room = list.join('').length + list.length * MAX_FIELD_OVERHEAD_BYTES + 16;
  const bytes = Buffer.alloc(room);
  return bytes.subarray(0, encoder.encode(list, bytes, 0));
}

function decode(hex: string): readonly string[] | undefined {
  return new HpackDecoder(LIMIT).decode(Buffer.from(hex, 'hex'));
}

describe('the decoder', () => {
  it.each(CONNECTIONS)('reads %s', (_name, blocks) => {
    const decoder = new HpackDecoder(LIMIT);
    for (const { hex, list } of blocks) expect(decoder.decode(Buffer.from(hex, 'hex'))).toEqual(list);
  });

  it.each([
    ['index 0', '80'],
    ['an index beyond the table', 'be'],
    ['a name of an index beyond the table', '7e0161'],
    ['a text that is cut short', '40016105616161'],
    ['a name that is cut short', '4005'],
    ['a field without a value', '400161'],
    ['a number that never ends', 'ffffffffffff'],
    ['a number that is cut short', 'ff'],
    ['a length that is cut short', '407f'],
    ['a table larger than was allowed', '3fe21f'],
    ['a table size in the middle', '8220'],
    ['a Huffman text of padding alone, eight bits of it', '408161ff00'],
    ['EOS in a Huffman text', '4084ffffffff00'],
    ['Huffman padding that is not all ones', '40811800'],
  ])('refuses %s with COMPRESSION_ERROR', (_name, hex) => {
    expect(() => decode(hex)).toThrow(expect.objectContaining({ h2Code: 'COMPRESSION_ERROR' }));
  });

  it('refuses an index of an entry that was pushed out, though others are there', () => {
    const decoder = new HpackDecoder(LIMIT);
    // Three entries, in a table for two; then the third index of it.
    decoder.decode(Buffer.from('3f39400161016240016301644001650166', 'hex'));
    expect(decoder.decode(Buffer.from('bebf', 'hex'))).toEqual(['e', 'f', 'c', 'd']);
    expect(() => decoder.decode(Buffer.from('c0', 'hex'))).toThrow(/index/);
  });

  it('takes the table to be empty after a size of 0', () => {
    const decoder = new HpackDecoder(LIMIT);
    decoder.decode(Buffer.from('4001610162', 'hex'));
    expect(decoder.decode(Buffer.from('203fe11f82', 'hex'))).toEqual([':method', 'GET']);
    expect(() => decoder.decode(Buffer.from('be', 'hex'))).toThrow(/index/);
  });

  it('gives no list that is too long, and follows its table even so', () => {
    const decoder = new HpackDecoder(200);
    const long = encode(new HpackEncoder(), ['x', 'y'.repeat(200)]);
    const withEntry = Buffer.concat([long, Buffer.from('4001610162', 'hex')]);
    expect(decoder.decode(withEntry)).toBeUndefined();
    expect(decoder.decode(Buffer.from('be', 'hex'))).toEqual(['a', 'b']);
  });

  it('ends any bytes with a list or with an Http2Error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const list = new HpackDecoder(LIMIT).decode(Buffer.from(bytes));
          expect(list?.length ?? 0).toBeLessThanOrEqual(2 * bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Http2Error', h2Code: 'COMPRESSION_ERROR' });
        }
      }),
    );
  });
});

const name = fc.oneof(
  fc.constantFrom(':path', ':method', 'accept', 'authorization', 'user-agent', 'impersonate-user', 'cookie'),
  fc.constantFrom('impersonate-group', 'impersonate-extra-oid', 'impersonate-extra-tid', 'x-request-id'),
  fc.stringMatching(/^[a-z-]{1,20}$/),
);
const latin1 = fc.oneof(
  fc.constantFrom('', 'GET', '/', 'Bearer x', 'gzip, deflate'),
  fc
    .array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 300 })
    .map((codes) => String.fromCharCode(...codes)),
);
const block = fc.array(fc.tuple(name, latin1), { maxLength: 12 }).map((fields) => fields.flat());

/** What may happen on a connection between two blocks. */
const step = fc.oneof(
  { weight: 8, arbitrary: block },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
);

describe('the encoder', () => {
  it('keeps the same table as a decoder, whatever comes after whatever', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(LIMIT);
        for (const one of steps) {
          if (one === 'restart') encoder.restart();
          else if (typeof one === 'number') encoder.setMaxTableBytes(one);
          else expect(decoder.decode(encode(encoder, one))).toEqual(one);
        }
      }),
    );
  });

  it('keeps the same table over many blocks of which few come again', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(LIMIT);
    for (let at = 0; at < 3000; at += 1) {
      const list = [
        'impersonate-user',
        `user-${at % 700}`,
        'impersonate-extra-oid',
        `oid-${at % 900}`,
        ':path',
        `/${at}`,
      ];
      expect(decoder.decode(encode(encoder, list))).toEqual(list);
    }
  });

  it('never writes longer blocks than it says', () => {
    const list = Array.from({ length: 200 }, (_, at) => [
      `impersonate-extra-${at}`,
      'x'.repeat(at * 3),
    ]).flat();
    const encoder = new HpackEncoder();
    encoder.setMaxTableBytes(4096);
    expect(encode(encoder, list).length).toBeLessThan(list.join('').length + 11 * list.length);
  });

  it('writes the agent’s token and the lines of who asks as one byte each when they come again', () => {
    const encoder = new HpackEncoder();
    const groups = Array.from({ length: 20 }, (_, at) => ['impersonate-group', `group-${at}`]).flat();
    const extra = ['impersonate-extra-oid', 'one', 'impersonate-extra-oid', 'two'];
    const token = ['authorization', `Bearer ${'t'.repeat(800)}`];
    const list = [
      ':method',
      'GET',
      ...token,
      'impersonate-user',
      'alice',
      'impersonate-uid',
      '7',
      ...groups,
      ...extra,
    ];
    expect(encode(encoder, list).length).toBeGreaterThan(800);
    expect(encode(encoder, list).length).toBe(list.length / 2);
  });

  it('begins anew when what it holds answers for less than what has no room', () => {
    const encoder = new HpackEncoder();
    const groups = (of: string): string[] =>
      Array.from({ length: 40 }, (_, at) => ['impersonate-group', `${of}-${at}-${'g'.repeat(30)}`]).flat();
    encode(encoder, groups('early'));
    let bytes = 0;
    for (let at = 0; at < 1024; at += 1) bytes = encode(encoder, groups('late')).length;
    expect(bytes).toBeLessThan(40 * 30);
  });

  it.each([':path', 'audit-id', 'content-length', 'cookie', 'x-anything'])(
    'never puts %s into a table: clients choose it freely',
    (free) => {
      const encoder = new HpackEncoder();
      const list = [free, 'chosen by somebody'];
      expect(encode(encoder, list).length).toBe(encode(encoder, list).length);
      expect(encode(encoder, list).toString('latin1')).toContain('chosen by somebody');
    },
  );

  it('begins the table anew, at both ends, when it is restarted', () => {
    const encoder = new HpackEncoder();
    const list = ['authorization', 'Bearer old'];
    encode(encoder, list);
    encoder.restart();
    // §4.2, §6.3: a size of 0, and then the one that holds.
    expect(encode(encoder, list).subarray(0, 4).toString('hex')).toBe('203fe11f');
  });

  it.each([
    [0, '2020'],
    [100, '203f45'],
    [10_000, '203fe11f'],
  ])('takes a peer’s table of %d bytes, and no more than 4096', (bytes, hex) => {
    const encoder = new HpackEncoder();
    encoder.setMaxTableBytes(bytes);
    expect(encode(encoder, []).toString('hex')).toBe(hex);
  });
});
