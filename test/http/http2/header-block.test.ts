// RFC 9113 §4.3, §6.2, §6.10: a block out of HEADERS and CONTINUATIONs.
import { describe, expect, it } from 'vitest';
import { FLAG, HeaderBlock } from '../../../http/index.ts';

const END = FLAG.END_HEADERS;
const PRIORITY = Buffer.alloc(5);

describe('a block', () => {
  it.each<[string, number, Buffer]>([
    ['alone', END, Buffer.from('block')],
    ['with a priority', END | FLAG.PRIORITY, Buffer.concat([PRIORITY, Buffer.from('block')])],
    ['with padding', END | FLAG.PADDED, Buffer.concat([Buffer.of(3), Buffer.from('block'), Buffer.alloc(3)])],
    [
      'with both',
      END | FLAG.PADDED | FLAG.PRIORITY,
      Buffer.concat([Buffer.of(3), PRIORITY, Buffer.from('block'), Buffer.alloc(3)]),
    ],
  ])('in one frame %s is whole', (_name, flags, payload) => {
    const block = new HeaderBlock(100);
    expect(block.begin(flags | FLAG.END_STREAM, 7, payload)).toBe(true);
    expect(block).toMatchObject({ streamId: 7, endStream: true, isOpen: false });
    expect(block.take().toString()).toBe('block');
  });

  it('in pieces is put together, and keeps none of the memory that they came in', () => {
    const block = new HeaderBlock(100);
    const memory = Buffer.from('block');
    expect(block.begin(0, 1, memory.subarray(0, 2))).toBe(false);
    expect(block.isOpen).toBe(true);
    expect(block.add(0, 1, memory.subarray(2, 3))).toBe(false);
    expect(block.add(END, 1, memory.subarray(3))).toBe(true);
    memory.fill(0);
    expect(block.take().toString()).toBe('block');
    expect(block.endStream).toBe(false);
  });

  it('is followed by another', () => {
    const block = new HeaderBlock(5);
    for (const text of ['one', 'two', 'three']) {
      block.begin(END, 1, Buffer.from(text));
      expect(block.take().toString()).toBe(text);
    }
  });

  it.each<[string, string, (block: HeaderBlock) => unknown]>([
    [
      'padding that is too long',
      'PROTOCOL_ERROR',
      (block) => block.begin(END | FLAG.PADDED, 1, Buffer.of(2, 0)),
    ],
    ['padding without a length', 'PROTOCOL_ERROR', (block) => block.begin(END | FLAG.PADDED, 1, Buffer.of())],
    [
      'a priority that is cut short',
      'PROTOCOL_ERROR',
      (block) => block.begin(END | FLAG.PRIORITY, 1, Buffer.of(1)),
    ],
    ['a continuation of nothing', 'PROTOCOL_ERROR', (block) => block.add(END, 1, Buffer.of(1))],
    [
      'a continuation of another stream',
      'PROTOCOL_ERROR',
      (block) => [block.begin(0, 1, Buffer.of(1)), block.add(END, 3, Buffer.of(1))],
    ],
    ['more than allowed', 'ENHANCE_YOUR_CALM', (block) => block.begin(END, 1, Buffer.alloc(11))],
    [
      'more than allowed, in pieces',
      'ENHANCE_YOUR_CALM',
      (block) => [block.begin(0, 1, Buffer.alloc(6)), block.add(END, 1, Buffer.alloc(5))],
    ],
    [
      'pieces of nothing',
      'ENHANCE_YOUR_CALM',
      (block) => [block.begin(0, 1, Buffer.alloc(1)), block.add(0, 1, Buffer.alloc(0))],
    ],
  ])('is refused for %s', (_name, h2Code, feed) => {
    expect(() => feed(new HeaderBlock(10))).toThrow(expect.objectContaining({ h2Code }));
  });
});
