import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEntraVerifier, watchDenyList } from '../../auth/index.ts';
import type { VerifiedToken, WatchedDenyList } from '../../auth/index.ts';
import { isDenied, parseDenyList } from '../../auth/deny-list.ts';
import { DENY_LIST_POLL_MS } from '../../auth/limits.ts';
import { createTenant } from '../../demo/entra/index.ts';
import { createLogger, silentLogger } from '../../observe/index.ts';
import { verifiedToken } from '../support/verified-token.ts';
import { codeOf, createAuthorityDouble, ORIGIN, settingsFor } from './authority-double.ts';

const ALICE = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e01';
const BOB = '1b7e4c90-5a2d-4e8f-9c31-7d0a6b2f4e02';
const CLIENT = '3d9a5e17-0c4b-4f62-b8d7-5e1f9a3c7b01';

const token = (changes: Partial<VerifiedToken> = {}): VerifiedToken =>
  verifiedToken({ objectId: ALICE, applicationId: CLIENT, tokenId: 'uti-of-alice-1', ...changes });

const entriesOf = (text: string): ReadonlySet<string> => {
  const parsed = parseDenyList(text);
  return 'entries' in parsed ? parsed.entries : expect.fail(parsed.problems.join());
};

describe('the list', () => {
  it.each([
    ['user', `user ${ALICE.toUpperCase()}`],
    ['application, which is the client of a user', `application ${CLIENT}`],
    ['token', 'token uti-of-alice-1 # lost laptop'],
  ])('names a %s', (_what, line) => {
    const entries = entriesOf(`# why\r\n\r\n  ${line}\n`);
    expect(isDenied(entries, token())).toBe(true);
    expect(isDenied(entries, token({ objectId: BOB, applicationId: BOB, tokenId: 'uti-of-bob-22' }))).toBe(
      false,
    );
  });

  it('tells kinds apart', () => {
    expect(isDenied(entriesOf(`application ${ALICE}`), token())).toBe(false);
    const app = token({ kind: 'application', objectId: BOB, applicationId: CLIENT });
    expect(isDenied(entriesOf(`application ${BOB}`), app)).toBe(true);
    expect(isDenied(entriesOf(`user ${BOB}`), app)).toBe(false);
    const account = token({ kind: 'service-account', objectId: 'ci:deployer', applicationId: '' });
    expect(isDenied(entriesOf('service-account ci:deployer'), account)).toBe(true);
  });

  it('names each line that is wrong', () => {
    const text = `user alice@contoso.example\nuser ${ALICE} ${BOB}\ngroup ${BOB}\ntoken x\nservice-account ci`;
    const parsed = parseDenyList(text);
    expect('problems' in parsed && parsed.problems).toEqual([
      'has a line 1 that does not name an object id',
      'has a line 2 that does not name an object id',
      'has a line 3 that begins with none of user, application, token, service-account',
      'has a line 4 that does not name the claim "uti" or "jti" of a token',
      'has a line 5 that does not name namespace:name',
    ]);
  });

  it('has a limit in bytes and in entries', () => {
    expect(parseDenyList(' '.repeat(1024 * 1024 + 1))).toEqual({
      problems: ['is larger than 1048576 bytes'],
    });
    const many = Array.from({ length: 10_001 }, (_, index) => `token denied-${index}`).join('\n');
    expect(parseDenyList(many)).toEqual({ problems: ['has more than 10000 entries'] });
  });
});

describe('the file', () => {
  let directory = '';
  let file = '';
  let list: WatchedDenyList | undefined;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    directory = mkdtempSync(join(tmpdir(), 'cluster-connect-deny-'));
    file = join(directory, 'deny.txt');
    writeFileSync(file, '# nobody\n');
  });
  afterEach(() => {
    list?.close();
    list = undefined;
    vi.useRealTimers();
    rmSync(directory, { recursive: true });
  });
  const look = (): void => void vi.advanceTimersByTime(DENY_LIST_POLL_MS);
  /** As a careful writer does it. */
  const replace = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };

  it('holds without a restart, and tells those who have to know', () => {
    list = watchDenyList(file, silentLogger);
    const heard = vi.fn();
    list.onChange(heard);
    look();
    expect(heard).not.toHaveBeenCalled();
    replace(`user ${ALICE}\n`);
    look();
    expect(list.denies(token())).toBe(true);
    expect(heard).toHaveBeenCalledOnce();
  });

  it('lets somebody in again only once the file has settled', () => {
    replace(`user ${ALICE}\n`);
    list = watchDenyList(file, silentLogger);
    writeFileSync(file, '');
    look();
    expect(list.denies(token())).toBe(true);
    writeFileSync(file, `user ${ALICE}\nuser ${BOB}\n`);
    look();
    look();
    expect(list.denies(token())).toBe(true);
    replace(`user ${BOB}\n`);
    look();
    expect(list.denies(token())).toBe(true);
    look();
    expect(list.denies(token())).toBe(false);
    expect(list.denies(token({ objectId: BOB }))).toBe(true);
  });

  it('keeps what it had when the file is gone or wrong, and says so', () => {
    replace(`user ${ALICE}\n`);
    const lines: string[] = [];
    list = watchDenyList(
      file,
      createLogger({ level: 'error', destination: { write: (line) => lines.push(line) } }),
    );
    replace('user everybody\n');
    look();
    look();
    unlinkSync(file);
    look();
    look();
    expect(list.denies(token())).toBe(true);
    expect(lines.map((line) => JSON.parse(line).problems)).toEqual([
      ['has a line 1 that does not name an object id'],
      ['cannot be read (ENOENT)'],
    ]);
  });

  it('must be there and right at the start', async () => {
    expect(await codeOf(() => watchDenyList(join(directory, 'none'), silentLogger))).toBe(
      'CC_ERR_CONFIG_INVALID',
    );
    replace('nonsense');
    expect(await codeOf(() => watchDenyList(file, silentLogger))).toBe('CC_ERR_CONFIG_INVALID');
  });

  it('a verifier forgets what it had let in', async () => {
    const tenant = createTenant({ origin: ORIGIN });
    list = watchDenyList(file, silentLogger);
    const { keyFetch } = createAuthorityDouble(tenant);
    const verifier = createEntraVerifier(settingsFor(tenant), { keyFetch, denyList: list });
    const alice = tenant.issueToken({ user: 'alice' });
    expect(await verifier.verify(alice)).toBe(verifier.cached(alice));
    replace(`user ${ALICE}\n`);
    look();
    expect(verifier.cached(alice)).toBeUndefined();
    expect(await codeOf(() => verifier.verify(alice))).toBe('CC_ERR_AUTH_DENIED');
    expect((await verifier.verify(tenant.issueToken({ user: 'bob' }))).objectId).toBe(BOB);
    await verifier.close();
  });
});
