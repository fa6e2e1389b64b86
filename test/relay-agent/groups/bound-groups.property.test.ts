// The table of bound groups against one that is made anew each time, and lines however they are cut.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { GROUP_LIMITS } from '../../../relay-agent/groups/index.ts';
import { createBoundGroups } from '../../../relay-agent/groups/bound-groups.ts';
import { createLineSplitter } from '../../../relay-agent/groups/line-splitter.ts';
import { RESOURCES } from './bindings-double.ts';
import type { Resource } from './bindings-double.ts';

const GROUPS = ['a', 'b', 'c', 'd'];
const resource = fc.constantFrom(...RESOURCES);
const key = fc.constantFrom('/one', '/two', 'n/one');
const groups = fc.uniqueArray(fc.constantFrom(...GROUPS));
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), resource, key, groups }),
  fc.record({ kind: fc.constant('delete' as const), resource, key }),
  fc.record({
    kind: fc.constant('replace' as const),
    resource,
    list: fc.uniqueArray(fc.record({ key, groups }), { selector: (binding) => binding.key }),
  }),
);

it('holds the groups that some binding names, and has another version whenever those change', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const table = createBoundGroups(GROUP_LIMITS);
      const model: Record<Resource, Map<string, readonly string[]>> = {
        clusterrolebindings: new Map(),
        rolebindings: new Map(),
      };
      const named = (): string[] =>
        GROUPS.filter((group) =>
          RESOURCES.some((name) => [...model[name].values()].some((list) => list.includes(group))),
        );
      for (const one of steps) {
        const before = { named: named(), version: table.version };
        if (one.kind === 'set') {
          model[one.resource].set(one.key, one.groups);
          table.set(one.resource, one);
        } else if (one.kind === 'delete') {
          model[one.resource].delete(one.key);
          table.delete(one.resource, one.key);
        } else {
          model[one.resource] = new Map(one.list.map((binding) => [binding.key, binding.groups]));
          table.replace(one.resource, one.list);
        }
        expect(GROUPS.filter((group) => table.has(group))).toEqual(named());
        expect(table.size).toBe(named().length);
        if (named().join() !== before.named.join()) expect(table.version).not.toBe(before.version);
      }
    }),
  );
});

it('gives the same lines however their bytes are cut, and no empty ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '))),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const splitter = createLineSplitter(1_000);
        const found: string[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          const chunk = Buffer.from(bytes.subarray(at, at + size));
          splitter.push(chunk, (line) => found.push(line));
          // Whoever gave the chunk may use its memory again.
          chunk.fill(0);
          at += size;
        }
        expect(found).toEqual(lines.filter((line) => line !== ''));
      },
    ),
  );
});
