import { describe, expect, it } from 'vitest';
import { filterRequestHeaders } from '../../http/index.ts';
import type { AskedIdentity } from '../../http/index.ts';
import { codeOf } from './codes.ts';
import { check, code, h1, h2 } from './received.ts';

const USER = ['Impersonate-User', 'carol'];

/** As the agent reads what the edge let pass. */
function askedOf(...lines: string[]): AskedIdentity | undefined {
  const { headers } = check(h1(lines));
  const head = { method: 'GET', target: '/', bodyLength: 0, upgrade: '', requestId: 'id-1' } as const;
  return filterRequestHeaders({ ...head, headers }).asked;
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('what kubectl --as sends', () => {
  it('passes the edge as it came, and is read by the agent', () => {
    const lines = [
      'IMPERSONATE-USER',
      'carol',
      'impersonate-group',
      'a, b',
      'Impersonate-Group',
      latin1('zoë 世界'),
      'Impersonate-Extra-Example.com%2fteam',
      'blue',
      'Impersonate-Extra-my_key.1',
      '',
      'impersonate-extra-example.com%2Fteam',
      'red',
      'Impersonate-Uid',
      'u-1',
      'Impersonate-Group',
      '',
    ];
    const lower = lines.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
    expect(check(h1(lines)).headers).toEqual(lower);
    expect(check(h2(lower)).headers).toEqual(lower);
    expect(check(h1(lines)).asksToActAs).toBe(true);
    expect(askedOf(...lines)).toEqual({
      headers: lower,
      user: 'carol',
      uid: 'u-1',
      groups: ['a, b', 'zoë 世界', ''],
      extra: [
        ['example.com/team', 'blue'],
        ['my_key.1', ''],
        ['example.com/team', 'red'],
      ],
    });
  });

  it('passes in an upgrade too', () => {
    const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'Sec-WebSocket-Key', 'k'];
    expect(check(h1([...upgrade, ...USER])).asksToActAs).toBe(true);
  });

  it('keeps a byte order mark, for the apiserver keeps it', () => {
    expect(askedOf('Impersonate-User', latin1('\ufeffsystem:admin'))?.user).toBe('\ufeffsystem:admin');
  });

  it.each([
    ['50% of', '50%25%20of'],
    ['a%2fb', 'a%252fb'],
    ['é <b>', '%C3%A9%20%3Cb%3E'],
  ])('may have the extra key %j', (key, escaped) => {
    expect(askedOf(...USER, `Impersonate-Extra-${escaped}`, 'v')?.extra).toEqual([[key, 'v']]);
  });
});

describe('what is not clean is refused', () => {
  it.each([
    ['H4: an empty user', ['Impersonate-User', ''], 'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER'],
    ['H4: a group alone', ['Impersonate-Group', 'system:masters'], 'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER'],
    ['H4: a uid alone', ['Impersonate-Uid', 'u'], 'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER'],
    ['H4: an extra alone', ['Impersonate-Extra-a', 'b'], 'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER'],
    [
      'H4: a group with an empty user',
      ['Impersonate-User', '', 'Impersonate-Group', 'a'],
      'CC_ERR_HTTP_IMPERSONATION_WITHOUT_USER',
    ],
    ['H3: two users', [...USER, 'impersonate-user', 'dave'], 'CC_ERR_HTTP_DUPLICATE_HEADER'],
    ['H3: an empty second user', [...USER, 'Impersonate-User', ''], 'CC_ERR_HTTP_DUPLICATE_HEADER'],
    [
      'H3: two uids',
      [...USER, 'Impersonate-Uid', 'a', 'Impersonate-UID', 'a'],
      'CC_ERR_HTTP_DUPLICATE_HEADER',
    ],
    ['an empty uid', [...USER, 'Impersonate-Uid', ''], 'CC_ERR_HTTP_BAD_HEADER'],
    ['a blank user', ['Impersonate-User', ' '], 'CC_ERR_HTTP_BAD_HEADER'],
    [
      'S8: white space that the next hop would cut off',
      ['Impersonate-User', 'carol '],
      'CC_ERR_HTTP_BAD_HEADER',
    ],
    ['S8: white space before a group', [...USER, 'Impersonate-Group', ' a'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['H5: a tab', [...USER, 'Impersonate-Group', 'a\tb'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['H5: a line break', ['Impersonate-User', 'a\r\nImpersonate-Group: b'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['H5: a NUL', [...USER, 'Impersonate-Extra-a', 'a\0'], 'CC_ERR_HTTP_BAD_HEADER'],
    [
      'H5: a control character of two bytes',
      ['Impersonate-User', latin1('a\u0085')],
      'CC_ERR_HTTP_BAD_HEADER',
    ],
    ['bytes that are not UTF-8', ['Impersonate-User', 'zo\xeb'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['an overlong encoding', ['Impersonate-User', 'a\xc0\xaf'], 'CC_ERR_HTTP_BAD_HEADER'],
    ['half a surrogate pair', ['Impersonate-User', '\xed\xa0\x80'], 'CC_ERR_HTTP_BAD_HEADER'],
    [
      'the extra in which we name the real user',
      [...USER, 'Impersonate-Extra-Cluster-Connect.internal%2fimpersonated-By', 'x'],
      'CC_ERR_HTTP_IDENTITY_HEADER',
    ],
    [
      'any extra of that domain',
      [...USER, 'Impersonate-Extra-cluster-connect.internal%2fother', 'x'],
      'CC_ERR_HTTP_IDENTITY_HEADER',
    ],
    ['H3: X-Remote-User beside a user', [...USER, 'X-Remote-User', 'x'], 'CC_ERR_HTTP_IDENTITY_HEADER'],
    [
      'H3: another spelling beside a user',
      [...USER, 'Impersonate_Group', 'x'],
      'CC_ERR_HTTP_IDENTITY_HEADER',
    ],
    [
      'H1: Connection names the user',
      [...USER, 'Connection', 'Impersonate-User'],
      'CC_ERR_HTTP_BAD_CONNECTION',
    ],
  ])('%s', (_, lines, expected) => {
    expect(code(h1(lines))).toBe(expected);
    const lower = lines.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
    const head = { method: 'GET', target: '/', bodyLength: 0, upgrade: '', requestId: 'id-1' } as const;
    const agent = codeOf(() => filterRequestHeaders({ ...head, headers: lower }));
    // The agent knows no Connection at all.
    expect(agent).toBe(expected === 'CC_ERR_HTTP_BAD_CONNECTION' ? 'CC_ERR_HTTP_BAD_HEADER' : expected);
  });

  const groups = (count: number, length = 1): string[] =>
    Array.from({ length: count }, () => ['Impersonate-Group', 'g'.repeat(length)]).flat();

  it('more lines than are asked about', () => {
    expect(code(h1([...USER, ...groups(63)]))).toBe('passes');
    expect(code(h1([...USER, ...groups(64)]))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });

  it('more bytes than are asked about', () => {
    expect(code(h1([...USER, ...groups(4, 2000)]))).toBe('passes');
    expect(code(h1([...USER, ...groups(5, 2000)]))).toBe('CC_ERR_HTTP_HEADERS_TOO_LARGE');
  });
});
