// RFC 7541 §5.2 and appendix B. That every byte has its right code is seen against Node's own HTTP/2 (relay-agent/http2).
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeHuffman } from '../../../http/http2/hpack/huffman.ts';

function decode(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return decodeHuffman(bytes, 0, bytes.byteLength);
}

it.each([
  ['', ''],
  ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
  ['a8eb10649cbf', 'no-cache'],
  ['25a849e95ba97d7f', 'custom-key'],
  ['25a849e95bb8e8b4bf', 'custom-value'],
  ['6402', '302'],
  ['640eff', '307'],
  ['aec3771a4b', 'private'],
  ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['9bd9ab', 'gzip'],
  // Codes of 8, 10, 13, 15, 26 and 30 bits.
  ['f8', '&'],
  ['fe3f', '!'],
  ['ffc7', '\0'],
  ['fffd', '{'],
  ['fffffbbf', '\xff'],
  ['fffffff3', '\n'],
  ['fffffff7', '\r'],
  ['fffffffb', '\x16'],
])('%s is %j', (hex, text) => {
  expect(decode(hex)).toBe(text);
});

it.each([
  ['EOS', 'ffffffff'],
  ['EOS after a text', '1fffffffff'],
  ['padding of eight bits', 'f8ff'],
  ['padding of fifteen bits', '07ffff'],
  ['padding with a 0 in it', '18'],
  ['a long code that is cut short', 'ffffff'],
])('%s is refused', (_name, hex) => {
  expect(() => decode(hex)).toThrow(expect.objectContaining({ h2Code: 'COMPRESSION_ERROR' }));
});

it('reads within its bounds only', () => {
  const bytes = Buffer.from('f8a8eb10649cbff8', 'hex');
  expect(decodeHuffman(bytes, 1, 7)).toBe('no-cache');
});

it('ends any bytes with a text of no more than 8/5 of them, or with an Http2Error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        expect(decodeHuffman(bytes, 0, bytes.length).length).toBeLessThanOrEqual(bytes.length * 1.6);
      } catch (error) {
        expect(error).toMatchObject({ name: 'Http2Error' });
      }
    }),
  );
});
