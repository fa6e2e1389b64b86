// What comes and goes: found while it is there, gone when it is not.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable, LiveSet } from '../../memory/index.ts';
import type { Placed } from '../../memory/index.ts';

interface Item extends Placed {
  readonly id: number;
}

/** An id that is there is taken out, one that is not is added: every order of both is tried. */
const TOGGLES = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 });

function itemsOf(): readonly Item[] {
  return Array.from({ length: 10 }, (_, id) => ({ id, slot: -1 }));
}

describe('a LiveSet', () => {
  it('holds what a Set would hold', () => {
    fc.assert(
      fc.property(TOGGLES, (toggles) => {
        const items = itemsOf();
        const live = new LiveSet<Item>();
        const model = new Set<number>();
        for (const item of toggles.flatMap((id) => items[id] ?? [])) {
          if (model.delete(item.id)) {
            live.delete(item);
          } else {
            model.add(item.id);
            live.add(item);
          }
          expect(new Set([...live].map(({ id }) => id))).toEqual(model);
          expect(live.size).toBe(model.size);
        }
      }),
    );
  });

  it('takes an item once, and gives up nothing for one that it does not hold', () => {
    const [first, second, third] = itemsOf();
    if (first === undefined || second === undefined || third === undefined) throw new Error('no items');
    const live = new LiveSet<Item>();
    for (const item of [first, second, second]) live.add(item);
    live.delete(third);
    live.delete(first);
    live.delete(first);
    expect([...live]).toEqual([second]);
  });

  it('is walked as it was, whatever leaves meanwhile', () => {
    const items = itemsOf();
    const live = new LiveSet<Item>();
    for (const item of items) live.add(item);
    const seen: number[] = [];
    for (const item of live) {
      seen.push(item.id);
      live.delete(item);
    }
    expect(new Set(seen)).toEqual(new Set(items.map(({ id }) => id)));
    expect(live.size).toBe(0);
  });
});

describe('an IdTable', () => {
  it('finds what a Map would find', () => {
    fc.assert(
      fc.property(TOGGLES, (toggles) => {
        const table = new IdTable<string>();
        const model = new Map<number, string>();
        for (const [at, id] of toggles.entries()) {
          const isThere = model.delete(id);
          expect(table.delete(id)).toBe(isThere);
          if (!isThere) {
            model.set(id, `item ${at}`);
            table.add(id, `item ${at}`);
          }
          for (let each = 0; each < 10; each += 1) {
            expect(table.get(each)).toBe(model.get(each));
            expect(table.has(each)).toBe(model.has(each));
          }
          expect(table.values().sort()).toEqual([...model.values()].sort());
          expect(table.size).toBe(model.size);
        }
        table.clear();
        expect([table.size, table.get(toggles[0] ?? 0), table.values()]).toEqual([0, undefined, []]);
      }),
    );
  });

  it('refuses a second item with the same id', () => {
    const table = new IdTable<string>();
    table.add(1, 'first');
    expect(() => table.add(1, 'second')).toThrow(RangeError);
    expect(table.get(1)).toBe('first');
  });
});
