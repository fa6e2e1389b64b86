// What of the scenarios of tunnels, of the soak and of the token check is decided without running them.
import { describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { figuresOf as soakFigures, targetsOf as soakTargets } from '../../../bench/scenarios/soak/soak.ts';
import { targetsOf as tokenTargets } from '../../../bench/scenarios/token-check/token-check.ts';
import { cameUp, spreadOver } from '../../../bench/scenarios/tunnels/harbour.ts';
import { figuresOf, targetsOf as tunnelTargets } from '../../../bench/scenarios/tunnels/tunnels.ts';

describe.each([
  { of: tunnelTargets, name: 'idle.relay.memory.gateway', met: 60, missed: 60.1 },
  { of: tunnelTargets, name: 'restart.relay.last', met: 20, missed: 20.1 },
  { of: tokenTargets, name: 'cached.relay.check', met: 3, missed: 3.1 },
  { of: soakTargets, name: 'gateway.relay.rss-growth', met: 5, missed: 5.1 },
  { of: soakTargets, name: 'agent.relay.rss-growth', met: -12, missed: 5.1 },
])('$name', ({ of, name, met, missed }) => {
  const metWith = (value: number) => of([figure(name, 'x', false, [value])]).map((target) => target.met);

  it(`is met at ${met} and missed at ${missed}`, () => {
    expect(metWith(met)).toEqual([true]);
    expect(metWith(missed)).toEqual([false]);
  });
});

describe('tunnels', () => {
  it('that came up in several fleets are one count, from when they were waited for', () => {
    const parts = [
      { upAtMs: [1100, 1300, 1900], failedDials: { ECONNREFUSED: 2 } },
      { upAtMs: [1200, 1500], failedDials: { ECONNREFUSED: 1, ECONNRESET: 4 } },
    ];
    expect(cameUp(parts, 1000)).toEqual({
      medianMs: 300,
      lastMs: 900,
      failedDials: { ECONNREFUSED: 3, ECONNRESET: 4 },
    });
    expect(() => cameUp([{ upAtMs: [], failedDials: {} }], 0)).toThrow(RangeError);
  });

  it('that are asked are spread over all', () => {
    expect(spreadOver([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3)).toEqual([0, 3, 6]);
    expect(spreadOver([0, 1], 5)).toEqual([0, 1]);
  });

  it('are figures for one tunnel, and the restarts are rounds', () => {
    const restart = { medianMs: 4000, lastMs: 9000, failedDials: { A: 5 }, cpuUs: 2e6, memoryBytes: 8e6 };
    const figures = figuresOf(100, {
      memoryBytes: 5e6,
      heapBytes: 1e6,
      idleCpuUs: 50_000,
      idleMs: 1000,
      cold: { medianMs: 1, lastMs: 2500, failedDials: {} },
      restarts: [
        { ...restart, tunnels: 100, answering: 10 },
        { ...restart, lastMs: 11_000, tunnels: 100, answering: 10 },
      ],
    });
    expect(Object.fromEntries(figures.map(({ name, value }) => [name, value]))).toEqual({
      'idle.relay.memory.gateway': 50,
      'idle.relay.heap.gateway': 10,
      'idle.relay.cpu.gateway': 50,
      'cold.relay.last': 2.5,
      'restart.relay.median': 4,
      'restart.relay.last': 10,
      'restart.relay.cpu.gateway': 20,
      'restart.relay.memory.gateway': 80,
      'restart.relay.failed-dials': 0.05,
    });
  });
});

it('the soak tells how much more each process holds than before, in percent', () => {
  const memory = { rssBytes: 100e6, heapUsedBytes: 20e6, externalBytes: 0 };
  const after = { rssBytes: 103e6, heapUsedBytes: 19e6, externalBytes: 0 };
  const soaked = { requests: 1000, elapsedMs: 500, wrongAnswers: 0, wrongBodies: 0 };
  const figures = soakFigures(soaked, [{ process: 'agent', before: memory, after }]);
  expect(figures.find(({ name }) => name === 'soak.relay.throughput')?.value).toBe(2000);
  expect(figures.find(({ name }) => name === 'agent.relay.rss-growth')?.value).toBeCloseTo(3);
  expect(figures.find(({ name }) => name === 'agent.relay.heap-growth')?.value).toBeCloseTo(-5);
});
