import { describe, expect, it } from 'vitest';
import { MAX_TARGET_LENGTH, isClusterName, parseTarget, splitClusterPath } from '../../http/index.ts';
import { codeOf } from './codes.ts';

const BAD = 'CC_ERR_HTTP_BAD_TARGET';

describe('a request target', () => {
  it.each([
    ['/', '/', ''],
    ['/?', '/', ''],
    ['/api', '/api', ''],
    ['/api/', '/api/', ''],
    ['/apis?timeout=32s', '/apis', 'timeout=32s'],
    ['/openapi/v3/apis/apps/v1?hash=AB%2Bc%3D%3D', '/openapi/v3/apis/apps/v1', 'hash=AB%2Bc%3D%3D'],
    [
      '/api/v1/namespaces/x/pods/y/exec?command=sh&command=-c&command=a%0Ab%2F..%5C&stdin=true',
      '/api/v1/namespaces/x/pods/y/exec',
      'command=sh&command=-c&command=a%0Ab%2F..%5C&stdin=true',
    ],
    [
      '/api/v1/namespaces/default/services/https:foo:443/proxy/a%2fb',
      '/api/v1/namespaces/default/services/https:foo:443/proxy/a%2fb',
      '',
    ],
    ['/api/v1/nodes/n/proxy/a%2F%2fb', '/api/v1/nodes/n/proxy/a%2F%2fb', ''],
    ['/api/v1/namespaces/d/pods/p:80/proxy/?q=//../x', '/api/v1/namespaces/d/pods/p:80/proxy/', 'q=//../x'],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      '',
    ],
    ['/a/...', '/a/...', ''],
    ['/a/.b', '/a/.b', ''],
    ['/a/..b', '/a/..b', ''],
    ['/a/b..', '/a/b..', ''],
    ['/a;b', '/a;b', ''],
    ['/%25', '/%25', ''],
    ['/a?query=up{job="x"}|y', '/a', 'query=up{job="x"}|y'],
    ['/a?b?c', '/a', 'b?c'],
  ])('%s is read as path and query, nothing changed', (target, path, query) => {
    expect(parseTarget(target)).toEqual({ path, query });
  });

  it.each(['', '*', 'http://evil/x', 'https://evil/x', 'evil:443', 'api', '?x', '//evil/x', '\\\\evil\\x'])(
    'R2: %j is not of origin form',
    (target) => {
      expect(codeOf(() => parseTarget(target))).toBe(BAD);
    },
  );

  it.each([
    '/a/../b',
    '/a/..',
    '/..',
    '/.',
    '/a/./b',
    '/a/.?x',
    '/a/..?x',
    '/a/..;x/b',
    '/a/.;/b',
    '/a/%2e%2e/b',
    '/a/%2E%2e',
    '/a/.%2e/b',
    '/a/%2e./b',
    '/a/%2e',
    '/a/%2e%2e;x',
    '/api/v1/nodes/n/proxy/a%2f..%2fb',
    '/api/v1/nodes/n/proxy/..%2fb',
    '/api/v1/nodes/n/proxy/a%2f%2e%2e',
  ])('R1: %s holds a dot segment', (target) => {
    expect(codeOf(() => parseTarget(target))).toBe(BAD);
  });

  it.each(['/a//b', '//', '/a//', '//?x', '/clusters/a//api'])('R1: %s holds an empty segment', (target) => {
    expect(codeOf(() => parseTarget(target))).toBe(BAD);
  });

  it.each([
    '/a%2fb',
    '/a%2Fb',
    '/proxy/a%2fb',
    '/api/v1/namespaces/proxy/pods/a%2fb',
    '/api/v1/namespaces/x/configmaps/y/proxy/a%2fb',
    '/apis/x/v1/namespaces/x/services/y/proxy/a%2fb',
    '/api/v1/namespaces/x/services/a%2fb/proxy/c',
    '/api/v1/namespaces/x%2f/services/y/proxy/a',
    '/api/v1/nodes/n/proxy%2fa',
  ])('R1: %s holds an encoded slash outside a proxied path', (target) => {
    expect(codeOf(() => parseTarget(target))).toBe(BAD);
  });

  it.each([
    '/a\\b',
    '/a%5cb',
    '/a%5C',
    '/a%00',
    '/a%0a',
    '/a%1f',
    '/a%7f',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a?b c',
    '/a\tb',
    '/a\r\nb',
    '/a?b\r\n',
    '/a\0',
    '/a\x7f',
    '/caf\xe9',
    '/a?\xe9',
    '/a?\x7f',
    '/a"b',
    '/a<b',
    '/a{b',
    '/a|b',
    '/%',
    '/%2',
    '/%zz',
    '/%2',
    '/a%/b',
    '/a?%',
    '/a?%g0',
    '/a?%0g',
    '/a?%4',
    '/\u0100',
  ])('R1: %j holds a character that no target may hold', (target) => {
    expect(codeOf(() => parseTarget(target))).toBe(BAD);
  });

  it('D2: has a length that is bounded', () => {
    expect(codeOf(() => parseTarget(`/${'a'.repeat(MAX_TARGET_LENGTH - 1)}`))).toBe('passes');
    expect(codeOf(() => parseTarget(`/${'a'.repeat(MAX_TARGET_LENGTH)}`))).toBe(
      'CC_ERR_HTTP_TARGET_TOO_LONG',
    );
  });
});

describe('a cluster path', () => {
  it.each([
    ['/clusters/edge-1/api?x=1', 'edge-1', '/api?x=1'],
    ['/clusters/a/', 'a', '/'],
    ['/clusters/a//api', 'a', '//api'],
    ['/clusters/a/../b/api', 'a', '/../b/api'],
    ['/clusters/a/%2e%2e/b', 'a', '/%2e%2e/b'],
    ['/clusters/a/clusters/b/c', 'a', '/clusters/b/c'],
  ])('%s is cut behind the name, byte for byte', (target, cluster, rest) => {
    expect(splitClusterPath(target)).toEqual({ cluster, target: rest });
  });

  it.each([
    '/',
    '/clusters',
    '/clusters/',
    '/clusters/a',
    '/clusters/a?x=/',
    '/clusters//api',
    '/clusters/A/api',
    '/clusters/a;x/api',
    '/clusters/a%2f..%2fb/api',
    '/clusters/-a/api',
    '/Clusters/a/api',
    '//clusters/b/api',
    'http://x/clusters/b/api',
    '/x/clusters/b/api',
  ])('R1: %s names no cluster', (target) => {
    expect(splitClusterPath(target)).toBeUndefined();
  });

  it.each(['/clusters/a/../b/api', '/clusters/a/%2e%2e/b', '/clusters/a//api', '/clusters/a/..;/b'])(
    'R1: the rest of %s is refused by the target check',
    (target) => {
      expect(codeOf(() => parseTarget(splitClusterPath(target)?.target ?? '/'))).toBe(BAD);
    },
  );

  it.each(['/clusters/a%2f..%2fb', '//clusters/b', '/clusters/a?x=/..'])(
    'R1: %s never reaches a cluster',
    (target) => {
      expect(splitClusterPath(target)).toBeUndefined();
    },
  );
});

describe('a cluster name', () => {
  it.each(['a', 'edge-1', '0', 'a'.repeat(63)])('may be %s', (name) =>
    expect(isClusterName(name)).toBe(true),
  );
  it.each(['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a b', 'a\n', 'é', '..', 'a'.repeat(64)])(
    'may not be %j',
    (name) => expect(isClusterName(name)).toBe(false),
  );
});
