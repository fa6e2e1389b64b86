// The dynamic table of one direction of one connection (RFC 7541 §2.3.2): first in, first out, bounded in bytes.

/** RFC 7541 §4.1: what an entry counts beyond its name and value. */
export const ENTRY_OVERHEAD_BYTES = 32;

/** RFC 9113 §6.5.2: the size of a table until settings say otherwise; the most that this end ever uses. */
export const TABLE_BYTES = 4096;

export class DynamicTable {
  // Name and value in turn, oldest first, from `start` on.
  private fields: string[] = [];
  private start = 0;
  private bytes = 0;
  private maxBytes = TABLE_BYTES;

  get length(): number {
    return (this.fields.length - this.start) / 2;
  }

  get roomBytes(): number {
    return this.maxBytes - this.bytes;
  }

  /** @param index 0 is the newest entry. Undefined for one that does not exist. */
  name(index: number): string | undefined {
    const at = this.fields.length - 2 * index - 2;
    // What was evicted stays in the array for a while.
    return at < this.start ? undefined : this.fields[at];
  }

  /** Of an entry whose name is not undefined. */
  value(index: number): string | undefined {
    return this.fields[this.fields.length - 2 * index - 1];
  }

  /** Evicts what has no room beside the new entry; one larger than the table empties it (RFC 7541 §4.4). */
  add(name: string, value: string): void {
    const bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES;
    this.evict(this.maxBytes - bytes);
    if (bytes > this.maxBytes) return;
    this.fields.push(name, value);
    this.bytes += bytes;
  }

  resize(maxBytes: number): void {
    this.maxBytes = maxBytes;
    this.evict(maxBytes);
  }

  private evict(maxBytes: number): void {
    const { fields } = this;
    while (this.bytes > maxBytes && this.start < fields.length) {
      this.bytes -=
        (fields[this.start]?.length ?? 0) + (fields[this.start + 1]?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
      this.start += 2;
    }
    // In steps: an entry that leaves must not move all that stay.
    if (this.start * 2 > fields.length && this.start > 0) {
      this.fields = fields.slice(this.start);
      this.start = 0;
    }
  }
}
