import { expect, it } from 'vitest';
import { parseCompactJws } from '../../auth/compact-jws.ts';
import { codeOf } from './authority-double.ts';

const RULES = { maxBytes: 1024, algorithms: ['RS256'], types: ['jwt'] };
const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const HEADER = { alg: 'RS256', kid: 'key-1', typ: 'JWT' };
const jws = (header: unknown, payload: unknown = { a: 1 }, signature = 'AAAA'): string =>
  `${encode(header)}.${encode(payload)}.${signature}`;

it('reads header and payload of a well-formed token', () => {
  expect(parseCompactJws(jws(HEADER), RULES)).toEqual({
    algorithm: 'RS256',
    keyId: 'key-1',
    type: 'jwt',
    payload: { a: 1 },
  });
});

it.each([
  ['none'],
  ['None'],
  [''],
  ['HS256'],
  ['RS384'],
  ['PS256'],
  ['ES256'],
  ['rs256'],
  [undefined],
  [['RS256']],
])('J1: the algorithm %j is refused', async (alg) => {
  expect(await codeOf(() => parseCompactJws(jws({ ...HEADER, alg }), RULES))).toBe('CC_ERR_AUTH_ALGORITHM');
});

it.each([
  ['../../etc/passwd'],
  ["' OR 1=1 --"],
  ['a b'],
  ['a\u0000'],
  ['a'.repeat(129)],
  [''],
  [7],
  [null],
  [undefined],
  [['key-1']],
])('J2: the key id %j is refused', async (kid) => {
  expect(await codeOf(() => parseCompactJws(jws({ ...HEADER, kid }), RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([['jku'], ['jwk'], ['x5u'], ['x5c']])('J3: a header with %s is refused', async (name) => {
  const header = { ...HEADER, [name]: 'https://attacker.example/keys' };
  expect(await codeOf(() => parseCompactJws(jws(header), RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['crit', ['b64']],
  ['crit', []],
  ['b64', false],
])('J4: a header with %s %j is refused', async (name, value) => {
  const header = { ...HEADER, [name]: value };
  expect(await codeOf(() => parseCompactJws(jws(header), RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['header', jws('{"alg":"none","alg":"RS256","kid":"k","typ":"JWT"}')],
  ['payload', jws(HEADER, '{"oid":"a","oid":"b"}')],
])('J5: a name that occurs twice in the %s is refused', async (_where, token) => {
  expect(await codeOf(() => parseCompactJws(token, RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['an array', '[]'],
  ['a string', '"x"'],
  ['null', 'null'],
  ['a number', '1'],
])('J6: a payload that is %s is refused', async (_name, payload) => {
  expect(await codeOf(() => parseCompactJws(jws(HEADER, payload), RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['an encrypted token of five parts', `${jws(HEADER)}.AAAA.AAAA`],
  ['two parts', 'AAAA.AAAA'],
  ['one part', 'AAAA'],
  ['nothing', ''],
  ['a header with enc', jws({ ...HEADER, enc: 'A256GCM' })],
  ['a header with zip', jws({ ...HEADER, zip: 'DEF' })],
  ['no signature', jws(HEADER, {}, '')],
])('J8: %s is refused', async (_name, token) => {
  expect(await codeOf(() => parseCompactJws(token, RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it.each([
  ['padding', jws(HEADER, {}, 'AAA=')],
  ['the other alphabet', jws(HEADER, {}, 'AA+/')],
  ['a line break', jws(HEADER, {}, 'AA\nAA')],
  ['bits after the end, which spell the same bytes anew', jws(HEADER, {}, 'AAB')],
  [
    'bytes that are not UTF-8',
    `${encode(HEADER)}.${Buffer.from('{"a":"\u00ff"}', 'latin1').toString('base64url')}.AAAA`,
  ],
  ['a byte order mark', jws(HEADER, '\uFEFF{}')],
  ['another type', jws({ ...HEADER, typ: 'pop' })],
  ['a type that is no text', jws({ ...HEADER, typ: {} })],
  ['no type', jws({ alg: 'RS256', kid: 'key-1' })],
])('a token with %s is refused', async (_name, token) => {
  expect(await codeOf(() => parseCompactJws(token, RULES))).toBe('CC_ERR_AUTH_MALFORMED');
});

it('D2: a token over the size cap is refused before it is read', async () => {
  expect(await codeOf(() => parseCompactJws('.'.repeat(1025), RULES))).toBe('CC_ERR_AUTH_TOO_LARGE');
});
