// Health and metrics are on the private listener, and only there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/http-client.ts';
import { metricsOf } from '../support/metrics-of.ts';
import { startRelayWorld } from '../support/relay-world.ts';
import type { RelayWorld } from '../support/relay-world.ts';

let world: RelayWorld;

beforeAll(async () => {
  world = await startRelayWorld({ agent: { privateListen: { host: '127.0.0.1', port: 0 } } });
});

afterAll(() => world.close());

describe('the private listener', () => {
  it.each(['/healthz', '/readyz'])(
    'of a running gateway says ok at %s, and so does a connected agent’s',
    async (path) => {
      for (const url of [world.gateway.privateUrl, world.agent.privateUrl]) {
        const answer = await fetch(`${url}${path}`);
        expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
      }
    },
  );

  it('counts what was carried and what was refused', async () => {
    const token = await world.token('alice');
    await call(world, { token });
    await call(world, { token: await world.token('mallory') });
    const { privateUrl } = world.gateway;
    expect(await metricsOf(privateUrl, 'tunnels')).toEqual([['', 2]]);
    expect(await metricsOf(privateUrl, 'clusters')).toEqual([['', 1]]);
    expect(await metricsOf(privateUrl, 'requests_running')).toEqual([['', 0]]);
    expect(await metricsOf(privateUrl, 'requests_total')).toContainEqual(['outcome="answered"', 1]);
    expect(await metricsOf(privateUrl, 'answers_total')).toContainEqual(['class="2xx"', 1]);
    expect(await metricsOf(privateUrl, 'refusals_total')).toContainEqual(['status="404"', 1]);
  });

  it('takes only GET', async () => {
    expect((await fetch(`${world.gateway.privateUrl}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it.each(['/healthz', '/readyz', '/metrics'])('is the only one with %s', async (path) => {
    const token = await world.token('alice');
    const answer = await call(world, { token, serverName: '', path });
    expect(answer.status).toBe(404);
  });

  it('of an agent without tunnels says that it is not ready', async () => {
    await world.gateway.close();
    await expect.poll(async () => (await fetch(`${world.agent.privateUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${world.agent.privateUrl}/healthz`)).status).toBe(200);
  });
});
