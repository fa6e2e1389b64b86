import * as fc from 'fast-check';
import { isClusterName } from '../../../http/index.ts';
import { describe, expect, it } from 'vitest';
import {
  isDnsName,
  isJoinToken,
  parseDuration,
  parseGuid,
  parseHttpsOrigin,
  parseListenAddress,
  parseProxyUrl,
  parseTenant,
} from '../../../cli/config/parse-text.ts';

const GUID = '11111111-2222-3333-4444-55555555abcd';

const TABLES: readonly {
  what: string;
  parse: (text: string) => unknown;
  good: [string, unknown][];
  bad: string[];
}[] = [
  {
    what: 'parseGuid',
    parse: parseGuid,
    good: [[GUID.toUpperCase(), GUID]],
    bad: ['', `${GUID}0`, `{${GUID}}`, GUID.replaceAll('-', ''), `${GUID}\n`],
  },
  {
    what: 'parseTenant',
    parse: parseTenant,
    good: [
      [GUID, GUID],
      ['Contoso.com', 'contoso.com'],
    ],
    bad: ['common', 'organizations', 'a/b.com', '..', 'contoso.com/../x', '10.0.0.1'],
  },
  {
    what: 'parseDuration',
    parse: parseDuration,
    good: [
      ['500ms', 500],
      ['30s', 30_000],
      ['5m', 300_000],
      ['1h', 3_600_000],
      ['2d', 172_800_000],
      ['0s', 0],
    ],
    bad: ['', '5', '-1s', '1.5h', '5 m', '1h30m', '1w', '9999999999s'],
  },
  {
    what: 'parseHttpsOrigin',
    parse: parseHttpsOrigin,
    good: [
      ['https://Relay.example.com/', 'https://relay.example.com'],
      ['https://relay.example.com:443', 'https://relay.example.com'],
      ['https://[::1]:8443', 'https://[::1]:8443'],
    ],
    bad: [
      'http://relay.example.com',
      'relay.example.com',
      'https://relay.example.com/path',
      'https://relay.example.com?x',
      'https://relay.example.com#x',
      'https://user@relay.example.com',
      'https://user:secret@relay.example.com',
      'https://relay.example.com\\evil',
      'https://relay.example.com:0',
      'https://relay example.com',
      'https://',
      ' https://relay.example.com',
    ],
  },
  {
    what: 'parseListenAddress',
    parse: parseListenAddress,
    good: [
      ['0.0.0.0:8443', { host: '0.0.0.0', port: 8443 }],
      ['localhost:0', { host: 'localhost', port: 0 }],
      ['[::1]:65535', { host: '::1', port: 65_535 }],
    ],
    bad: [
      '8443',
      ':8443',
      '0.0.0.0',
      '0.0.0.0:65536',
      '::1:80',
      '[relay]:80',
      'a_b:80',
      '256.0.0.1.:80',
      'a:-1',
    ],
  },
  {
    what: 'parseProxyUrl',
    parse: parseProxyUrl,
    good: [
      ['http://proxy:3128', 'http://proxy:3128'],
      ['proxy:3128', 'http://proxy:3128'],
      ['http://user:p%40ss@proxy:3128/', 'http://user:p%40ss@proxy:3128'],
    ],
    bad: ['https://proxy:3128', 'socks5://proxy:1080', 'http://proxy/path', 'http://', 'http://proxy:99999'],
  },
];

describe.each(TABLES)('$what', ({ parse, good, bad }) => {
  it.each(good)('takes %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });
  it.each(bad)('refuses %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });
  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parse(text)));
  });
});

describe('names', () => {
  it.each(['a', 'factory-7', 'x'.repeat(63)])('takes the cluster name %s', (name) => {
    expect(isClusterName(name)).toBe(true);
  });
  it.each(['', '-a', 'a-', 'A', 'a.b', 'a_b', 'x'.repeat(64), 'a\n', '../a'])(
    'refuses the cluster name %j',
    (name) => {
      expect(isClusterName(name)).toBe(false);
    },
  );
  it.each(['example.com', 'cluster-connect.internal', 'a'])('takes the DNS name %s', (name) => {
    expect(isDnsName(name)).toBe(true);
  });
  it.each([
    '',
    '.',
    'a..b',
    'Example.com',
    '*.example.com',
    'example.com.',
    '10.0.0.1',
    `${'a.'.repeat(127)}ab`,
  ])('refuses the DNS name %j', (name) => {
    expect(isDnsName(name)).toBe(false);
  });
  it('knows a join token by its shape', () => {
    expect(isJoinToken(`ccjt_${'A'.repeat(43)}`)).toBe(true);
    expect(isJoinToken(`ccjt_${'A'.repeat(42)}`)).toBe(false);
  });
});
