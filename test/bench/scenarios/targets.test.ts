// Where each target of the bench lies: at its bound it is met, beyond it it is missed.
import { describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { targetsOf as bulkTargets } from '../../../bench/scenarios/bulk/bulk.ts';
import { fixedWindowRate, targetsOf as farTargets } from '../../../bench/scenarios/far-link/far-link.ts';
import { targetsOf as besideTargets } from '../../../bench/scenarios/interactive/interactive.ts';
import { targetsOf as smallTargets } from '../../../bench/scenarios/small/small.ts';

const TARGETS = [
  { of: smallTargets, name: 'http1-32: throughput, relay / go-proxy', met: 1, missed: 0.99 },
  { of: smallTargets, name: 'http1-32: throughput, relay / http-proxy', met: 1.5, missed: 1.49 },
  { of: smallTargets, name: 'http1-32: throughput, relay / best tunnel peer', met: 2, missed: 1.99 },
  {
    of: smallTargets,
    name: 'relay, 32 connections: throughput, HTTP/2 / HTTP/1.1',
    met: 0.9,
    missed: 0.89,
  },
  { of: smallTargets, name: 'http1-1: p50 added over direct by relay', met: 100, missed: 101 },
  { of: smallTargets, name: 'http1-1: p99 added over direct by relay', met: 1000, missed: 1001 },
  { of: bulkTargets, name: 'download: throughput, relay / go-proxy', met: 0.7, missed: 0.69 },
  { of: bulkTargets, name: 'upload: throughput, relay / go-proxy', met: 0.7, missed: 0.69 },
  { of: bulkTargets, name: 'upload: throughput, relay / best tunnel peer', met: 1, missed: 0.99 },
  {
    of: farTargets,
    name: 'download-60ms: throughput, relay / a fixed window of 256 KiB',
    met: 15,
    missed: 14.9,
  },
];

describe.each(TARGETS)('$name', ({ of, name, met, missed }) => {
  const metWith = (value: number) => of([figure(name, '×', true, [value])]).map((target) => target.met);

  it(`is met at ${met} and missed at ${missed}`, () => {
    expect(metWith(met)).toEqual([true]);
    expect(metWith(missed)).toEqual([false]);
  });
});

it('the latency beside bulk has a bound of its own and one beside the best peer', () => {
  const latency = figure('beside-download.relay.p99', 'µs', false, [5001]);
  const ratio = figure('beside-download: p99, relay / best tunnel peer', '×', false, [0.2]);
  expect(besideTargets([latency], [ratio]).map(({ met }) => met)).toEqual([false, true]);
});

it('a fixed window moves itself once in each round trip', () => {
  expect(fixedWindowRate(60)).toBeCloseTo(4.369);
  expect(fixedWindowRate(200)).toBeCloseTo(1.311);
});
