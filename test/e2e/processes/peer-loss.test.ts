// Gateways that go away under a request that passes through both: an honest end, and service goes on.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, open } from '../../support/http-client.ts';
import { statusOf } from '../../support/status-of.ts';
import { startTwinWorld } from '../../support/twin-world.ts';
import type { TwinWorld } from '../../support/twin-world.ts';

let world: TwinWorld;
let token: string;
let answers: ServerResponse[];

beforeEach(async () => {
  answers = [];
  world = await startTwinWorld({
    reconnects: true,
    gatewayLimits: { DRAIN_PACING_MS: 10 },
    answer: (request, response) => {
      if (request.url === '/readyz') return response.end('ok');
      answers.push(response);
      if (request.url?.includes('watch') === true) response.writeHead(200).write('first ');
      return response;
    },
  });
  token = await world.token('alice');
});
afterEach(() => world.close());

async function untilAsked(count: number): Promise<void> {
  await expect.poll(() => answers.length, { timeout: 5000 }).toBe(count);
}

describe('when the gateway that holds the tunnel stops', () => {
  it('a request without an answer is told that the tunnel broke, and that it may have been carried out', async () => {
    const waiting = call(world.asker, { token, method: 'POST', body: 'x' });
    await untilAsked(1);
    await world.gateway.close();
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 502 });
    expect(answer.headers['retry-after']).toBeUndefined();
    expect(statusOf(answer.body)).toMatchObject({
      hop: 'tunnel',
      message: expect.stringContaining('it may have been carried out'),
    });
  });

  it('a watch is aborted, not ended', async () => {
    const response = await open(world.asker, { token, path: '/api/v1/pods?watch=true' });
    await once(response, 'data');
    const aborted = Promise.withResolvers<void>();
    response.on('error', () => aborted.resolve());
    await world.gateway.close();
    await aborted.promise;
    expect(response.complete).toBe(false);
  });
});

describe('when the gateway that holds the tunnel drains', () => {
  it('what passes through it is finished first, and new requests are told to come again', async () => {
    const response = await open(world.asker, { token, path: '/api/v1/pods?watch=true' });
    await once(response, 'data');
    const draining = world.gateway.drain();
    const answer = await call(world.asker, { token });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    const ended = once(response, 'end');
    let rest = '';
    response.on('data', (chunk) => {
      rest += String(chunk);
    });
    answers[0]?.end('last');
    await ended;
    expect(rest).toBe('last');
    expect(response.complete).toBe(true);
    await draining;
  });
});

describe('when the gateway where the client is stops', () => {
  it('the request is cancelled at the apiserver', async () => {
    const response = await open(world.asker, { token, path: '/api/v1/pods?watch=true' });
    await once(response, 'data');
    response.on('error', () => undefined);
    const [upstream] = answers;
    if (upstream === undefined) throw new Error('the watch did not arrive');
    const closed = once(upstream, 'close');
    await world.second.close();
    await closed;
    expect(await call(world, { token, path: '/readyz' })).toMatchObject({ status: 200 });
  });
});
