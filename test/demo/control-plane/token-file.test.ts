import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keepTokenFile } from '../../../demo/control-plane/index.ts';

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-connect-token-'));
  file = join(directory, 'token');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

function issuer(lifetimeMs: number) {
  let issued = 0;
  return () => Promise.resolve({ token: `token-${(issued += 1)}`, expiresAtMs: Date.now() + lifetimeMs });
}

const read = () => readFileSync(file, 'utf8');
const fail = (error: unknown) => expect.fail(String(error));

describe('keepTokenFile', () => {
  test('writes a token that only its owner can read', async () => {
    const kept = await keepTokenFile(file, issuer(1000), fail);
    expect(read()).toBe('token-1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    kept.close();
  });

  test('writes the next one when 80 % of its life is over, and again', async () => {
    const kept = await keepTokenFile(file, issuer(1000), fail);
    vi.advanceTimersByTime(799);
    expect(read()).toBe('token-1');
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(read()).toBe('token-2'));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
    vi.advanceTimersByTime(800);
    await vi.waitFor(() => expect(read()).toBe('token-3'));
    kept.close();
  });

  test('writes none after it was closed', async () => {
    const kept = await keepTokenFile(file, issuer(1000), fail);
    kept.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('writes one at once when asked', async () => {
    const kept = await keepTokenFile(file, issuer(1000), fail);
    await kept.rewrite();
    expect(read()).toBe('token-2');
    expect(vi.getTimerCount()).toBe(1);
    kept.close();
  });

  test('reports a refresh that failed and keeps the old token', async () => {
    const failures: unknown[] = [];
    const issue = vi
      .fn(issuer(1000))
      .mockImplementationOnce(issuer(1000))
      .mockRejectedValueOnce(new Error('the apiserver is gone'));
    const kept = await keepTokenFile(file, issue, (error) => failures.push(error));
    vi.advanceTimersByTime(800);
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(read()).toBe('token-1');
    kept.close();
  });
});
