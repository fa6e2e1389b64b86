// A Map from numbers, for what comes and goes as fast as in a LiveSet and is looked up by its id. The Map inside holds numbers alone:
// its outgrown tables keep nothing alive.

export class IdTable<T> {
  private readonly slotOf = new Map<number, number>();
  private readonly ids: number[] = [];
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  get(id: number): T | undefined {
    const slot = this.slotOf.get(id);
    return slot === undefined ? undefined : this.items[slot];
  }

  has(id: number): boolean {
    return this.slotOf.has(id);
  }

  /** @throws RangeError for an id that is there already */
  add(id: number, item: T): void {
    if (this.slotOf.has(id)) throw new RangeError(`there is an item with the id ${id} already`);
    this.slotOf.set(id, this.items.length);
    this.ids.push(id);
    this.items.push(item);
  }

  /** Whether it was there. */
  delete(id: number): boolean {
    const slot = this.slotOf.get(id);
    if (slot === undefined) return false;
    this.slotOf.delete(id);
    const lastId = this.ids.pop();
    const last = this.items.pop();
    // The last one moves into the gap, unless it was itself the one.
    if (lastId === undefined || last === undefined || lastId === id) return true;
    this.ids[slot] = lastId;
    this.items[slot] = last;
    this.slotOf.set(lastId, slot);
    return true;
  }

  clear(): void {
    this.slotOf.clear();
    this.ids.length = 0;
    this.items.length = 0;
  }

  /** What is in it now, in no order. */
  values(): T[] {
    return [...this.items];
  }
}
