import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeRunDirectory } from '../../../gateway/processes/run-directory.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cc-run-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe('the directory of the sockets', () => {
  it('is the owner’s alone, in the system’s temporary directory', () => {
    vi.stubEnv('TMPDIR', dir);
    const made = makeRunDirectory('/nonexistent');
    expect(made.startsWith(join(dir, `cluster-connect-run-${process.pid}-`))).toBe(true);
    expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it('is below dataDir where the temporary one cannot be written, or is too long a path for a socket', () => {
    const long = join(dir, 'x'.repeat(100));
    mkdirSync(long);
    for (const temporary of [long, join(dir, 'missing')]) {
      vi.stubEnv('TMPDIR', temporary);
      expect(makeRunDirectory(dir).startsWith(join(dir, 'cluster-connect-run-'))).toBe(true);
    }
  });

  it('is refused with every reason where there is no place', () => {
    vi.stubEnv('TMPDIR', join(dir, 'missing'));
    expect(() => makeRunDirectory(join(dir, 'x'.repeat(100)))).toThrow(
      expect.objectContaining({
        code: 'CC_ERR_PROCESS_SOCKET_DIRECTORY',
        message: expect.stringMatching(/ENOENT.*too long/),
      }),
    );
  });

  it('takes away what a gateway left that was killed, and nothing else', () => {
    vi.stubEnv('TMPDIR', dir);
    // Linux has at most 2^22 of them.
    const dead = join(dir, 'cluster-connect-run-9999999-abcdef');
    const alive = join(dir, `cluster-connect-run-${process.ppid}-abcdef`);
    const others = join(dir, 'cluster-connect-run-notes');
    for (const one of [dead, alive, others]) mkdirSync(one);
    makeRunDirectory('/nonexistent');
    expect([dead, alive, others].map((one) => existsSync(one))).toEqual([false, true, true]);
  });
});
