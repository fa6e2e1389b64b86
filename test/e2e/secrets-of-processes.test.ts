// L1 with the services as they are installed: whatever Node says of itself when it is asked to debug, and what is left when one
// crashes with a token in hand, holds no secret.
import { once } from 'node:events';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { createPopKey, signPop } from '../support/pop-token.ts';
import { startRelayProcesses } from '../support/processes/relay-processes.ts';
import type { RelayProcesses } from '../support/processes/relay-processes.ts';
import { startRecordingUpstream } from '../support/recording-upstream.ts';
import type { RecordingUpstream } from '../support/recording-upstream.ts';
import { AGENT_TOKEN } from '../support/relay-world.ts';
import { clusterKey, serviceAccountToken } from '../support/service-account-token.ts';

const WATCH = '/api/v1/pods?watch=true';
// Fails as a mistake of ours would: unforeseen, with what a client sent in the error and in its causes.
const CRASH = `
process.on('SIGUSR2', () => {
  const token = process.env.CANARY;
  throw new TypeError('cannot read "Bearer ' + token + '"', { cause: new Error(token) });
});`;
const canary = serviceAccountToken(clusterKey('nobody'));

const said: string[] = [];
let relay: RelayProcesses;
let upstream: RecordingUpstream;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cluster-connect-secrets-'));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, AGENT_TOKEN);
  upstream = await startRecordingUpstream({
    answer: (request, response) =>
      request.url === WATCH ? response.writeHead(200).write('first') : response.end('ok'),
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
    },
  });
  relay = await startRelayProcesses({
    upstream: { server: upstream.url, caPem: upstream.caPem, tokenFile },
    environment: {
      NODE_DEBUG: 'http,https,http2,tls,net,stream,undici,fetch,websocket',
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(CRASH)}"`,
      CLUSTER_CONNECT_LOG_LEVEL: 'debug',
      CLUSTER_CONNECT_DEBUG: '1',
      CANARY: canary,
    },
    onLine: (line) => said.push(line),
  });
});
afterAll(async () => {
  await relay.close();
  await upstream.close();
  await rm(directory, { recursive: true });
});

it('L1: no token, of whatever kind and however it ended, is in anything that they say', async () => {
  const key = createPopKey();
  const { entra } = relay;
  const overrides = { cnf: { kid: key.thumbprint } };
  const pop = signPop(key, { accessToken: entra.issueToken({ user: 'alice', overrides }), url: 'another' });
  const good = entra.issueToken({ user: 'alice' });
  const tokens = [
    good,
    pop,
    canary,
    entra.issueToken({ user: 'alice', ttlSeconds: -1 }),
    entra.issueToken({ user: 'mallory' }),
    `${good.slice(0, -8)}AAAAAAAA`,
    `${good}${'x'.repeat(64 * 1024)}`,
  ];
  const session = openHttp2(relay);
  for (const token of tokens) {
    // The largest is refused by the connection itself.
    await call(relay, { token }).catch(() => undefined);
    await callHttp2(session, { token }).catch(() => undefined);
    await upgrade(relay, { token }).then(
      ({ socket }) => socket.destroy(),
      () => undefined,
    );
  }
  session.destroy();

  const watch = await open(relay, { token: good, path: WATCH });
  await once(watch, 'data');
  const cut = once(watch.resume(), 'error');
  for (const { pid } of [relay.agent, relay.gateway]) process.kill(pid, 'SIGUSR2');
  await cut;
  await expect.poll(() => said.filter((line) => line.includes('TypeError: cannot read')).length).toBe(2);

  const text = said.join('\n');
  // They were asked, and they did speak.
  expect(text).toMatch(/^HTTP2? \d+:/m);
  const secrets = [...tokens, AGENT_TOKEN, key.privateKey.export({ format: 'jwk' }).d ?? ''];
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(8);
    expect(said.filter((line) => line.includes(secret)).map((line) => line.slice(0, 160))).toEqual([]);
    // The signature alone would do to put a token together again.
    expect(text.includes(secret.split('.').at(-1) ?? secret)).toBe(false);
  }
});
