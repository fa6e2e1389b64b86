// The agent's own token follows its file, as the kubelet writes it anew, and survives a file that cannot be read for a while.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../observe/index.ts';
import { AGENT_LIMITS } from '../../relay-agent/limits.ts';
import { watchServiceAccountToken } from '../../relay-agent/service-account.ts';
import type { ServiceAccountToken } from '../../relay-agent/service-account.ts';

let directory: string;
let file: string;
let watched: ServiceAccountToken | undefined;

beforeEach(async () => {
  // The file system is the real one: only the interval is driven by hand.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  directory = await mkdtemp(join(tmpdir(), 'cluster-connect-test-'));
  file = join(directory, 'token');
});

afterEach(async () => {
  watched?.close();
  watched = undefined;
  vi.useRealTimers();
  await rm(directory, { recursive: true, force: true });
});

describe("the agent's ServiceAccount token", () => {
  it('is read again after its interval, without the white space around it', async () => {
    await writeFile(file, 'first\n');
    watched = await watchServiceAccountToken(file, silentLogger);
    expect(watched.authorization()).toBe('Bearer first');
    await writeFile(file, 'second\n');
    expect(watched.authorization()).toBe('Bearer first');
    vi.advanceTimersByTime(AGENT_LIMITS.TOKEN_REREAD_MS);
    await expect.poll(() => watched?.authorization()).toBe('Bearer second');
  });

  it.each([
    ['gone', async () => rm(file)],
    ['empty', async () => writeFile(file, '')],
    ['not a token', async () => writeFile(file, 'two words')],
  ])('is kept while its file is %s, and the failure is logged without it', async (_name, damage) => {
    await writeFile(file, 'first');
    const failed = vi.fn();
    watched = await watchServiceAccountToken(file, { ...silentLogger, error: failed });
    await damage();
    vi.advanceTimersByTime(AGENT_LIMITS.TOKEN_REREAD_MS);
    await expect.poll(() => failed.mock.calls.length).toBe(1);
    expect(failed).toHaveBeenCalledWith('agent.service_account.reread_failed', expect.anything());
    expect(watched.authorization()).toBe('Bearer first');
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['over its limit', 'x'.repeat(AGENT_LIMITS.TOKEN_MAX_BYTES + 1)],
    ['of two lines', 'a\r\nImpersonate-User: x'],
  ])('stops the start when its file is %s', async (_name, text) => {
    if (text !== undefined) await writeFile(file, text);
    await expect(watchServiceAccountToken(file, silentLogger)).rejects.toMatchObject({
      code: 'CC_ERR_AGENT_SERVICE_ACCOUNT',
    });
  });
});
