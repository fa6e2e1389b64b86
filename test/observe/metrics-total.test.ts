import { describe, expect, it } from 'vitest';
import { createMetrics, createMetricsTotal } from '../../observe/index.ts';

function source(read: () => number) {
  const metrics = createMetrics();
  metrics.counter('work_total', 'Work.', read);
  metrics.gauge('level', 'A level.', read);
  metrics.counters('by_kind_total', 'By kind.', 'kind', () => [['a', read()]]);
  return metrics;
}

async function lines(total: ReturnType<typeof createMetricsTotal>): Promise<string[]> {
  const { body } = await total.render();
  return body.split('\n').filter((line) => /^(?:work_total|level|by_kind_total)/.test(line));
}

describe('the metrics of several processes', () => {
  it('are added up, also after they went through JSON', async () => {
    const total = createMetricsTotal();
    total.set('1', JSON.parse(JSON.stringify(await source(() => 2).snapshot())));
    total.set('2', JSON.parse(JSON.stringify(await source(() => 5).snapshot())));
    expect(await lines(total)).toEqual(['work_total 7', 'level 7', 'by_kind_total{kind="a"} 7']);
    const { contentType, body } = await total.render();
    expect(contentType).toBe((await createMetrics().render()).contentType);
    expect(body).toContain('process_cpu_user_seconds_total');
  });

  it('hold what a source says last, not the sum of all it said', async () => {
    const total = createMetricsTotal();
    let count = 0;
    const metrics = source(() => (count += 0));
    for (count of [1, 2, 3]) total.set('1', await metrics.snapshot());
    expect(await lines(total)).toContain('work_total 3');
  });

  it('keep the counts of a source that is gone, and not its levels: a counter never goes back', async () => {
    const total = createMetricsTotal();
    total.set('1', await source(() => 4).snapshot());
    total.set('2', await source(() => 1).snapshot());
    await total.retire('1');
    expect(await lines(total)).toEqual(['work_total 5', 'by_kind_total{kind="a"} 5', 'level 1']);
    total.set('3', await source(() => 2).snapshot());
    await total.retire('2');
    await total.retire('never there');
    expect(await lines(total)).toEqual(['work_total 7', 'by_kind_total{kind="a"} 7', 'level 2']);
  });

  it('are a page without a line of a metric that nobody has', async () => {
    expect(await lines(createMetricsTotal())).toEqual([]);
  });
});
