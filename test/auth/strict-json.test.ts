import { expect, it } from 'vitest';
import { parseStrictObject } from '../../auth/strict-json.ts';

it('reads an object as JSON.parse does', () => {
  const text = ' {"a": [1, {"b": "x\\"}:"}, []], "c" : null, "": {"a": 1}, "__proto__": {"tid": 1}} ';
  const value = parseStrictObject(text, 8);
  expect(value).toEqual(JSON.parse(text));
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

it.each([
  ['the same name twice', '{"a":1,"a":1}'],
  ['the same name around another', '{"a":1,"b":2,"a":3}'],
  ['the same name behind an escape', '{"oid":1,"\\u006fid":2}'],
  ['the same name in another case', '{"oid":1,"OID":2}'],
  ['the same name in an inner object', '{"x":{"a":1,"a":2}}'],
  ['the same name in an object of an array', '{"x":[1,{"a":1 , "a" : 2}]}'],
  ['the same name with space before the colon', '{"a" : 1, "a"\n\t: 2}'],
  ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
])('J5: %s is refused', (_name, text) => {
  expect(() => {
    JSON.parse(text);
  }).not.toThrow();
  expect(parseStrictObject(text, 8)).toBeUndefined();
});

it.each([
  ['an array', '[{"a":1}]'],
  ['a string', '"a"'],
  ['null', 'null'],
  ['nothing', ''],
  ['an open brace', '{'],
  ['two objects', '{}{}'],
  ['a byte order mark', '\uFEFF{}'],
  ['more depth than allowed', `{"a":${'['.repeat(8)}${']'.repeat(8)}}`],
])('J6: %s is not an object', (_name, text) => {
  expect(parseStrictObject(text, 8)).toBeUndefined();
});

it('keeps the same name apart in sibling objects, and strings apart from names', () => {
  for (const text of ['{"a":{"x":1},"b":{"x":1}}', '{"a":"a","b":["a","a"]}', '{"a":"\\\\","b":1}']) {
    expect(parseStrictObject(text, 8)).toEqual(JSON.parse(text));
  }
});
