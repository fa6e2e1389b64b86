import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withLock } from '../../../cli/files/lock-file.ts';
import { readBoundedFile } from '../../../cli/files/read-bounded.ts';
import { writeFileAtomic } from '../../../cli/files/write-atomic.ts';
import { errorCode } from '../../../observe/index.ts';
import { temporaryDirectory } from '../run-command.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('readBoundedFile', () => {
  it('reads a file of exactly the bound, and not of one byte more', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'x'.repeat(100_000));
    expect(readBoundedFile(file, 100_000)).toMatchObject({ text: 'x'.repeat(100_000) });
    expect(readBoundedFile(file, 99_999)).toMatchObject({ fault: 'too-large' });
  });

  it('tells a missing file from a directory and from a device without an end', () => {
    const directory = temporaryDirectory();
    expect(readBoundedFile(join(directory, 'none'), 10)).toMatchObject({ fault: 'missing' });
    expect(readBoundedFile(directory, 10)).toMatchObject({ fault: 'not-a-file' });
    expect(readBoundedFile('/dev/zero', 10)).toMatchObject({ fault: 'not-a-file' });
  });

  it('drops a byte order mark', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '\u{FEFF}text');
    expect(readBoundedFile(file, 100)).toMatchObject({ text: 'text' });
  });
});

describe('writeFileAtomic', () => {
  it('gives the file exactly the mode, and missing parents 0700, whatever the umask', () => {
    const directory = temporaryDirectory();
    // In a process of its own: a worker thread cannot change the umask.
    const script = `
      import { writeFileAtomic } from ${JSON.stringify(join(import.meta.dirname, '../../../cli/files/write-atomic.ts'))};
      process.umask(0o000);
      writeFileAtomic('wide/deep/file', 'text', 0o600);
      process.umask(0o377);
      writeFileAtomic('narrow', 'text', 0o644);`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: directory,
    });
    expect(stderr.toString()).toBe('');
    const modes = ['wide', 'wide/deep', 'wide/deep/file', 'narrow'].map((path) =>
      modeOf(join(directory, path)),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o644]);
  });

  it('leaves the old content and no other file behind when it fails', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'file'));
    expect(() => writeFileAtomic(join(directory, 'file'), 'text', 0o600)).toThrow(/cannot be written/);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('does not write through a link that somebody put in place of the file', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'victim'), 'untouched');
    symlinkSync(join(directory, 'victim'), join(directory, 'file'));
    writeFileAtomic(join(directory, 'file'), 'text', 0o600);
    expect(readFileSync(join(directory, 'victim'), 'utf8')).toBe('untouched');
  });
});

describe('withLock', () => {
  it('lets one in at a time, and leaves no lock behind', async () => {
    const file = join(temporaryDirectory(), 'file');
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(file, { waitMs: 10_000 }, work)));
    expect(most).toBe(1);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('removes the lock when the work fails', async () => {
    const file = join(temporaryDirectory(), 'file');
    const failing = withLock(file, { waitMs: 0 }, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('gives up after its time, names the lock, and leaves it alone', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(`${file}.lock`, '');
    const waiting = withLock(file, { waitMs: 1, takeOverDead: true }, () => 'in');
    await expect(waiting).rejects.toMatchObject({
      code: 'CC_ERR_CLI_FILE_LOCKED',
      advice: expect.stringContaining(`${file}.lock`),
    });
    expect(existsSync(`${file}.lock`)).toBe(true);
  });

  it('takes over from a dead process only where it may', async () => {
    const file = join(temporaryDirectory(), 'file');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${file}.lock`, `${pid} ${hostname()}`);
    const polite = withLock(file, { waitMs: 1 }, () => 'in');
    expect(await polite.catch(errorCode)).toBe('CC_ERR_CLI_FILE_LOCKED');
    expect(await withLock(file, { waitMs: 1, takeOverDead: true }, () => 'in')).toBe('in');
  });

  it('does not take over from a living process, also when the machine has slept meanwhile', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(`${file}.lock`, `${process.pid} ${hostname()}`);
    for (const seconds of [0, 60, 960]) {
      const then = new Date(Date.now() - seconds * 1000);
      utimesSync(`${file}.lock`, then, then);
      const waiting = withLock(file, { waitMs: 1, takeOverDead: true }, () => 'in');
      expect(await waiting.catch(errorCode)).toBe('CC_ERR_CLI_FILE_LOCKED');
    }
  });

  it('takes over from a living process in the end: it may be another one with the same number', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(`${file}.lock`, `${process.pid} ${hostname()}`);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(`${file}.lock`, longAgo, longAgo);
    expect(await withLock(file, { waitMs: 1, takeOverDead: true }, () => 'in')).toBe('in');
  });

  it.each([
    { what: 'a pipe', make: (path: string) => void spawnSync('mkfifo', [path]) },
    { what: 'a directory', make: (path: string) => mkdirSync(path) },
    { what: 'a link', make: (path: string) => symlinkSync('/dev/zero', path) },
  ])('refuses $what in place of the lock, and does not wait for it', async ({ make }) => {
    const file = join(temporaryDirectory(), 'file');
    make(`${file}.lock`);
    const refused = withLock(file, { waitMs: 600_000, takeOverDead: true }, () => 'in');
    await expect(refused).rejects.toMatchObject({
      code: 'CC_ERR_CLI_FILE_UNWRITABLE',
      message: `${file}.lock is there and is not a file`,
    });
  });

  it.each(['mkfifo', 'mkdir'])('ends though somebody puts another thing in its place (%s)', async (make) => {
    const file = join(temporaryDirectory(), 'file');
    await withLock(file, { waitMs: 0 }, () => {
      rmSync(`${file}.lock`);
      spawnSync(make, [`${file}.lock`]);
    });
    expect(existsSync(`${file}.lock`)).toBe(true);
  });

  it('lets one in at a time also when all find the same dead holder', async () => {
    const file = join(temporaryDirectory(), 'file');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${file}.lock`, `${pid} ${hostname()}`);
    let inside = 0;
    const work = async (): Promise<number> => {
      const now = (inside += 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      return now;
    };
    const calls = Array.from({ length: 8 }, () =>
      withLock(file, { waitMs: 10_000, takeOverDead: true }, work),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set([1]));
    expect(existsSync(`${file}.lock`) || existsSync(`${file}.lock.takeover`)).toBe(false);
  });

  it('judges a holder on another machine by its heartbeat, and one that died while taking over', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(`${file}.lock`, `${process.pid} another-host`);
    const waiting = withLock(file, { waitMs: 1, takeOverDead: true }, () => 'in');
    expect(await waiting.catch(errorCode)).toBe('CC_ERR_CLI_FILE_LOCKED');
    const longAgo = new Date(Date.now() - 60_000);
    writeFileSync(`${file}.lock.takeover`, '');
    for (const one of [`${file}.lock`, `${file}.lock.takeover`]) utimesSync(one, longAgo, longAgo);
    expect(await withLock(file, { waitMs: 10_000, takeOverDead: true }, () => 'in')).toBe('in');
  });

  it('says that it lives for as long as it works', async () => {
    const file = join(temporaryDirectory(), 'file');
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const longAgo = new Date(Date.now() - 60_000);
    const age = await withLock(file, { waitMs: 0 }, () => {
      utimesSync(`${file}.lock`, longAgo, longAgo);
      vi.advanceTimersByTime(5_000);
      return Date.now() - statSync(`${file}.lock`).mtimeMs;
    });
    expect(age).toBeLessThan(30_000);
  });

  it("does not remove its successor's lock", async () => {
    const file = join(temporaryDirectory(), 'file');
    await withLock(file, { waitMs: 0 }, () => writeFileSync(`${file}.lock`, `1 ${hostname()}`));
    expect(existsSync(`${file}.lock`)).toBe(true);
  });
});
