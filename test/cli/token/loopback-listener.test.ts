import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenForBrowser } from '../../../cli/token/loopback-listener.ts';
import type { LoopbackListener } from '../../../cli/token/loopback-listener.ts';

async function listener(url?: string): Promise<LoopbackListener> {
  const opened = await listenForBrowser(url);
  onTestFinished(() => opened.close());
  return opened;
}

async function ask(url: string, body?: string, type = 'application/x-www-form-urlencoded'): Promise<number> {
  const answer = await request(
    url.replace('localhost', '127.0.0.1'),
    body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': type } },
  );
  await answer.body.dump();
  return answer.statusCode;
}

describe('the listener for the browser', () => {
  it('takes the answer with its state, and nothing else', async () => {
    const { redirectUri, answer } = await listener('http://localhost/back');
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/back$/);
    const waiting = answer('right', 10_000);
    expect(await ask(redirectUri)).toBe(400);
    // A code in an address would be in the browser's history: it was not asked for like that.
    expect(await ask(`${redirectUri}?code=a&state=right`)).toBe(400);
    expect(await ask(redirectUri, 'code=a&state=wrong')).toBe(400);
    expect(await ask(redirectUri, 'code=a&state=right&state=wrong')).toBe(400);
    expect(await ask(redirectUri, 'state=right')).toBe(400);
    expect(await ask(redirectUri, 'code=a&state=right', 'text/plain')).toBe(400);
    expect(await ask(new URL('/other', redirectUri).href, 'code=a&state=right')).toBe(400);
    expect(await ask(redirectUri, `code=${'x'.repeat(70_000)}&state=right`)).toBe(400);
    expect(await ask(redirectUri, 'code=good&state=right')).toBe(200);
    expect((await waiting).get('code')).toBe('good');
  });

  it('gives an error of the authority as one', async () => {
    const { redirectUri, answer } = await listener();
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+$/);
    const waiting = answer('s', 10_000);
    expect(await ask(redirectUri, 'error=access_denied&state=s')).toBe(200);
    expect((await waiting).get('error')).toBe('access_denied');
  });

  it('closes what a browser opens in advance, as soon as the page has gone', async () => {
    const { redirectUri, answer, close } = await listener();
    const idle = await rawConnection(redirectUri);
    const half = await rawConnection(redirectUri);
    half.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\n');
    const waiting = answer('s', 10_000);
    const page = ask(redirectUri, 'code=a&state=s');
    await waiting;
    const ends = [idle, half].map((socket) => once(socket, 'close'));
    await close();
    expect(await page).toBe(200);
    await Promise.all(ends);
  });

  it('goes on waiting whatever somebody sends', async () => {
    const { redirectUri, answer } = await listener();
    const waiting = answer('s', 10_000);
    for (const target of ['//', '///', '//[', '/\\', 'http://[/', '*', '/?code=a&state=s']) {
      expect([target, await rawStatus(redirectUri, target)]).toEqual([target, 400]);
    }
    expect(await ask(redirectUri, 'code=good&state=s')).toBe(200);
    expect((await waiting).get('code')).toBe('good');
  });

  it('gives up after its time', async () => {
    const { answer } = await listener();
    await expect(answer('s', 1)).rejects.toMatchObject({
      code: 'CC_ERR_CLI_SIGN_IN_FAILED',
      advice: expect.stringContaining('--login devicecode'),
    });
  });

  it('is not reachable from another machine', async () => {
    const { redirectUri } = await listener();
    // Another address of this machine's loopback network stands for every other interface.
    await expect(request(redirectUri.replace('localhost', '127.0.0.2'))).rejects.toBeInstanceOf(Error);
  });
});

async function rawConnection(redirectUri: string): Promise<Socket> {
  const socket = connect(Number(new URL(redirectUri).port), '127.0.0.1').resume();
  // A reset is one way to be closed.
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** What undici would not send. */
async function rawStatus(redirectUri: string, target: string): Promise<number> {
  const socket = await rawConnection(redirectUri);
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  const ending = once(socket, 'close');
  socket.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await ending;
  return Number(text.split(' ')[1]);
}
