// An agent behind an outbound HTTP proxy: it joins and tunnels by CONNECT, and tells nobody the proxy's password.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { boundPort, redactText } from '../../observe/index.ts';
import { startAgent } from '../../relay-agent/index.ts';
import { connectThroughProxy } from '../../relay-agent/proxy-connect.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import type { ConnectProxy, ConnectProxyOptions } from '../support/connect-proxy.ts';
import { call, open } from '../support/http-client.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

const CREDENTIALS = 'relay-user:proxy-canary-password';
const CANARIES = ['proxy-canary-password', Buffer.from(CREDENTIALS).toString('base64')];

function expectNoCanary(text: string): void {
  for (const canary of CANARIES) expect(text).not.toContain(canary);
}

describe('an agent behind a proxy with a password', () => {
  const log = memoryLog();
  let proxy: ConnectProxy;
  let world: RelayWorld;
  let token: string;
  let answer: ((response: ServerResponse) => void) | undefined;

  beforeAll(async () => {
    proxy = await startConnectProxy({ credentials: CREDENTIALS });
    world = await startRelayWorld({
      logger: log.logger,
      agent: { proxyUrl: proxy.url },
      answer: (_request, response) => (answer === undefined ? response.end('ok') : answer(response)),
    });
    token = await world.token('alice');
  });

  afterAll(async () => {
    await world.close();
    await proxy.close();
  });

  it('joins and opens both tunnels through it, trusting the gateway’s own CA', async () => {
    const target = `127.0.0.1:${world.port}`;
    expect(proxy.targets).toEqual([target, target, target]);
    expect(world.gateway.connectedTunnels).toBe(2);
    expect(await call(world, { token })).toMatchObject({ status: 200, body: 'ok' });
  });

  it('finishes what runs when it drains', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    answer = (response) => {
      response.writeHead(200);
      response.write('first ');
      begun.resolve(response);
    };
    const response = await open(world, { token, path: '/api/v1/pods?watch=true' });
    const [first] = await once(response, 'data');
    const upstream = await begun.promise;
    const draining = world.agent.drain();
    await expect.poll(async () => (await call(world, { token })).status).toBe(503);
    upstream.end('last');
    const [last] = await once(response, 'data');
    expect(`${String(first)}${String(last)}`).toBe('first last');
    await draining;
  });

  it('L1: writes the password into no log line', () => {
    expect(log.events()).toContain('agent.registered');
    expectNoCanary(log.text());
  });
});

describe('a proxy that does not connect', () => {
  let proxy: ConnectProxy | undefined;
  let world: RelayWorld | undefined;
  afterEach(async () => {
    await world?.close();
    await proxy?.close();
  });

  it.each<[string, ConnectProxyOptions, string]>([
    ['wants another password', { credentials: 'relay-user:another' }, '407'],
    ['forbids the gateway', { refuseWith: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' }, '403'],
    [
      'speaks before the tunnel does',
      { refuseWith: 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n' },
      '200',
    ],
  ])('and %s is named, without its password', async (_name, options, status) => {
    proxy = await startConnectProxy(options);
    const log = memoryLog();
    world = await startRelayWorld();
    const proxyUrl = proxy.url.replace(/\/\/.*127/, `//${CREDENTIALS}@127`);
    // Registered already: it is the tunnel that has to pass.
    const agent = await startAgent({ ...world.agentConfig, proxyUrl }, { logger: log.logger });
    await expect.poll(() => log.events()).toContain('agent.tunnel.dial_failed');
    await agent.close();
    expect(log.text()).toContain(`127.0.0.1:${new URL(proxyUrl).port} answered CONNECT with ${status}`);
    expect(log.text()).toContain('CC_ERR_AGENT_PROXY_REFUSED');
    expectNoCanary(log.text());
  });

  it('and cannot be joined through is named, without its password', async () => {
    proxy = await startConnectProxy({ credentials: 'relay-user:another' });
    const log = memoryLog();
    world = await startRelayWorld();
    const joinToken = await world.gateway.store.issueJoinToken('edge-1', 60_000);
    const proxyUrl = proxy.url.replace(/\/\/.*127/, `//${CREDENTIALS}@127`);
    const stop = new AbortController();
    const starting = startAgent(
      { ...world.agentConfig, joinToken, stateDir: `${world.directory}/second`, proxyUrl },
      { logger: log.logger, signal: stop.signal },
    );
    await expect.poll(() => log.events()).toContain('agent.join.failed');
    stop.abort();
    await expect(starting).rejects.toThrow();
    expect(log.text()).toContain('407');
    expectNoCanary(log.text());
    expect(log.text()).not.toContain(joinToken);
  });
});

describe('connecting through a proxy', () => {
  it('gives up after its time, in whichever step the proxy stops', async () => {
    for (const greeting of ['', 'HTTP/1.1 200 Connection established\r\n\r\n']) {
      const silent = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write(greeting));
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const attempt = connectThroughProxy({
        proxyUrl: `http://${CREDENTIALS}@127.0.0.1:${boundPort(silent)}`,
        host: 'relay.example.com',
        port: 443,
        timeoutMs: 100,
        signal: new AbortController().signal,
      });
      await expect(attempt).rejects.toMatchObject({
        code: 'CC_ERR_AGENT_PROXY_REFUSED',
        message: expect.stringMatching(/in time$/),
      });
      // The proxy's side is closed too: nothing is left behind.
      await new Promise((resolve) => silent.close(resolve));
    }
  });

  it('is given up when the agent stops', async () => {
    const stop = new AbortController();
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => stop.abort());
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const attempt = connectThroughProxy({
      proxyUrl: `http://127.0.0.1:${boundPort(silent)}`,
      host: 'relay.example.com',
      port: 443,
      timeoutMs: 60_000,
      signal: stop.signal,
    });
    await expect(attempt).rejects.toMatchObject({ code: 'CC_ERR_AGENT_PROXY_REFUSED' });
    await new Promise((resolve) => silent.close(resolve));
  });

  it('L1: redaction would hide the password of a proxy’s URL, whoever logged it', () => {
    expectNoCanary(redactText(`http://${CREDENTIALS}@proxy.example:3128 failed`));
  });
});
