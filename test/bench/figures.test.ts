import { describe, expect, it } from 'vitest';
import { comparisonsOf, figuresOf, targetsOf } from '../../bench/figures.ts';
import { HTTP1_1, HTTP1_32, measured, round } from './measured.ts';

describe('figures', () => {
  it('are medians of the rounds, with their unit and direction', () => {
    const figures = figuresOf(measured(HTTP1_32, 'relay', [round(900, 3), round(1000, 1), round(1500, 2)]));
    expect(figures).toContainEqual({
      name: 'http1-32.relay.throughput',
      unit: 'requests/s',
      higherIsBetter: true,
      value: 1000,
      rounds: [900, 1000, 1500],
    });
    expect(figures).toContainEqual(
      expect.objectContaining({ name: 'http1-32.relay.p50', higherIsBetter: false, value: 2 }),
    );
    expect(figures).toContainEqual(
      expect.objectContaining({ name: 'http1-32.relay.cpu.agent', unit: 'µs/request', value: 30 }),
    );
  });
});

describe('comparisons', () => {
  it('compare rounds that ran side by side, so that a slow minute falls out', () => {
    const comparisons = comparisonsOf([
      measured(HTTP1_32, 'http-proxy', [round(1000, 9), round(100, 90), round(1000, 9)]),
      measured(HTTP1_32, 'relay', [round(1200, 8), round(120, 80), round(1100, 8)]),
    ]);
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({
      name: 'http1-32: throughput, relay / http-proxy',
      rounds: [1.2, 1.2, 1.1],
      value: 1.2,
    });
  });

  it('leave out what was not measured', () => {
    expect(comparisonsOf([measured(HTTP1_32, 'relay', [round(1, 1)])])).toEqual([]);
  });
});

describe('targets', () => {
  const targets = (relayPerSecond: number, relayP50Us: number) =>
    targetsOf(
      comparisonsOf([
        measured(HTTP1_32, 'http-proxy', [round(1000, 100)]),
        measured(HTTP1_32, 'relay', [round(relayPerSecond, 100)]),
        measured(HTTP1_1, 'direct', [round(1000, 50)]),
        measured(HTTP1_1, 'relay', [round(1000, relayP50Us)]),
      ]),
    ).map(({ met }) => met);

  it.each([
    { relayPerSecond: 1000, relayP50Us: 200, met: [true, true] },
    { relayPerSecond: 999, relayP50Us: 200, met: [false, true] },
    { relayPerSecond: 1000, relayP50Us: 201, met: [true, false] },
  ])('$relayPerSecond/s and $relayP50Us µs: $met', ({ relayPerSecond, relayP50Us, met }) => {
    expect(targets(relayPerSecond, relayP50Us)).toEqual(met);
  });
});
