import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EXPIRY_MARGIN_MS,
  accountFile,
  readCachedToken,
  tokenCacheDirectory,
  tokenFile,
  writeCachedToken,
} from '../../../cli/token/token-cache.ts';
import { temporaryDirectory } from '../run-command.ts';

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const TOKEN = { token: 'abc', expiresAtMs: NOW + HOUR };

function storedToken(): string {
  const file = join(temporaryDirectory(), 'token.json');
  writeCachedToken(file, TOKEN, NOW);
  return file;
}

describe('the token cache', () => {
  it('gives back what it was given, from a file for its owner only', () => {
    const file = storedToken();
    expect(readCachedToken(file, NOW)).toEqual(TOKEN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('misses shortly before the token ends', () => {
    const file = storedToken();
    expect(readCachedToken(file, TOKEN.expiresAtMs - EXPIRY_MARGIN_MS - 1)).toEqual(TOKEN);
    expect(readCachedToken(file, TOKEN.expiresAtMs - EXPIRY_MARGIN_MS)).toBeUndefined();
  });

  it('keeps tokens of a short life too, and misses before they end', () => {
    const file = join(temporaryDirectory(), 'token.json');
    const short = { token: 'abc', expiresAtMs: NOW + 120_000 };
    writeCachedToken(file, short, NOW);
    expect(readCachedToken(file, NOW + 80_000)).toEqual(short);
    expect(readCachedToken(file, NOW + 90_000)).toBeUndefined();
  });

  it('misses when the clock was set back by more than the margin', () => {
    expect(readCachedToken(storedToken(), NOW - EXPIRY_MARGIN_MS - 1)).toBeUndefined();
  });

  it('L1: does not use a file that others could have read or written', () => {
    const file = storedToken();
    chmodSync(file, 0o640);
    expect(readCachedToken(file, NOW)).toBeUndefined();
    chmodSync(file, 0o602);
    expect(readCachedToken(file, NOW)).toBeUndefined();
  });

  it('L1: does not follow a link', () => {
    const file = storedToken();
    symlinkSync(file, `${file}.link`);
    expect(readCachedToken(`${file}.link`, NOW)).toBeUndefined();
  });

  it('misses for a directory, a missing file and a damaged one, and never throws', () => {
    const directory = temporaryDirectory();
    expect(readCachedToken(directory, NOW)).toBeUndefined();
    const file = join(directory, 'token.json');
    expect(readCachedToken(file, NOW)).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        writeFileSync(file, text, { mode: 0o600 });
        expect(readCachedToken(file, NOW)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    { change: { format: 2 } },
    { change: { token: '' } },
    { change: { token: 'a\r\nImpersonate-User: b' } },
    { change: { token: 'a'.repeat(65_537) } },
    { change: { expiresAtMs: '1' } },
    { change: { expiresAtMs: NOW - 1 } },
    { change: { usableUntilMs: 8.64e15 } },
    { change: { storedAtMs: null } },
  ])('misses for an entry with $change', ({ change }) => {
    const file = storedToken();
    const entry = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...entry, ...change }));
    expect(readCachedToken(file, NOW)).toBeUndefined();
  });
});

describe('the names of cache files', () => {
  const identity = { authorityHost: 'https://a.example', tenant: 't', clientId: 'c', scope: 's' };

  it('differ with each setting that shapes the token', () => {
    const names = [
      tokenFile('d', 'spn', identity),
      tokenFile('d', 'devicecode', identity),
      ...(['authorityHost', 'tenant', 'clientId', 'scope'] as const).map((name) =>
        tokenFile('d', 'spn', { ...identity, [name]: 'other' }),
      ),
      tokenFile('d', 'spn', { ...identity, clientId: 'cs', scope: '' }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('tell nothing but a digest, and one account serves all scopes', () => {
    expect(tokenFile('d', 'spn', identity)).toMatch(/^d\/token-[0-9a-f]{40}\.json$/);
    expect(accountFile('d', 'x', identity)).toBe(accountFile('d', 'x', { ...identity, scope: 'other' }));
  });

  it.each([
    { option: '/own', environment: { CLUSTER_CONNECT_CACHE_DIR: '/env' }, directory: '/own' },
    {
      option: undefined,
      environment: { CLUSTER_CONNECT_CACHE_DIR: '/env', KUBECACHEDIR: '/kube' },
      directory: '/env',
    },
    { option: undefined, environment: { KUBECACHEDIR: '/kube' }, directory: '/kube/cluster-connect' },
    { option: undefined, environment: {}, directory: join(homedir(), '.kube', 'cache', 'cluster-connect') },
  ])('are in $directory for $environment', ({ option, environment, directory }) => {
    expect(tokenCacheDirectory(option, environment)).toBe(directory);
  });
});
