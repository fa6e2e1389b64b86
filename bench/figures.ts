// From rounds to figures: medians of the rounds, and ratios of rounds that ran side by side.
import { PARTS } from './bed.ts';
import type { Part, TargetName } from './bed.ts';
import type { MeasuredRound, MeasuredTarget } from './rounds.ts';
import { median, spread } from './statistics.ts';

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** The median of the rounds. */
  readonly value: number;
  readonly rounds: readonly number[];
}

/** What the design asks for (issue "Speed"). A miss is reported, it does not fail the run. */
export interface Target {
  readonly name: string;
  readonly bound: string;
  readonly value: number;
  readonly met: boolean;
}

export const requestsPerSecond = ({ load }: MeasuredRound): number => (load.requests / load.elapsedMs) * 1000;
export const p50Us = ({ load }: MeasuredRound): number => load.p50Us;
export const p99Us = ({ load }: MeasuredRound): number => load.p99Us;
export const cpuUsOf =
  (part: Part) =>
  ({ cpuUs }: MeasuredRound): number =>
    cpuUs[part];

/** What a process costs that takes part only while it is idle otherwise: below this it is not shown. */
export const IDLE_CPU_US = 1;

export function medianOf(measured: MeasuredTarget, value: (round: MeasuredRound) => number): number {
  return median(measured.rounds.map(value));
}

export function spreadOf(measured: MeasuredTarget, value: (round: MeasuredRound) => number): number {
  return spread(measured.rounds.map(value));
}

/** One figure for each value of each target, as bench/results/ keeps them. */
export function figuresOf(measured: MeasuredTarget): readonly Figure[] {
  const figure = (
    what: string,
    unit: string,
    higherIsBetter: boolean,
    value: (round: MeasuredRound) => number,
  ) => {
    const rounds = measured.rounds.map(value);
    return {
      name: `${measured.case.name}.${measured.target}.${what}`,
      unit,
      higherIsBetter,
      value: median(rounds),
      rounds,
    };
  };
  return [
    figure('throughput', 'requests/s', true, requestsPerSecond),
    figure('p50', 'µs', false, p50Us),
    figure('p99', 'µs', false, p99Us),
    ...PARTS.map((part) => figure(`cpu.${part}`, 'µs/request', false, cpuUsOf(part))),
  ];
}

/** Ratios and differences, each the median of what the rounds side by side say. */
export function comparisonsOf(all: readonly MeasuredTarget[]): readonly Figure[] {
  const find = (caseName: string, target: TargetName): MeasuredTarget | undefined =>
    all.find((measured) => measured.case.name === caseName && measured.target === target);
  const figures: Figure[] = [];
  const add = (
    name: string,
    unit: string,
    higherIsBetter: boolean,
    ours: MeasuredTarget | undefined,
    theirs: MeasuredTarget | undefined,
    compare: (our: MeasuredRound, their: MeasuredRound) => number,
  ): void => {
    if (ours === undefined || theirs === undefined) return;
    const rounds = ours.rounds.flatMap((our, index) => {
      const their = theirs.rounds[index];
      return their === undefined ? [] : [compare(our, their)];
    });
    figures.push({ name, unit, higherIsBetter, value: median(rounds), rounds });
  };
  const ratio = (our: MeasuredRound, their: MeasuredRound): number =>
    requestsPerSecond(our) / requestsPerSecond(their);

  for (const caseName of new Set(all.map((measured) => measured.case.name))) {
    const relay = find(caseName, 'relay');
    const direct = find(caseName, 'direct');
    const proxy = find(caseName, 'http-proxy');
    add(`${caseName}: throughput, relay / http-proxy`, '×', true, relay, proxy, ratio);
    add(`${caseName}: throughput, relay / direct`, '×', true, relay, direct, ratio);
    add(
      `${caseName}: p50 added over direct`,
      'µs',
      false,
      relay,
      direct,
      (our, their) => p50Us(our) - p50Us(their),
    );
    add(
      `${caseName}: p99 added over direct`,
      'µs',
      false,
      relay,
      direct,
      (our, their) => p99Us(our) - p99Us(their),
    );
    add(
      `${caseName}: p50 added by http-proxy`,
      'µs',
      false,
      proxy,
      direct,
      (our, their) => p50Us(our) - p50Us(their),
    );
  }
  add(
    'relay, 32 connections: throughput, HTTP/2 / HTTP/1.1',
    '×',
    true,
    find('http2-32', 'relay'),
    find('http1-32', 'relay'),
    ratio,
  );
  return figures;
}

export function targetsOf(comparisons: readonly Figure[]): readonly Target[] {
  const targets: Target[] = [];
  for (const { name, value } of comparisons) {
    if (name === 'http1-32: throughput, relay / http-proxy') {
      targets.push({ name, bound: '>= 1.0 ×', value, met: value >= 1 });
    }
    if (name === 'http1-1: p50 added over direct') {
      targets.push({ name, bound: '<= 150 µs', value, met: value <= 150 });
    }
  }
  return targets;
}
