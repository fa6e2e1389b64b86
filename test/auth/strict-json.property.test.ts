import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStrictObject } from '../../auth/strict-json.ts';

const name = fc.oneof(fc.constantFrom('a', 'A', 'b', '"', '\\', ':', '{', ''), fc.string({ maxLength: 3 }));
const members = fc.array(fc.tuple(name, fc.jsonValue({ maxDepth: 0 })), { maxLength: 6 });

it('refuses exactly the objects in which a name repeats, whatever the names are', () => {
  fc.assert(
    fc.property(members, (list) => {
      const text = `{${list.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
      const repeats = new Set(list.map(([key]) => key.toLowerCase())).size < list.length;
      expect(parseStrictObject(text, 8)).toEqual(repeats ? undefined : JSON.parse(text));
    }),
  );
});

it('never throws, and never reads what JSON.parse does not', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const value = parseStrictObject(text, 4);
      if (value !== undefined) expect(value).toEqual(JSON.parse(text));
    }),
  );
});
