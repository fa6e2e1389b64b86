// Header blocks of one direction of one connection, from a flat list to bytes (RFC 7541). What comes again on each request is put
// into the peer's table once: the agent's token, and the groups of whoever asks most.
import { DynamicTable, ENTRY_OVERHEAD_BYTES, TABLE_BYTES } from './dynamic-table.ts';
import { STATIC_TABLE } from './static-table.ts';

/** Longer than any literal's own bytes: its first byte, and two lengths of at most five bytes. */
export const MAX_FIELD_OVERHEAD_BYTES = 11;

// Of these a connection sees few values, again and again. Paths, request ids and lengths would only push those out.
const REPEATED = new Set([
  ':authority',
  'accept',
  'accept-encoding',
  'authorization',
  'content-type',
  'impersonate-group',
  'impersonate-uid',
  'impersonate-user',
  'user-agent',
]);
const REPEATED_FAMILY = 'impersonate-extra-';

/** After so many blocks the table is begun anew, if it answers for less than half of what it is there for. */
const REVIEW_BLOCKS = 512;

interface KnownName {
  /** Of the static table, 0 for none. */
  readonly staticIndex: number;
  readonly staticValues: Map<string, number>;
  readonly isRepeated: boolean;
  /** When each value was put into the dynamic table, counted from 1. */
  readonly inserted: Map<string, number>;
  /** The first of those: as good as any for the name alone. 0 for none. */
  firstInserted: number;
}

export class HpackEncoder {
  private table = new DynamicTable();
  private names = staticNames();
  private insertions = 0;
  private maxBytes = TABLE_BYTES;
  private sizeIsDue = false;
  private restartIsDue = false;
  private blocks = 0;
  private hits = 0;
  private misses = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  /** SETTINGS_HEADER_TABLE_SIZE of the peer. */
  setMaxTableBytes(bytes: number): void {
    this.maxBytes = Math.min(bytes, TABLE_BYTES);
    this.restart();
  }

  /** Forgets every entry, here and, with the next block, at the peer. */
  restart(): void {
    this.restartIsDue = true;
    this.sizeIsDue = true;
  }

  /**
   * Writes the block into `bytes` from `at` on; the caller has seen to it that there is room for each name and value and
   * MAX_FIELD_OVERHEAD_BYTES with each, and for eight more.
   * @param headers name and value in turn, lower-case names, latin1
   * @returns where the block ends
   */
  encode(headers: readonly string[], bytes: Buffer, at: number): number {
    this.bytes = bytes;
    this.at = at;
    this.blocks += 1;
    if (this.blocks % REVIEW_BLOCKS === 0) this.review();
    if (this.sizeIsDue) this.writeSize();
    for (let i = 0; i < headers.length; i += 2) this.field(headers[i] ?? '', headers[i + 1] ?? '');
    return this.at;
  }

  private field(name: string, value: string): void {
    const known = this.names.get(name);
    const inserted = known?.inserted.get(value);
    if (inserted !== undefined) {
      this.hits += 1;
      // §2.3.3: the newest entry comes first.
      return this.integer(STATIC_TABLE.length + 1 + this.insertions - inserted, 7, 0x80);
    }
    const fixed = known?.staticValues.get(value);
    if (fixed !== undefined) return this.integer(fixed, 7, 0x80);
    if ((known?.isRepeated ?? isRepeated(name)) && this.insert(name, value)) return;
    // §6.2.2
    const index = known === undefined ? 0 : this.nameIndex(known);
    this.integer(index, 4, 0x00);
    if (index === 0) this.text(name);
    this.text(value);
  }

  // §6.2.1, only where there is room: nothing is ever pushed out, so an entry keeps its place until the table begins anew.
  private insert(name: string, value: string): boolean {
    if (name.length + value.length + ENTRY_OVERHEAD_BYTES > this.table.roomBytes) {
      this.misses += 1;
      return false;
    }
    const known = this.names.get(name);
    const index = known === undefined ? 0 : this.nameIndex(known);
    this.integer(index, 6, 0x40);
    if (index === 0) this.text(name);
    this.text(value);
    this.table.add(name, value);
    this.insertions += 1;
    const entry = known ?? knownName(0, true);
    if (known === undefined) this.names.set(name, entry);
    entry.inserted.set(value, this.insertions);
    if (entry.firstInserted === 0) entry.firstInserted = this.insertions;
    return true;
  }

  private nameIndex(known: KnownName): number {
    if (known.staticIndex > 0) return known.staticIndex;
    return known.firstInserted === 0 ? 0 : STATIC_TABLE.length + 1 + this.insertions - known.firstInserted;
  }

  private review(): void {
    if (this.misses > this.hits) this.restart();
    this.hits = 0;
    this.misses = 0;
  }

  // §6.3: a size of 0 empties the peer's table, the second one opens it again.
  private writeSize(): void {
    if (this.restartIsDue) {
      this.integer(0, 5, 0x20);
      this.table = new DynamicTable();
      this.names = staticNames();
      this.insertions = 0;
    }
    this.integer(this.maxBytes, 5, 0x20);
    this.table.resize(this.maxBytes);
    this.sizeIsDue = false;
    this.restartIsDue = false;
  }

  // §5.2, never Huffman coded: it would cost more time than the bytes do on the way to an apiserver.
  private text(text: string): void {
    this.integer(text.length, 7, 0);
    this.at += this.bytes.write(text, this.at, 'latin1');
  }

  // §5.1
  private integer(value: number, prefixBits: number, flag: number): void {
    const { bytes } = this;
    const mask = (1 << prefixBits) - 1;
    if (value < mask) {
      bytes[this.at++] = flag | value;
      return;
    }
    bytes[this.at++] = flag | mask;
    let rest = value - mask;
    for (; rest >= 0x80; rest >>>= 7) bytes[this.at++] = (rest & 0x7f) | 0x80;
    bytes[this.at++] = rest;
  }
}

function isRepeated(name: string): boolean {
  return REPEATED.has(name) || name.startsWith(REPEATED_FAMILY);
}

function knownName(staticIndex: number, repeated: boolean): KnownName {
  return {
    staticIndex,
    staticValues: new Map(),
    isRepeated: repeated,
    inserted: new Map(),
    firstInserted: 0,
  };
}

function staticNames(): Map<string, KnownName> {
  const names = new Map<string, KnownName>();
  STATIC_TABLE.forEach(([name, value], at) => {
    let known = names.get(name);
    if (known === undefined) {
      known = knownName(at + 1, isRepeated(name));
      names.set(name, known);
    }
    if (value !== '') known.staticValues.set(value, at + 1);
  });
  return names;
}
