// The gateway as several real processes behind one port.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startGatewayProcesses } from '../../../gateway/index.ts';
import { silentLogger } from '../../../observe/index.ts';
import { assertionOf, dialAs } from '../../support/fake-agent.ts';
import { call, open, upgrade } from '../../support/http-client.ts';
import { startProcessWorld } from '../../support/process-world.ts';
import type { ProcessWorld } from '../../support/process-world.ts';

const WATCH = '/api/v1/pods?watch=true';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
// Several processes start in each test, on a machine that may have other work.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });
const STEP = { timeout: 15_000 };
/** New connections that all land at one of two processes: once in four billion. */
const CONNECTIONS = 32;

let world: ProcessWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('gateway processes behind one port', () => {
  it('answer wherever a connection arrives, and their metrics are one page', async () => {
    world = await startProcessWorld({
      answer: (_request, response) => response.end('ok'),
      onUpgrade: (_request, socket) => {
        socket.write(SWITCH);
        socket.pipe(socket);
      },
    });
    const token = await world.token('alice');
    const { port, caPem, metric } = world;
    for (let count = 0; count < CONNECTIONS; count += 1) {
      expect(await call({ port, caPem }, { token })).toMatchObject({ status: 200, body: 'ok' });
    }
    for (let count = 0; count < 4; count += 1) {
      const { socket } = await upgrade({ port, caPem }, { token });
      socket.write('hello');
      expect(String((await once(socket, 'data'))[0])).toBe('hello');
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    }
    const viaPeer = await metric('cluster_connect_gateway_peer_streams_total');
    expect(viaPeer).toBeGreaterThan(0);
    expect(viaPeer).toBeLessThan(CONNECTIONS + 4);
    expect(
      await metric('cluster_connect_gateway_requests_total{outcome="answered"}'.replace(/[{}]/g, '\\$&')),
    ).toBe(CONNECTIONS + 4);
    expect(await metric('cluster_connect_gateway_clusters')).toBe(1);
    expect(await metric('cluster_connect_gateway_processes')).toBe(2);
    expect((await fetch(`${world.gateway.privateUrl}/readyz`)).status).toBe(200);
  });

  it('come back one by one: a request of the one that was killed breaks off, and service goes on', async () => {
    const watches: ServerResponse[] = [];
    world = await startProcessWorld({
      tunnels: 2,
      answer: (request, response) => {
        if (request.url !== WATCH) return response.end('ok');
        watches.push(response);
        return response.writeHead(200).write('first ');
      },
    });
    const { gateway, port, caPem, metric, log } = world;
    const token = await world.token('alice');
    const responses = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => open({ port, caPem }, { token, path: WATCH })),
    );
    const ends: string[] = [];
    for (const response of responses) {
      response.on('error', () => ends.push('aborted'));
      response.on('end', () => ends.push('ended'));
      response.resume();
    }
    const [victim, other] = gateway.processes;
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    // Its own clients, and those of the other one whose requests went through it.
    await expect.poll(() => ends.length, STEP).toBeGreaterThan(0);
    await expect.poll(() => gateway.processes.length, STEP).toBe(2);
    await expect.poll(() => metric('cluster_connect_gateway_processes'), STEP).toBe(2);
    expect(ends).not.toContain('ended');
    expect(gateway.processes.map(({ pid }) => pid)).toContain(other?.pid);
    expect(gateway.processes.map(({ pid }) => pid)).not.toContain(victim?.pid);
    expect(log.text()).toContain('"code":"CC_ERR_PROCESS_ENDED"');
    await expect.poll(() => metric('cluster_connect_gateway_tunnels'), STEP).toBe(2);
    await expect.poll(() => metric('cluster_connect_gateway_peers'), STEP).toBe(2);
    for (let count = 0; count < CONNECTIONS; count += 1) {
      expect(await call({ port, caPem }, { token })).toMatchObject({ status: 200, body: 'ok' });
    }
    for (const watch of watches) watch.end();
  });

  it('drain together: what passes through two of them is finished, and all are gone', async () => {
    const watches: ServerResponse[] = [];
    world = await startProcessWorld({
      answer: (_request, response) => {
        watches.push(response);
        return response.writeHead(200).write('first ');
      },
    });
    const { gateway, port, caPem } = world;
    const token = await world.token('alice');
    const responses = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => open({ port, caPem }, { token, path: WATCH })),
    );
    expect(await world.metric('cluster_connect_gateway_peer_streams_total')).toBeGreaterThan(0);
    const texts = responses.map(async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return text;
    });
    const pids = gateway.processes.map(({ pid }) => pid);
    const draining = gateway.drain();
    expect((await fetch(`${gateway.privateUrl}/readyz`)).status).toBe(503);
    await expect
      .poll(() => call({ port, caPem }, { token }).then(String, String), STEP)
      .toMatch(/ECONNREFUSED|ECONNRESET/);
    for (const watch of watches) watch.end('last');
    expect(new Set(await Promise.all(texts))).toEqual(new Set(['first last']));
    await draining;
    expect(pids.filter(isRunning)).toEqual([]);
  });

  it('I6: take an assertion once, whichever of them it is shown to', async () => {
    world = await startProcessWorld();
    const assertion = await assertionOf(world);
    const shown = world;
    const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => dialAs(shown, assertion)));
    const statuses = answers.map((answer) => ('status' in answer ? answer.status : 101));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([101, ...Array<number>(CONNECTIONS - 1).fill(401)]);
    for (const answer of answers) if ('terminate' in answer) answer.terminate();
  });

  it('are ended when one of them does not answer for too long', async () => {
    world = await startProcessWorld({ waits: { CHECK_MS: 250 } });
    const { gateway, log } = world;
    const [stuck] = gateway.processes;
    process.kill(stuck?.pid ?? 0, 'SIGSTOP');
    await expect.poll(() => log.text().includes('"code":"CC_ERR_PROCESS_STUCK"'), STEP).toBe(true);
    await expect
      .poll(() => gateway.processes.map(({ pid }) => pid).includes(stuck?.pid ?? 0), STEP)
      .toBe(false);
    await expect.poll(() => gateway.processes.length, STEP).toBe(2);
  });
});

describe('gateway processes that cannot start', () => {
  it('are refused with the system’s word when the port is taken, also by one that would share it', async () => {
    world = await startProcessWorld();
    const { config } = world;
    await expect(startGatewayProcesses(config, 2, { logger: silentLogger })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: 0, reusePort: true });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const listen = { host: '127.0.0.1', port };
    await expect(
      startGatewayProcesses({ ...config, listen }, 2, { logger: silentLogger }),
    ).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    server.close();
  });

  it('say which and why, and leave none behind', async () => {
    world = await startProcessWorld();
    const { config } = world;
    const tls = { certificateFile: '/nonexistent.pem', privateKeyFile: '/nonexistent.pem' };
    const listen = { host: '127.0.0.1', port: 0 };
    await expect(
      startGatewayProcesses({ ...config, listen, tls }, 2, { logger: silentLogger }),
    ).rejects.toMatchObject({
      code: 'CC_ERR_PROCESS_START',
      message: expect.stringMatching(/gateway process \d did not start: .*ENOENT/),
    });
  });
});
