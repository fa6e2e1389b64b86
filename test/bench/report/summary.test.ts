import { describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { renderChecks, renderFigures, renderResult, renderTargets } from '../../../bench/report/index.ts';
import { resultOf } from '../results.ts';

describe('the summary of a scenario', () => {
  it('has a table for each case, a line for each route, and the CPU of each process', () => {
    const text = renderFigures([
      figure('a.direct.throughput', 'requests/s', true, [2000]),
      figure('a.relay.throughput', 'requests/s', true, [900, 1000, 1100]),
      figure('a.relay.cpu.gateway', 'µs/request', false, [12]),
      figure('a.relay.cpu.agent', 'µs/request', false, [34]),
      figure('b.relay.p50', 'µs', false, [5]),
    ]);
    expect(text.split('\n').slice(0, 8)).toEqual([
      '          throughput (requests/s)  ±    CPU (µs/request)',
      '--------  -----------------------  ---  ------------------------',
      'a.direct                    2,000',
      'a.relay                     1,000  10%  gateway 12.0, agent 34.0',
      '',
      '         p50 (µs)  ±',
      '-------  --------  -',
      'b.relay      5.00',
    ]);
  });

  it('has the memory of each process in one column too', () => {
    const text = renderFigures([
      figure('end.relay.rss.gateway', 'MB', false, [120]),
      figure('end.relay.rss.agent', 'MB', false, [110]),
      figure('end.frp.rss.frps', 'MB', false, [20]),
    ]);
    expect(text.split('\n').slice(0, 4)).toEqual([
      '           memory (MB)',
      '---------  ----------------------',
      'end.relay  gateway 120, agent 110',
      'end.frp    frps 20.0',
    ]);
  });

  it('says of each target whether it was met', () => {
    const target = { name: 'fast', bound: '>= 2 ×', value: 1.5 };
    expect(renderTargets([{ ...target, met: false }])).toBe('MISSED  fast: 1.50 (>= 2 ×)');
    expect(renderTargets([{ ...target, met: true }])).toBe('met     fast: 1.50 (>= 2 ×)');
  });

  it('shows the checks that failed, and of the others how many there were', () => {
    const passed = { name: 'a', passed: true, detail: '' };
    expect(renderChecks([passed, passed])).toBe('verification: 2 of 2 checks passed');
    const failed = { name: 'b', passed: false, detail: 'no' };
    expect(renderChecks([passed, failed])).toBe('verification: 1 of 2 checks failed\n  FAILED  b (no)');
  });

  it('names the routes that are absent, with the reason', () => {
    const text = renderResult(resultOf({ absent: [{ name: 'nginx', reason: 'not installed' }] }));
    expect(text).toContain('absent  nginx: not installed');
  });
});
