// L1: no token, password or key is in any log line, on whichever way a request goes, at the most talkative level.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgent } from '../../relay-agent/index.ts';
import { assertionOf, dialAs } from '../support/fake-agent.ts';
import { call, callHttp2, open, openHttp2, upgrade } from '../support/http-client.ts';
import { memoryLog } from '../support/memory-log.ts';
import { sendRaw } from '../support/raw-client.ts';
import { AGENT_TOKEN, CLUSTER_SERVER_NAME, startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const log = memoryLog();
/** What must not be found, by the name that a failure tells. */
const secrets = new Map<string, string>();
const canary = `canary${randomBytes(12).toString('hex')}`;

let world: RelayWorld;
let token: string;
let answer: ((response: ServerResponse) => void) | undefined;
let onUpgrade: ((socket: Duplex) => void) | undefined;

beforeAll(async () => {
  world = await startRelayWorld({
    logger: log.logger,
    cuttable: true,
    reconnects: true,
    answer: (_request, response) => (answer === undefined ? response.end(canary) : answer(response)),
    onUpgrade: (_request, socket) => onUpgrade?.(socket),
  });
  token = await world.token('alice');
  secrets.set('a user’s token', token);
  secrets.set('a token in a path, a query, a cookie, a body or an answer', canary);
  secrets.set('the agent’s ServiceAccount token', AGENT_TOKEN);
  secrets.set('the join token', world.agentConfig.joinToken ?? 'none');
});

afterAll(() => world.close());

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => undefined);
}

const CARRIERS = {
  cookie: `session=${canary}`,
  'x-token': canary,
  'sec-websocket-protocol': 'v5.channel.k8s.io',
};

describe('L1: these ways are gone, each with tokens in hand', () => {
  it('good requests, with secrets wherever a client may put them', async () => {
    await call(world, { token, path: `/api/v1/pods?token=${canary}`, headers: CARRIERS });
    await call(world, { token, method: 'POST', body: canary });
    const session = openHttp2(world);
    await callHttp2(session, { token, path: `/api/v1/pods/${canary}` });
    session.destroy();
  });

  it('requests that are refused: bad, foreign, expired, forbidden, malformed', async () => {
    const expired = await world.token('alice', -1);
    const mallory = await world.token('mallory');
    secrets.set('an expired token', expired);
    secrets.set('the token of a user without access', mallory);
    secrets.set('a token whose signature is wrong', `${token.slice(0, -8)}AAAAAAAA`);
    for (const one of [expired, mallory, `${token.slice(0, -8)}AAAAAAAA`, canary, `${token}${canary}`]) {
      await call(world, { token: one });
      await settled(upgrade(world, { token: one }));
    }
    await call(world, { token, headers: { 'impersonate-user': canary } });
    await call(world, { token, path: `/a/../${canary}` });
    const raw = { port: world.port, caPem: world.caPem, serverName: CLUSTER_SERVER_NAME };
    const lines = [
      `GET /?x=${canary} HTTP/1.1\nAuthorization: Bearer ${token}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer ${token}\r\n\r\n`,
      `CONNECT ${canary}:443 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: ${canary}\r\nAuthorization: Basic ${canary}\r\n\r\n`,
    ];
    for (const line of lines) await sendRaw(raw, line, (text) => text.includes('\r\n\r\n'));
  });

  it('a bearer token in a WebSocket subprotocol', async () => {
    onUpgrade = (socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;
    secrets.set('a token in a subprotocol', protocol.slice(-64));
    await settled(
      upgrade(world, { token, headers: { 'sec-websocket-protocol': `v5.channel.k8s.io, ${protocol}` } }),
    );
  });

  it('an apiserver that breaks off, speaks nonsense or puts secrets into its answer', async () => {
    const answers: ((response: ServerResponse) => void)[] = [
      (response) => response.destroy(),
      (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nX: ${canary}\r\nX-Bad : ${canary}\r\n\r\n`),
      (response) => response.socket?.end(`${canary}\r\n\r\n`),
      (response) => response.writeHead(401, { 'www-authenticate': canary }).end(canary),
      (response) => response.writeHead(302, { location: `https://evil/${canary}` }).end(),
      (response) => response.writeHead(200).write(canary, () => response.destroy()),
    ];
    for (const one of answers) {
      answer = one;
      await settled(call(world, { token, path: `/api/v1/pods?token=${canary}` }));
    }
    answer = undefined;
  });

  it('a tunnel that is cut under a request and an upgrade', async () => {
    answer = () => undefined;
    onUpgrade = (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.write(canary);
    };
    const { socket } = await upgrade(world, { token });
    socket.resume();
    const before = world.upstream.requests.length;
    const waiting = call(world, { token });
    await expect.poll(() => world.upstream.requests.length).toBe(before + 1);
    const closed = once(socket, 'close');
    world.network?.cut();
    await Promise.all([waiting, closed]);
    answer = undefined;
    await expect.poll(() => world.agent.isConnected, { timeout: 8000 }).toBe(true);
  });

  it('agents that are refused: a bad assertion, one used twice, a bad join token', async () => {
    const assertion = await assertionOf(world);
    secrets.set('an agent’s assertion', assertion);
    for (const one of [assertion, assertion, canary, `${assertion}x`]) {
      const transport = await dialAs(world, one);
      if (!('status' in transport)) transport.terminate();
    }
    const joinToken = `ccjt_${createHash('sha256').update(canary).digest('base64url')}`;
    secrets.set('a join token that is refused', joinToken);
    const config = { ...world.agentConfig, joinToken, stateDir: `${world.directory}/another` };
    await expect(startAgent(config, { logger: log.logger })).rejects.toThrow(/refused/);
  });

  it('our own mistakes: errors that nobody foresaw, with a token in their message', () => {
    const error = new Error(`it failed with Authorization: Bearer ${token}`, {
      cause: new Error(`and ${token}`),
    });
    log.logger.error('gateway.request.failed', { error, headers: { authorization: `Bearer ${token}` } });
    log.logger.debug('a.debug.line', {
      url: `https://user:${canary}@host/`,
      accessToken: canary,
      nested: { token },
    });
  });

  it('a watch that its client leaves', async () => {
    answer = (response) => response.writeHead(200).write(canary);
    const response = await open(world, { token, path: '/api/v1/pods?watch=true' });
    await once(response, 'data');
    response.destroy();
    answer = undefined;
  });
});

describe('L1: the log afterwards', () => {
  it('has lines of all of this, and no secret in any', async () => {
    secrets.set('the agent’s private key', await keyText());
    const events = log.events();
    for (const event of [
      'gateway.request.refused',
      'gateway.tunnel.refused',
      'agent.tunnel.closed',
      'agent.registered',
    ]) {
      expect(events).toContain(event);
    }
    const text = log.text();
    const found = [...secrets].filter(([, secret]) => secret.length < 8 || text.includes(secret));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  it('would have found one', () => {
    log.logger.info('a.canary', { note: canary });
    expect(log.text()).toContain(canary);
  });
});

async function keyText(): Promise<string> {
  const pem = await readFile(join(world.agentConfig.stateDir, 'agent-key.pem'), 'utf8');
  return pem.split('\n')[1] ?? '';
}
