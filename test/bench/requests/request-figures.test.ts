import { describe, expect, it } from 'vitest';
import { addedLatencies, bestPeers, figuresOf, relayRatios, tableOf } from '../../../bench/requests/index.ts';
import { ROUTE_INFO } from '../../../bench/routes/index.ts';
import type { RouteName } from '../../../bench/routes/index.ts';
import { targetsOf } from '../../../bench/scenarios/small/small.ts';
import { measured, round } from './measured.ts';

describe('figures', () => {
  it('are medians of the rounds, with their unit and direction', () => {
    const figures = figuresOf(measured('relay', [round(900, 3), round(1000, 1), round(1500, 2)]));
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
  });

  it('have the CPU of each process, and of the route without the load and the stand-in', () => {
    const figures = figuresOf(measured('relay', [round(100, 1)]));
    const cpu = Object.fromEntries(figures.map(({ name, value }) => [name.split('.cpu.')[1] ?? '', value]));
    expect(cpu).toMatchObject({ load: 10, apiserver: 5, gateway: 20, agent: 30, route: 50 });
  });

  it('leave the CPU out where there is no /proc', () => {
    const figures = figuresOf(measured('relay', [round(100, 1, { cpuUs: {} })]));
    expect(figures.filter(({ name }) => name.includes('.cpu.'))).toEqual([]);
  });
});

describe('comparisons', () => {
  const speeds: Partial<Record<RouteName, number>> = {
    direct: 4000,
    'go-proxy': 1000,
    relay: 2000,
    chisel: 500,
    frp: 800,
  };
  const routes = (['direct', 'go-proxy', 'relay', 'chisel', 'frp'] as const).map((name) => ROUTE_INFO[name]);
  const figures = routes.flatMap(({ name }) =>
    figuresOf(measured(name, [round(speeds[name] ?? 0, 1e6 / (speeds[name] ?? 1))])),
  );
  const table = tableOf(figures, routes);

  it('are with each hop that was measured and with the best tunnel', () => {
    const ratios = relayRatios(table, 'http1-32', 'throughput');
    expect(ratios.map(({ name, value }) => [name.split(' / ')[1], value])).toEqual([
      ['go-proxy', 2],
      ['direct', 0.5],
      ['best tunnel peer', 2.5],
    ]);
  });

  it('say which tunnel was the best', () => {
    expect(bestPeers(table, ['http1-32', 'absent'], 'throughput')).toEqual({
      'bestTunnelPeer.http1-32.throughput': 'frp',
    });
    expect(table.bestPeer('http1-32', 'p50')?.name).toBe('frp');
  });

  it('are of what each route adds to the latency', () => {
    const added = addedLatencies(table, 'http1-32', routes);
    expect(added).toContainEqual(
      expect.objectContaining({ name: 'http1-32: p50 added over direct by relay', value: 250 }),
    );
    expect(added.filter(({ name }) => name.endsWith('by direct'))).toEqual([]);
  });

  it('are what the targets are about', () => {
    expect(targetsOf(relayRatios(table, 'http1-32', 'throughput'))).toEqual([
      { name: 'http1-32: throughput, relay / go-proxy', bound: '>= 1 ×', value: 2, met: true },
      { name: 'http1-32: throughput, relay / best tunnel peer', bound: '>= 2 ×', value: 2.5, met: true },
    ]);
  });
});
