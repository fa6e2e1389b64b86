import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, startPrivateListener } from '../../observe/index.ts';
import type { PrivateListener } from '../../observe/index.ts';

let listener: PrivateListener | undefined;
afterEach(() => listener?.close());

async function start(isReady: () => boolean): Promise<string> {
  const metrics = createMetrics();
  let reads = 0;
  metrics.counter('test_reads_total', 'Counts reads.', () => (reads += 1));
  metrics.gauge('test_level', 'A level.', () => 7);
  metrics.counters('test_by_kind_total', 'By kind.', 'kind', () => [
    ['a', 1],
    ['b', 2],
  ]);
  listener = await startPrivateListener({ host: '127.0.0.1', port: 0 }, { metrics, isReady });
  return listener.url;
}

describe('the private listener', () => {
  it('is healthy, and ready when its owner is', async () => {
    let ready = false;
    const url = await start(() => ready);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    ready = true;
    expect((await fetch(`${url}/readyz?verbose`)).status).toBe(200);
  });

  it('shows metrics as they are at each scrape', async () => {
    const url = await start(() => true);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('test_reads_total 1');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('test_reads_total 2');
    expect(text).toContain('test_level 7');
    expect(text).toContain('test_by_kind_total{kind="b"} 2');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it.each([
    ['GET', '/', 404],
    ['POST', '/healthz', 405],
  ])('answers %s %s with %d', async (method, path, status) => {
    const url = await start(() => true);
    expect((await fetch(`${url}${path}`, { method })).status).toBe(status);
  });
});
