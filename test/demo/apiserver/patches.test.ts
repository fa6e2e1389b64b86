import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJson, sameJson } from '../../../demo/apiserver/json.ts';
import type { Json, JsonObject } from '../../../demo/apiserver/json.ts';
import { jsonPatch, mergePatch } from '../../../demo/apiserver/objects/json-patch.ts';
import { strategicMerge } from '../../../demo/apiserver/objects/strategic-merge.ts';
import { StatusError } from '../../../demo/apiserver/status-error.ts';

function json(value: unknown): Json {
  if (!isJson(value)) throw new TypeError('the test gave no JSON');
  return value;
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return `${error.httpStatus} ${error.reason}`;
    throw error;
  }
  return 'none';
}

describe('a merge patch (RFC 7396 appendix A)', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('turns %j by %j into %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  it('gives what the patch states, whatever the target', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (target, patch) => {
        const once = mergePatch(json(target), json(patch));
        expect(sameJson(mergePatch(once, json(patch)), once)).toBe(true);
      }),
    );
  });

  it('never reaches a prototype', () => {
    const patch = json(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    const result = mergePatch({}, patch);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(patch)));
  });
});

describe('a JSON patch (RFC 6902)', () => {
  const target = { a: { b: ['x', 'y'] }, 'c/d': 1, 'e~f': 2 };

  it.each([
    [[{ op: 'add', path: '/a/b/1', value: 'n' }], { ...target, a: { b: ['x', 'n', 'y'] } }],
    [[{ op: 'add', path: '/a/b/-', value: 'n' }], { ...target, a: { b: ['x', 'y', 'n'] } }],
    [[{ op: 'remove', path: '/a/b/0' }], { ...target, a: { b: ['y'] } }],
    [[{ op: 'replace', path: '/c~1d', value: 9 }], { ...target, 'c/d': 9 }],
    [[{ op: 'replace', path: '/e~0f', value: 9 }], { ...target, 'e~f': 9 }],
    [[{ op: 'move', from: '/a/b/0', path: '/a/first' }], { ...target, a: { b: ['y'], first: 'x' } }],
    [[{ op: 'copy', from: '/a/b', path: '/copy' }], { ...target, copy: ['x', 'y'] }],
    [[{ op: 'test', path: '/a', value: { b: ['x', 'y'] } }], target],
  ])('applies %j', (patch, expected) => {
    expect(jsonPatch(target, patch)).toEqual(expected);
  });

  it.each([
    [{}, '400 BadRequest'],
    [[{ op: 'nonsense', path: '/a' }], '400 BadRequest'],
    [[{ op: 'add', path: 'a', value: 1 }], '400 BadRequest'],
    [[{ op: 'add', path: '/a' }], '400 BadRequest'],
    [[{ op: 'remove', path: '/nope' }], '422 Invalid'],
    [[{ op: 'replace', path: '/a/b/2', value: 1 }], '422 Invalid'],
    [[{ op: 'add', path: '/a/b/01', value: 1 }], '422 Invalid'],
    [[{ op: 'test', path: '/c~1d', value: 2 }], '422 Invalid'],
    [[{ op: 'add', path: '/c~1d/deeper', value: 2 }], '422 Invalid'],
    [[{ op: 'remove', path: '/constructor' }], '422 Invalid'],
    [Array.from({ length: 2001 }, () => ({ op: 'test', path: '', value: 1 })), '413 RequestEntityTooLarge'],
  ])('refuses %j', (patch, expected) => {
    expect(refusal(() => jsonPatch(target, patch))).toBe(expected);
  });

  it('lets only typed refusals escape', () => {
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path: fc.constantFrom(
          '',
          '/',
          '/a',
          '/a/b',
          '/a/b/0',
          '/a/b/-',
          '/a/b/9',
          '/__proto__',
          '/x/y',
          'bad',
        ),
        from: fc.constantFrom('', '/a', '/a/b/1', '/nope'),
        value: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        refusal(() => jsonPatch(target, json(operations)));
      }),
    );
  });
});

describe('a strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '2' },
      ],
    },
  };
  const containers = (items: JsonObject[]): JsonObject => ({ spec: { containers: items } });

  it.each([
    [
      'adds an item',
      containers([{ name: 'c' }]),
      [{ name: 'a', image: '1' }, { name: 'b', image: '2' }, { name: 'c' }],
    ],
    [
      'changes an item',
      containers([{ name: 'b', image: '3' }]),
      [
        { name: 'a', image: '1' },
        { name: 'b', image: '3' },
      ],
    ],
    ['deletes an item', containers([{ name: 'a', $patch: 'delete' }]), [{ name: 'b', image: '2' }]],
    ['replaces a list', containers([{ $patch: 'replace' }, { name: 'z' }]), [{ name: 'z' }]],
  ])('%s', (_, patch, expected) => {
    expect(strategicMerge('Pod', pod, patch)).toEqual(containers(expected));
  });

  it('orders items as $setElementOrder says', () => {
    const patch = {
      spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'a' }] },
    };
    const merged = strategicMerge('Pod', pod, patch);
    expect(merged).toEqual(
      containers([
        { name: 'b', image: '2' },
        { name: 'a', image: '1' },
      ]),
    );
  });

  it('merges finalizers as a set and removes those that are named', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'] } };
    expect(strategicMerge('Pod', target, patch)).toEqual({ metadata: { finalizers: ['b', 'c'] } });
  });

  it('keeps only the fields that $retainKeys names', () => {
    const target = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    const volume = { name: 'v', hostPath: { path: '/x' }, $retainKeys: ['name', 'hostPath'] };
    const merged = strategicMerge('Pod', target, { spec: { volumes: [volume] } });
    expect(merged).toEqual({ spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } });
  });

  it('replaces lists that have no merge key', () => {
    const target = { spec: { containers: [{ name: 'a', args: ['1', '2'] }] } };
    const merged = strategicMerge('Pod', target, containers([{ name: 'a', args: ['3'] }]));
    expect(merged).toEqual(containers([{ name: 'a', args: ['3'] }]));
  });

  it('refuses an item without its merge key', () => {
    expect(refusal(() => strategicMerge('Pod', pod, containers([{ image: 'x' }])))).toBe('400 BadRequest');
  });
});
