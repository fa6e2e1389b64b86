// Sets of what comes and goes thousands of times a second. V8's own Set grows a chain of tables: each one that it outgrows points to
// the next, and to what was in it then. As soon as one has moved to the old generation, all that follow survive every cheap
// collection, with every request that they ever held, until the expensive one: 100 MB a second at 10,000 requests a second.

/** What a LiveSet holds. The slot is the set's alone to write: an item is in one set at a time. */
export interface Placed {
  /** Where in the set; below zero outside of it. */
  slot: number;
}

/** A set without an order. All is O(1) but the walk, which sees what is in it when it begins. */
export class LiveSet<T extends Placed> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: T): void {
    if (item.slot >= 0) return;
    item.slot = this.items.length;
    this.items.push(item);
  }

  delete(item: T): void {
    const { slot } = item;
    if (slot < 0) return;
    item.slot = -1;
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.items[slot] = last;
    last.slot = slot;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return [...this.items].values();
  }
}
