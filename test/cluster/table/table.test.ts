// What the table's figures rest on: how a line is read, what a normaliser takes away, and how outcomes are counted.
import { describe, expect, test } from 'vitest';
import { NORMALISERS } from '../compare.ts';
import { HOST_ROUTE, HTTP_1_1, HTTP_2, OLD_KUBECTL, PATH_ROUTE, SPDY } from '../transports.ts';
import { laneGroups } from './lanes.ts';
import { words } from './row.ts';
import { describeTally } from './tally.ts';

describe('a line of the table', () => {
  test.each([
    ['get pods -o name', ['get', 'pods', '-o', 'name']],
    ["exec web -- sh -c 'echo a; exit 3'", ['exec', 'web', '--', 'sh', '-c', 'echo a; exit 3']],
    ["create x --from-literal='text=a b'", ['create', 'x', '--from-literal=text=a b']],
  ])('%s is read as a shell would read it', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  test('with an open quote is refused', () => {
    expect(() => words("get 'pods")).toThrow(SyntaxError);
  });
});

describe('a normaliser', () => {
  const direct = [
    'I round_trippers.go:560] GET https://127.0.0.1:1234/api?timeout=32s 200 OK in 2 milliseconds',
    'I round_trippers.go:587]     Warning: 299 - "old"',
    'I round_trippers.go:587]     Date: Sat, 21 Nov 2026 03:08:22 GMT',
  ].join('\n');
  const byPath = direct.replace(':1234', ':999/clusters/harbour').replace('2 mil', '7 mil');
  const byHost = direct.replace('127.0.0.1:1234', 'harbour.clusters.contoso.example:5');

  test('finds the same requests whatever the address of the relay is', () => {
    expect(NORMALISERS.requests(direct)).toBe('GET SERVER/api?timeout=32s 200');
    expect(NORMALISERS.requests(byPath)).toBe(NORMALISERS.requests(direct));
    expect(NORMALISERS.requests(byHost)).toBe(NORMALISERS.requests(direct));
  });

  test('still sees a request that was made twice, and another answer', () => {
    expect(NORMALISERS.requests(`${direct}\n${direct}`)).not.toBe(NORMALISERS.requests(direct));
    expect(NORMALISERS.requests(direct.replace('200', '503'))).not.toBe(NORMALISERS.requests(direct));
  });

  test('leaves of an answer’s header fields those that do not change by themselves', () => {
    expect(NORMALISERS.answerHeaders(direct)).toBe('Warning: 299 - "old"');
  });
});

test('each kubectl and environment has its own direct run, and its transports share it', () => {
  const groups = laneGroups([HTTP_2, HTTP_1_1, SPDY, PATH_ROUTE, HOST_ROUTE, OLD_KUBECTL], String);
  expect(groups.map(({ relayed }) => relayed.map(({ transport }) => transport.name))).toEqual([
    ['HTTP/2', 'path route', 'host route'],
    ['HTTP/1.1'],
    ['SPDY'],
    ['kubectl 1.20'],
  ]);
  const names = groups
    .flatMap(({ direct, relayed }) => [direct, ...relayed])
    .map(({ namespace }) => namespace);
  expect(new Set(names).size).toBe(10);
  expect(new Set(names.map(({ length }) => length)).size).toBe(1);
});

test('the tally counts each transport by itself, and names what is not equal', () => {
  const text = describeTally([
    { name: 'one', entries: [{ transport: 'HTTP/2', outcome: 'equal' }] },
    {
      name: 'two',
      entries: [
        { transport: 'HTTP/2', outcome: 'differs' },
        { transport: 'path route', outcome: 'known', reason: 'a reason' },
      ],
    },
  ]);
  expect(text).toMatch(/HTTP\/2 +1 +0 +1 +2$/m);
  expect(text).toMatch(/path route +0 +1 +0 +1$/m);
  expect(text).toContain('known: a reason\n  two');
  expect(text).toContain('differs over HTTP/2\n  two');
  expect(text).not.toContain('SPDY');
});
