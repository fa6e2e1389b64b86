// The routes that need nothing but this repo come up and carry a request; those that the machine lacks say what it lacks.
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBed } from '../../../bench/bed/index.ts';
import type { Bed } from '../../../bench/bed/index.ts';
import { isRelayRoute, ROUTE_INFO, ROUTES, startRoutes } from '../../../bench/routes/index.ts';
import type { RunningRoute } from '../../../bench/routes/index.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed();
});
afterAll(() => bed[Symbol.asyncDispose]());

function ask(route: RunningRoute): Promise<{ readonly status: number | undefined; readonly bytes: number }> {
  const address = route.address('http1');
  if (address === undefined) throw new TypeError('every route speaks HTTP/1.1');
  const { host, port, ca, serverName: servername } = address;
  return new Promise((resolve, reject) => {
    request(
      {
        host,
        port,
        ca,
        agent: false,
        ...(servername === '' ? {} : { servername }),
        path: '/api/v1/namespaces/default/configmaps/bench',
        headers: { authorization: `Bearer ${bed.world.identity.token}` },
      },
      (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => (bytes += chunk.byteLength));
        answer.once('end', () => resolve({ status: answer.statusCode, bytes }));
        answer.once('error', reject);
      },
    )
      .once('error', reject)
      .end();
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A machine that has nothing: no Go, no nginx, no ssh, an empty cache. */
function emptySearch(name: string) {
  const directory = join(bed.world.directory, name);
  mkdirSync(directory);
  const environment = { PATH: directory, XDG_CACHE_HOME: join(directory, 'cache') };
  return { directory, search: { environment, directories: [], print: () => undefined } };
}

describe('startRoutes', () => {
  test('carries a request over each route of this repo, and leaves no process behind', async () => {
    const names = ['direct', 'http-proxy', 'relay'] as const;
    const routes = await startRoutes(bed.world, names);
    try {
      expect(routes.running.map(({ info }) => info.name)).toEqual(names);
      expect(routes.absent).toEqual([]);
      for (const route of routes.running) expect(await ask(route)).toEqual({ status: 200, bytes: 2048 });
      expect(routes.running.map((route) => route.address('http2') !== undefined)).toEqual([
        true,
        false,
        true,
      ]);
      expect(routes.running.filter(isRelayRoute).map(({ agent }) => agent.name)).toEqual(['agent']);
    } finally {
      await routes[Symbol.asyncDispose]();
    }
    const pids = routes.running.flatMap(({ processes }) => processes.map(({ pid }) => pid));
    expect(pids).toHaveLength(3);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("sends the relay's tunnel over the link, and not the client", async () => {
    const roundTripMs = 60;
    await using routes = await startRoutes(bed.world, ['relay'], { link: { roundTripMs } });
    const [route] = routes.running;
    if (route === undefined) throw new TypeError('it runs');
    const askedAt = performance.now();
    expect(await ask(route)).toEqual({ status: 200, bytes: 2048 });
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(roundTripMs);
    expect(route.processes.map(({ name }) => name)).toEqual(['gateway', 'agent']);
  });

  test('names what each peer lacks on a machine that has nothing, in the order of asking', async () => {
    const peers = ROUTES.filter((name) => !['direct', 'http-proxy', 'relay'].includes(name));
    await using routes = await startRoutes(bed.world, peers, { search: emptySearch('nothing').search });
    expect(routes.running).toEqual([]);
    expect(routes.absent.map(({ name }) => name)).toEqual(peers);
    const reasons = new Map(routes.absent.map(({ name, reason }) => [name, reason]));
    expect(reasons.get('nginx')).toBe('no nginx on this machine');
    expect(reasons.get('ssh')).toBe('no sshd on this machine');
    expect(reasons.get('frp')).toMatch(/^no Go on this machine to build frps/);
  });

  test('is without a peer that fails, and tells what that said', async () => {
    const { directory, search } = emptySearch('broken');
    const script =
      '#!/bin/sh\necho "nginx version: nginx/1.0" >&2\n[ "$1" = -v ] || { echo "it broke" >&2; exit 3; }\n';
    writeFileSync(join(directory, 'nginx'), script, { mode: 0o755 });
    await using routes = await startRoutes(bed.world, ['nginx'], { search });
    expect(routes.absent).toEqual([{ name: 'nginx', reason: expect.stringContaining('it broke') }]);
  });

  test('describes every route', () => {
    expect(ROUTES.map((name) => ROUTE_INFO[name].name)).toEqual(ROUTES);
  });
});
