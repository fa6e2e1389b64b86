import {
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EXPIRY_MARGIN_MS,
  accountFile,
  readCachedToken,
  tokenSlot,
  writeCachedToken,
} from '../../../cli/token/token-cache.ts';
import type { TokenSlot } from '../../../cli/token/token-cache.ts';
import { temporaryDirectory } from '../run-command.ts';

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const IDENTITY = { authorityHost: 'https://a.example', tenant: 't', clientId: 'c' };
const TOKEN = { token: 'abc', expiresAtMs: NOW + HOUR };

function storedToken(): TokenSlot {
  const slot = tokenSlot(temporaryDirectory(), ['spn', 'somebody']);
  writeCachedToken(slot, TOKEN, NOW);
  return slot;
}

describe('the token cache', () => {
  it('gives back what it was given, from a file for its owner only', () => {
    const slot = storedToken();
    expect(readCachedToken(slot, NOW)).toEqual(TOKEN);
    expect(statSync(slot.file).mode & 0o777).toBe(0o600);
  });

  it('misses shortly before the token ends', () => {
    const slot = storedToken();
    expect(readCachedToken(slot, TOKEN.expiresAtMs - EXPIRY_MARGIN_MS - 1)).toEqual(TOKEN);
    expect(readCachedToken(slot, TOKEN.expiresAtMs - EXPIRY_MARGIN_MS)).toBeUndefined();
  });

  it('keeps tokens of a short life too, and misses before they end', () => {
    const slot = tokenSlot(temporaryDirectory(), []);
    const short = { token: 'abc', expiresAtMs: NOW + 120_000 };
    writeCachedToken(slot, short, NOW);
    expect(readCachedToken(slot, NOW + 80_000)).toEqual(short);
    expect(readCachedToken(slot, NOW + 90_000)).toBeUndefined();
  });

  it('misses when the clock was set back by more than the margin', () => {
    expect(readCachedToken(storedToken(), NOW - EXPIRY_MARGIN_MS - 1)).toBeUndefined();
  });

  it('L1: does not use a file that others could have read or written', () => {
    const slot = storedToken();
    chmodSync(slot.file, 0o640);
    expect(readCachedToken(slot, NOW)).toBeUndefined();
    chmodSync(slot.file, 0o602);
    expect(readCachedToken(slot, NOW)).toBeUndefined();
  });

  it('L1: does not follow a link', () => {
    const slot = storedToken();
    symlinkSync(slot.file, `${slot.file}.link`);
    expect(readCachedToken({ ...slot, file: `${slot.file}.link` }, NOW)).toBeUndefined();
  });

  it('misses for a directory, a missing file and a damaged one, and never throws', () => {
    const directory = temporaryDirectory();
    expect(readCachedToken({ file: directory, owner: '' }, NOW)).toBeUndefined();
    const slot = { file: join(directory, 'token.json'), owner: '' };
    expect(readCachedToken(slot, NOW)).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        writeFileSync(slot.file, text, { mode: 0o600 });
        expect(readCachedToken(slot, NOW)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    { change: { format: 1 } },
    { change: { owner: 'somebody else' } },
    { change: { seal: '' } },
    { change: { token: 'abd' } },
    { change: { expiresAtMs: TOKEN.expiresAtMs + 1 } },
    { change: { usableUntilMs: TOKEN.expiresAtMs } },
    { change: { token: '' } },
    { change: { token: 'a\r\nImpersonate-User: b' } },
    { change: { token: 'a'.repeat(65_537) } },
    { change: { expiresAtMs: '1' } },
    { change: { expiresAtMs: NOW - 1 } },
    { change: { usableUntilMs: 8.64e15 } },
    { change: { storedAtMs: null } },
  ])('misses for an entry with $change', ({ change }) => {
    const slot = storedToken();
    const entry = JSON.parse(readFileSync(slot.file, 'utf8'));
    writeFileSync(slot.file, JSON.stringify({ ...entry, ...change }));
    expect(readCachedToken(slot, NOW)).toBeUndefined();
  });

  it('removes what is over when something is written, and nothing else', () => {
    const directory = temporaryDirectory();
    const [old, live, next] = ['old', 'live', 'next'].map((name) => tokenSlot(directory, [name]));
    if (old === undefined || live === undefined || next === undefined)
      throw new TypeError('there is no slot');
    writeCachedToken(old, { token: 'abc', expiresAtMs: NOW }, NOW - HOUR);
    writeCachedToken(live, TOKEN, NOW - HOUR);
    const account = accountFile(directory, 'devicecode', IDENTITY);
    const foreign = `${old.file}.bak`;
    for (const file of [account, foreign]) writeFileSync(file, readFileSync(old.file), { mode: 0o600 });
    expect(existsSync(old.file)).toBe(true);
    writeCachedToken(next, TOKEN, NOW);
    expect([old.file, live.file, next.file, account, foreign].map((file) => existsSync(file))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it("misses for the token of another way to sign in, under this one's name", () => {
    const directory = temporaryDirectory();
    const [ours, theirs] = [tokenSlot(directory, ['spn', 'a']), tokenSlot(directory, ['devicecode', 'a'])];
    writeCachedToken(theirs, TOKEN, NOW);
    renameSync(theirs.file, ours.file);
    expect(readCachedToken(ours, NOW)).toBeUndefined();
  });
});

describe('the names of cache files', () => {
  it('tell nothing but a digest', () => {
    expect(tokenSlot('d', ['a']).file).toMatch(/^d\/token-[0-9a-f]{40}\.json$/);
    expect(tokenSlot('d', ['ab', 'c']).file).not.toBe(tokenSlot('d', ['a', 'bc']).file);
  });

  it('are the same for an account in every spelling, and for all scopes', () => {
    const identity = IDENTITY;
    const name = accountFile('d', 'devicecode', identity);
    expect(name).toMatch(/^d\/account-[0-9a-f]{40}\.json$/);
    expect(accountFile('d', 'devicecode', { ...identity, tenant: 'T' })).toBe(name);
    expect(accountFile('d', 'interactive', identity)).not.toBe(name);
    const alice = accountFile('d', 'devicecode', { ...identity, loginHint: 'alice@a.example' });
    expect(accountFile('d', 'devicecode', { ...identity, loginHint: 'Alice@a.example' })).toBe(alice);
    const bob = accountFile('d', 'devicecode', { ...identity, loginHint: 'bob@a.example' });
    expect(new Set([name, alice, bob]).size).toBe(3);
  });
});
