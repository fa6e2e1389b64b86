// Starting and stopping leaves nothing behind: no port, no connection, no tunnel, no wait for a client that says nothing.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerResponse } from 'node:http';
import { startGateway } from '../../gateway/index.ts';
import { boundPort } from '../../observe/index.ts';
import { saveRegistration } from '../../relay-agent/identity.ts';
import { startAgent } from '../../relay-agent/index.ts';
import { startFakeGateway } from '../support/fake-gateway.ts';
import { callHttp2, openHttp2, upgrade } from '../support/http-client.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

let world: RelayWorld;
afterEach(() => world.close());

describe('a gateway', () => {
  it('closes at once, whatever connections say nothing', async () => {
    world = await startRelayWorld({
      gatewayLimits: { TLS_HANDSHAKE_TIMEOUT_MS: 60_000, HEADERS_TIMEOUT_MS: 60_000 },
    });
    const silent = connect(world.port, '127.0.0.1');
    await once(silent, 'connect');
    const connected = await openRaw({ port: world.port, caPem: world.caPem, serverName: '' });
    const session = openHttp2(world);
    await once(session, 'remoteSettings');
    const ends = [silent, connected, session].map(
      (one) => new Promise((resolve) => one.once('close', resolve)),
    );
    silent.on('error', () => undefined);
    silent.resume();
    await world.agent.close();
    await world.gateway.close();
    await Promise.all(ends);
  });

  it('that cannot start gives back what it had taken', async () => {
    world = await startRelayWorld();
    await world.agent.close();
    await world.gateway.close();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const privateListen = { host: '127.0.0.1', port: boundPort(taken) };
    await expect(startGateway({ ...world.gatewayConfig, privateListen })).rejects.toThrow('EADDRINUSE');
    taken.close();
    // Its public port and its database are free.
    const second = await startGateway({ ...world.gatewayConfig, privateListen });
    expect(second.port).toBe(world.port);
    await second.close();
  });

  it('may be closed twice, and while it drains', async () => {
    world = await startRelayWorld();
    const draining = world.gateway.drain();
    await Promise.all([draining, world.gateway.close(), world.gateway.close()]);
  });

  it('closes an idle HTTP/2 connection, also one that had a watch for longer than that', async () => {
    const watching = Promise.withResolvers<ServerResponse>();
    world = await startRelayWorld({
      gatewayLimits: { KEEP_ALIVE_TIMEOUT_MS: 200 },
      answer: (_request, response) => {
        response.writeHead(200);
        response.write('first');
        watching.resolve(response);
      },
    });
    const session = openHttp2(world);
    const closed = once(session, 'close');
    const watch = callHttp2(session, { token: await world.token('alice') });
    const upstream = await watching.promise;
    // Longer than the gateway's limit, on the client's own clock.
    session.setTimeout(500);
    await once(session, 'timeout');
    expect(session.closed).toBe(false);
    upstream.end('last');
    expect(await watch).toMatchObject({ body: 'firstlast' });
    await closed;
  });
});

describe('an agent', () => {
  it('that cannot start opens no tunnel', async () => {
    world = await startRelayWorld();
    await world.agent.close();
    await expect.poll(() => world.gateway.connectedTunnels).toBe(0);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const privateListen = { host: '127.0.0.1', port: boundPort(taken) };
    await expect(startAgent({ ...world.agentConfig, privateListen })).rejects.toThrow('EADDRINUSE');
    taken.close();
    await expect.poll(() => world.gateway.connectedTunnels).toBe(0);
  });

  it('may be closed twice, and while it drains', async () => {
    world = await startRelayWorld();
    const draining = world.agent.drain();
    await Promise.all([draining, world.agent.close(), world.agent.close()]);
    expect(world.agent.isConnected).toBe(false);
  });

  it('does not dial in a circle when a gateway only ever says goodbye', async () => {
    world = await startRelayWorld();
    const dialledAt: number[] = [];
    const enough = Promise.withResolvers<void>();
    const gateway = await startFakeGateway({
      onTunnel: (session) => {
        dialledAt.push(performance.now());
        session.drain(0, 'goodbye');
        if (dialledAt.length === 3) enough.resolve();
      },
    });
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const stateDir = `${world.directory}/goodbye`;
    await saveRegistration(stateDir, { clusterId: 'c', clusterName: 'c', gatewayUrl: gateway.url });
    const agent = await startAgent({
      ...world.agentConfig,
      gatewayUrl: gateway.url,
      gatewayCa: gateway.caPem,
      stateDir,
      tunnels: 1,
    });
    await enough.promise;
    await agent.close();
    random.mockRestore();
    await gateway.close();
    // Half of 500 ms, then half of a second: never sooner.
    const [first = 0, second = 0, third = 0] = dialledAt;
    expect(second - first).toBeGreaterThan(240);
    expect(third - second).toBeGreaterThan(490);
  });

  it('ends an upgrade whose apiserver has ended when its client does', async () => {
    world = await startRelayWorld({
      onUpgrade: (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
        socket.once('data', () => socket.end('the end'));
      },
      agent: { privateListen: { host: '127.0.0.1', port: 0 } },
    });
    const { socket } = await upgrade(world, { token: await world.token('alice') });
    socket.allowHalfOpen = true;
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    socket.write('bye');
    await once(socket, 'end');
    expect(received).toBe('the end');
    // The client's direction is still open, and is still counted as a stream.
    expect(await agentStreams()).toBe(1);
    socket.end();
    await expect.poll(agentStreams).toBe(0);
  });
});

async function agentStreams(): Promise<number> {
  const text = await (await fetch(`${world.agent.privateUrl}/metrics`)).text();
  return Number(/^cluster_connect_agent_streams (\d+)$/m.exec(text)?.[1]);
}
