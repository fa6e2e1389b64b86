// The authority survives restarts and races, and a damaged one is refused: every kubeconfig trusts it.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AUTHORITY_FILE, createAuthority, loadOrCreateAuthority } from '../../../gateway/pki/index.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('authority-process.ts', import.meta.url));
let parent: string;
let dir: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'cc-pki-'));
  dir = join(parent, 'data', 'pki');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(parent, { recursive: true, force: true });
});

const storedFile = (): string => join(dir, AUTHORITY_FILE);
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('loadOrCreateAuthority', () => {
  it('makes the authority once and keeps it, key and name, over restarts', () => {
    const first = loadOrCreateAuthority(dir, 'first name');
    const second = loadOrCreateAuthority(dir, 'second name');
    expect(second.certificatePem).toBe(first.certificatePem);
    const { certificatePem } = second.issueServerCertificate({ dnsNames: ['a.example'] });
    expect(certificatePem).toContain('BEGIN CERTIFICATE');
  });

  it('L2: leaves one file of mode 0600 in a directory of mode 0700, and no draft', () => {
    loadOrCreateAuthority(dir, 'CA');
    expect(modeOf(dir)).toBe(0o700);
    expect(modeOf(storedFile())).toBe(0o600);
    expect(readdirSync(dir)).toEqual([AUTHORITY_FILE]);
  });

  it('gives processes that start at once the same authority', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [script, dir])));
    const certificates = new Set(answers.map((answer) => answer.stdout));
    expect(certificates.size).toBe(1);
    expect(loadOrCreateAuthority(dir, 'CA').certificatePem).toBe(answers[0]?.stdout);
    expect(readdirSync(dir)).toEqual([AUTHORITY_FILE]);
  });

  it.each<[string, (good: string, other: string) => string]>([
    ['is empty', () => ''],
    ['was cut in the key', (good) => good.slice(0, 500)],
    ['was cut in the certificate', (good) => good.slice(0, -100)],
    ['lost its certificate', (good) => good.slice(0, good.indexOf('-----BEGIN CERT'))],
    ['lost its key', (good) => good.slice(good.indexOf('-----BEGIN CERT'))],
    [
      'has the certificate of another key',
      (good, other) => good.slice(0, good.indexOf('-----BEGIN CERT')) + other,
    ],
    ['has a second certificate', (good, other) => good + other],
    ['has one byte changed', (good) => good.replace(/(CERTIFICATE-----\n.{200})./s, '$1!')],
    ['is huge', (good) => good.padEnd(70_000, '\n')],
  ])('refuses, and does not touch, a file that %s', (_, damage) => {
    loadOrCreateAuthority(dir, 'CA');
    const damaged = damage(readFileSync(storedFile(), 'latin1'), createAuthority('CA').certificatePem);
    writeFileSync(storedFile(), damaged);
    expect(() => loadOrCreateAuthority(dir, 'CA')).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_PKI_STORED_INVALID',
        message: expect.stringContaining(storedFile()),
      }),
    );
    expect(readFileSync(storedFile(), 'latin1')).toBe(damaged);
  });

  it('L1: quotes no key in the refusal', () => {
    loadOrCreateAuthority(dir, 'CA');
    const key = readFileSync(storedFile(), 'latin1').split('\n')[3] ?? '';
    writeFileSync(storedFile(), `${readFileSync(storedFile(), 'latin1')}x`);
    const caught = vi.fn<(error: unknown) => void>();
    try {
      loadOrCreateAuthority(dir, 'CA');
    } catch (error) {
      caught(error);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(key);
    }
    expect(caught).toHaveBeenCalledOnce();
  });

  it('refuses an authority that has expired', () => {
    loadOrCreateAuthority(dir, 'CA');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 366 * 86_400_000 });
    expect(() => loadOrCreateAuthority(dir, 'CA')).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_PKI_STORED_INVALID',
        message: expect.stringContaining('expired'),
      }),
    );
  });

  it('L2: refuses a key that everybody may read', () => {
    loadOrCreateAuthority(dir, 'CA');
    chmodSync(storedFile(), 0o644);
    expect(() => loadOrCreateAuthority(dir, 'CA')).toThrow(
      expect.objectContaining({ code: 'CC_ERR_PKI_STORED_INVALID' }),
    );
  });

  it('L2: closes a key again that a volume opened to the group', () => {
    loadOrCreateAuthority(dir, 'CA');
    chmodSync(storedFile(), 0o660);
    loadOrCreateAuthority(dir, 'CA');
    expect(modeOf(storedFile())).toBe(0o600);
  });

  it('says which file the disk refused', () => {
    writeFileSync(join(parent, 'data'), 'a file where the directory should be');
    expect(() => loadOrCreateAuthority(dir, 'CA')).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_PKI_STORE_UNAVAILABLE',
        message: expect.stringContaining(storedFile()),
      }),
    );
  });
});
