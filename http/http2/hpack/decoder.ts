// Header blocks of one direction of one connection, from bytes to a flat list (RFC 7541). Strict: a block that is not
// understood to its last bit ends the connection.
import type { HeaderList } from '../../head-types.ts';
import { DynamicTable, ENTRY_OVERHEAD_BYTES, TABLE_BYTES } from './dynamic-table.ts';
import { Http2Error } from '../http2-error.ts';
import { decodeHuffman } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

// A continuation of four bytes reaches 2^28, more than any length or index here.
const MAX_CONTINUATION_BYTES = 4;

const NOTHING = Buffer.alloc(0);

export class HpackDecoder {
  private readonly table = new DynamicTable();
  private readonly maxListBytes: number;
  private bytes: Buffer = NOTHING;
  private at = 0;
  private end = 0;

  /** @param maxListBytes of names and values and 32 for each line, as RFC 9113 counts SETTINGS_MAX_HEADER_LIST_SIZE */
  constructor(maxListBytes: number) {
    this.maxListBytes = maxListBytes;
  }

  /**
   * Name and value in turn, in the order of the block. A list that is too long is undefined; the table follows it even so, and
   * the connection goes on.
   * @throws Http2Error when the connection cannot go on
   */
  decode(block: Buffer): HeaderList | undefined {
    this.bytes = block;
    this.at = 0;
    this.end = block.byteLength;
    const list: HeaderList = [];
    let listBytes = 0;
    let mayResize = true;
    while (this.at < this.end) {
      const first = block[this.at] ?? 0;
      // §6.3: only at the beginning of a block.
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw new Http2Error('COMPRESSION_ERROR', 'a table size in the middle of a block');
        const size = this.integer(5);
        if (size > TABLE_BYTES)
          throw new Http2Error('COMPRESSION_ERROR', 'a table that is larger than allowed');
        this.table.resize(size);
        continue;
      }
      mayResize = false;
      let name: string;
      let value: string;
      if (first >= 0x80) {
        const index = this.integer(7);
        name = this.nameAt(index);
        value = this.valueAt(index);
      } else {
        // §6.2: with incremental indexing six bits, without or never four.
        const isAdded = first >= 0x40;
        const index = this.integer(isAdded ? 6 : 4);
        name = index === 0 ? this.text() : this.nameAt(index);
        value = this.text();
        if (isAdded) this.table.add(name, value);
      }
      listBytes += name.length + value.length + ENTRY_OVERHEAD_BYTES;
      if (listBytes <= this.maxListBytes) list.push(name, value);
    }
    // A view into what a socket gave: a connection that is quiet now must not keep that.
    this.bytes = NOTHING;
    return listBytes <= this.maxListBytes ? list : undefined;
  }

  private nameAt(index: number): string {
    const name =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]?.[0]
        : this.table.name(index - STATIC_TABLE.length - 1);
    if (name === undefined) throw new Http2Error('COMPRESSION_ERROR', 'an index that no entry has');
    return name;
  }

  private valueAt(index: number): string {
    return (
      (index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]?.[1]
        : this.table.value(index - STATIC_TABLE.length - 1)) ?? ''
    );
  }

  // §5.2
  private text(): string {
    const isHuffman = ((this.bytes[this.at] ?? 0) & 0x80) !== 0;
    const length = this.integer(7);
    const from = this.at;
    this.at += length;
    if (this.at > this.end) throw new Http2Error('COMPRESSION_ERROR', 'a text that is cut short');
    return isHuffman
      ? decodeHuffman(this.bytes, from, this.at)
      : this.bytes.toString('latin1', from, this.at);
  }

  // §5.1
  private integer(prefixBits: number): number {
    if (this.at >= this.end) throw new Http2Error('COMPRESSION_ERROR', 'a block that is cut short');
    const mask = (1 << prefixBits) - 1;
    let value = (this.bytes[this.at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let count = 0; count < MAX_CONTINUATION_BYTES; count += 1) {
      if (this.at >= this.end) throw new Http2Error('COMPRESSION_ERROR', 'a block that is cut short');
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * count);
      if (byte < 0x80) return value;
    }
    throw new Http2Error('COMPRESSION_ERROR', 'a number that is too large');
  }
}
