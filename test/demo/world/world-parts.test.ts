import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { childEnvironment } from '../../../demo/world/child-environment.ts';
import { createCleanup } from '../../../demo/world/cleanup.ts';
import { clientVersion } from '../../../demo/world/find-kubectl.ts';
import { runCommand } from '../../../demo/world/run-command.ts';
import { startService } from '../../../demo/world/service.ts';
import { approveSignIn } from '../../../demo/world/sign-in.ts';

const directory = mkdtempSync(join(tmpdir(), 'demo-world-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const service = (script: string, signal: AbortSignal = new AbortController().signal) =>
  startService({
    title: 'The part',
    file: process.execPath,
    args: ['-e', script],
    environment: {},
    logFile: join(directory, 'part.log'),
    signal,
  });
const STAYS = 'setInterval(() => {}, 1000);';

describe('a part of the demo', () => {
  it('is ready when its log has named an event so often, and is ended by id', async () => {
    const part = await service(`console.error('{"event":"up"}'); console.log('{"event":"up"}'); ${STAYS}`);
    await part.sees('up', 2);
    await part.stop();
    expect(await part.ended).toBe('SIGTERM');
    expect(readFileSync(part.logFile, 'utf8')).toBe('{"event":"up"}\n{"event":"up"}\n');
  });

  it('that ends too early is told with the end of its log', async () => {
    const part = await service(`console.error('no such setting'); process.exitCode = 2;`);
    await expect(part.sees('up', 1)).rejects.toMatchObject({
      code: 'CC_ERR_DEMO_PART',
      message: 'The part ended (exit code 2) before it was ready; its log ends with:',
      tail: ['no such setting'],
    });
  });

  it('that ends by itself later is told, and one that was ended is not', async () => {
    const told: string[] = [];
    const ends = await service(`console.error('{"event":"up"}'); setTimeout(() => process.exit(7), 20);`);
    ends.onUnexpectedEnd(({ message }) => told.push(message));
    await ends.ended;
    const stays = await service(STAYS);
    stays.onUnexpectedEnd(({ message }) => told.push(message));
    await stays.stop();
    expect(told).toEqual(['The part ended (exit code 7); its log ends with:']);
  });

  it('is no longer waited for when the demo is ended', async () => {
    const stop = new AbortController();
    const part = await service(STAYS, stop.signal);
    const waiting = expect(part.sees('up', 1)).rejects.toThrow('over');
    stop.abort(new Error('over'));
    await waiting;
    await part.stop();
  });

  it('that cannot be started at all is told as well', async () => {
    const options = { title: 'The part', args: [], environment: {}, logFile: join(directory, 'none.log') };
    const missing = startService({
      ...options,
      file: join(directory, 'none'),
      signal: new AbortController().signal,
    });
    await expect(missing).rejects.toThrow('The part cannot be started');
  });
});

describe('a command behind the scenes', () => {
  const run = (script: string, signal?: AbortSignal) =>
    runCommand(process.execPath, ['-e', script], {
      title: 'the command',
      environment: {},
      ...(signal === undefined ? {} : { signal }),
    });

  it('gives its standard output', async () => {
    expect(await run(`console.log('out'); console.error('err')`)).toBe('out\n');
  });

  it('that fails is told with the end of its standard error', async () => {
    await expect(run(`console.log('out'); console.error('why'); process.exitCode = 3`)).rejects.toMatchObject(
      {
        message: 'the command failed (exit code 3):',
        tail: ['why'],
      },
    );
  });

  it('is ended when the demo is', async () => {
    const stop = new AbortController();
    const running = expect(run(STAYS, stop.signal)).rejects.toThrow('over');
    stop.abort(new Error('over'));
    await running;
  });
});

describe('the cleanup', () => {
  it('undoes in reverse order, once, and past a failure', async () => {
    const done: string[] = [];
    const cleanup = createCleanup((what) => done.push(`failed: ${what}`));
    cleanup.add('first', () => void done.push('first'));
    cleanup.add('second', () => {
      throw new Error('cannot');
    });
    cleanup.add('third', () => void done.push('third'));
    await Promise.all([cleanup.run(), cleanup.run()]);
    expect(done).toEqual(['third', 'failed: second', 'first']);
  });
});

describe('the environment of what the demo starts', () => {
  it('leaves out what would lead elsewhere', () => {
    const given = {
      PATH: '/bin',
      HOME: '/home/me',
      HTTPS_PROXY: 'http://proxy:1',
      https_proxy: 'http://proxy:1',
      KUBECONFIG: '/home/me/.kube/config',
      CLUSTER_CONNECT_CONFIG: 'x',
      AZURE_CLIENT_SECRET: 'x',
      UNSET: undefined,
    };
    expect(childEnvironment(given)).toEqual({ PATH: '/bin', HOME: '/home/me' });
  });
});

describe('the sign-in', () => {
  it('approves the code of the prompt, once, wherever its text is cut', () => {
    const approved: string[] = [];
    const approve = approveSignIn(
      { approveDeviceCode: (code, user) => approved.push(`${user} ${code}`) },
      'bob',
    );
    for (const piece of ['To sign in, open https://x/ and enter the', ' code BCDFGHJKL', '\nnext\n'])
      approve(piece);
    approve('enter the code BCDFGHJKL\n');
    expect(approved).toEqual(['bob BCDFGHJKL']);
  });
});

describe("kubectl's version", () => {
  it('is read from what it prints', () => {
    const text = '{"clientVersion":{"major":"1","minor":"32+","gitVersion":"v1.32.4-dispatcher"}}';
    expect(clientVersion(text)).toEqual({ name: 'v1.32.4-dispatcher', major: 1, minor: 32 });
    expect(clientVersion('Client Version: v1.10')).toBeUndefined();
  });
});
