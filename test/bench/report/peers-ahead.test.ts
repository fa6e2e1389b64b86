import { describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { comparePeers, renderPeersAhead } from '../../../bench/report/peers-ahead.ts';
import { resultOf } from '../results.ts';

const throughput = (route: string, rounds: readonly number[]) =>
  figure(`a.${route}.throughput`, 'requests/s', true, rounds);
const cpu = (route: string, process: string, value: number) =>
  figure(`a.${route}.cpu.${process}`, 'µs/request', false, [value, value, value]);

describe('where a peer is better', () => {
  it('is told for more of what should be more, and less of what should be less', () => {
    const { compared, ahead } = comparePeers([
      resultOf({
        figures: [
          throughput('relay', [100, 100, 100]),
          throughput('nginx', [200, 200, 200]),
          throughput('chisel', [50, 50, 50]),
          figure('a.relay.p50', 'µs', false, [10, 10, 10]),
          figure('a.nginx.p50', 'µs', false, [20, 20, 20]),
          figure('a.chisel.p50', 'µs', false, [5, 5, 5]),
        ],
      }),
    ]);
    expect(compared).toBe(4);
    expect(ahead.map(({ what, peer, value }) => [what, peer, value])).toEqual([
      ['throughput', 'nginx', 200],
      ['p50', 'chisel', 5],
    ]);
  });

  it.each([
    { certainty: 'clear', relay: [100, 110, 120], peer: [130, 140, 150] },
    { certainty: 'rounds overlap', relay: [100, 110, 120], peer: [115, 140, 150] },
    { certainty: 'too few rounds to tell', relay: [100], peer: [200] },
  ])('it says: $certainty', ({ certainty, relay, peer }) => {
    const figures = [throughput('relay', relay), throughput('nginx', peer)];
    expect(comparePeers([resultOf({ figures })]).ahead).toMatchObject([{ certainty }]);
  });

  it('counts all processes of a route, and neither load nor stand-in', () => {
    const { ahead } = comparePeers([
      resultOf({
        figures: [
          ...['load', 'apiserver', 'gateway', 'agent'].map((process) => cpu('relay', process, 30)),
          cpu('relay', 'route', 60),
          ...['load', 'apiserver'].map((process) => cpu('chisel', process, 500)),
          cpu('chisel', 'server', 20),
          cpu('chisel', 'client', 21),
        ],
      }),
    ]);
    expect(ahead).toMatchObject([{ what: 'CPU of the route', peer: 'chisel', relay: 60, value: 41 }]);
  });

  it('leaves the stand-in out, and figures of another unit', () => {
    const figures = [
      throughput('relay', [1]),
      throughput('direct', [9]),
      figure('a.nginx.throughput', 'MB/s', true, [9]),
    ];
    expect(comparePeers([resultOf({ figures })])).toEqual({ compared: 0, ahead: [] });
  });

  it('is a line for each figure, with every peer that is ahead', () => {
    const figures = [throughput('relay', [1, 1, 1]), throughput('nginx', [3, 3, 3]), throughput('frp', [2])];
    const text = renderPeersAhead(comparePeers([resultOf({ figures })]));
    expect(text).toContain('In 2 of 2 comparisons');
    expect(text).toMatch(
      /small +\| a +\| throughput, requests\/s \| +1\.00 \| nginx 3\.00, frp 2\.00 \(too few rounds to tell\)/,
    );
  });

  it('is said of none where none is', () => {
    const figures = [throughput('relay', [3]), throughput('nginx', [2])];
    expect(renderPeersAhead(comparePeers([resultOf({ figures })]))).toBe(
      'In none of 1 comparisons is a peer better.',
    );
    expect(renderPeersAhead(comparePeers([]))).toMatch(/^No result/);
  });
});
