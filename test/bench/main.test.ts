// The command itself, as npm run bench starts it: exit codes, and one small run against the stand-in.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readResult } from '../../bench/result-file.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const RUN_TIMEOUT_MS = 60_000;

interface Ended {
  readonly code: number;
  readonly output: string;
}

function bench(line: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...line.split(' ')],
      { timeout: RUN_TIMEOUT_MS },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}

describe('the bench', () => {
  it.each([
    { line: '--help', code: 0, says: 'Usage: npm run bench' },
    { line: 'nothing-like-it', code: 2, says: 'there is no scenario "nothing-like-it"' },
    { line: 'compare nowhere nothing', code: 1, says: 'nowhere' },
  ])('ends "$line" with $code', async ({ line, code, says }) => {
    const ended = await bench(line);
    expect(ended.code).toBe(code);
    expect(ended.output).toContain(says);
  });

  it(
    'measures, verifies and writes what it was asked for',
    async () => {
      const out = mkdtempSync(join(tmpdir(), 'bench-main-'));
      try {
        const ended = await bench(`small bulk --quick --route direct --rounds 1 --out ${out}`);
        expect(ended).toMatchObject({ code: 0, output: expect.stringContaining('NO figures to keep') });
        const small = await readResult(join(out, 'small.json'));
        expect(small.verification.passed).toBe(true);
        expect(small.figures.map(({ name }) => name)).toContain('http1-32.direct.throughput');
        const bulk = await readResult(join(out, 'bulk.json'));
        expect(bulk.verification.checks.map(({ name }) => name)).toContain(
          'upload direct: every transfer arrived whole',
        );
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    },
    RUN_TIMEOUT_MS,
  );
});
