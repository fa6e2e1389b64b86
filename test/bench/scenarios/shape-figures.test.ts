import { describe, expect, it } from 'vitest';
import type { RequestRound } from '../../../bench/requests/index.ts';
import type { MeasuredShape } from '../../../bench/scenarios/processes/measure-shapes.ts';
import { checksOfShape, figuresOfShape } from '../../../bench/scenarios/processes/shape-figures.ts';
import { SHAPES } from '../../../bench/scenarios/processes/shapes.ts';
import { HTTP1_32, measured, round } from '../requests/measured.ts';

function shaped(
  shapeName: string,
  caseName: string,
  rounds: readonly RequestRound[],
  carried: MeasuredShape['carried'],
): MeasuredShape {
  const shape = SHAPES.find(({ name }) => name === shapeName);
  if (shape === undefined) throw new Error('no such shape');
  const route = { ...measured('relay', rounds), case: { ...HTTP1_32, name: `${caseName}-${shapeName}` } };
  return { shape, route, carried };
}

const failedOf = (one: MeasuredShape): string[] =>
  checksOfShape(one)
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

describe('the figures of a shape', () => {
  it('say which share of the requests went through a process without the tunnel', () => {
    const figures = figuresOfShape(shaped('2', 'small', [round(100, 5)], { all: 200, viaPeer: 50 }));
    expect(figures.find(({ name }) => name === 'small-2.relay.viaPeer')?.value).toBe(25);
    expect(figures.map(({ name }) => name)).toContain('small-2.relay.throughput');
  });

  it('leave the share out where nothing was carried', () => {
    const figures = figuresOfShape(shaped('2', 'refused', [round(100, 5)], { all: 0, viaPeer: 0 }));
    expect(figures.filter(({ name }) => name.endsWith('viaPeer'))).toEqual([]);
  });
});

describe('the checks of a shape', () => {
  it.each([
    ['1', { all: 100, viaPeer: 0 }, true],
    ['1', { all: 100, viaPeer: 1 }, false],
    ['2', { all: 100, viaPeer: 0 }, true],
    ['2', { all: 100, viaPeer: 60 }, true],
    ['2-one-tunnel', { all: 100, viaPeer: 50 }, true],
    ['2-one-tunnel', { all: 100, viaPeer: 0 }, false],
    ['2', { all: 0, viaPeer: 0 }, false],
  ])('of %s with %o: the way is right: %s', (shape, carried, isRight) => {
    const failed = failedOf(shaped(shape, 'small', [round(100, 5)], carried));
    expect(failed).toEqual(isRight ? [] : [`small-${shape} relay: requests take the way that is measured`]);
  });

  const refusals = (wrongAnswers: number, seen: number): RequestRound => {
    const base = round(100, 5);
    return {
      ...base,
      load: { ...base.load, wrongAnswers },
      sightings: { ...base.sightings, requests: seen },
    };
  };
  it.each([
    ['every one is refused', refusals(100, 0), 0, true],
    ['one is answered', refusals(99, 0), 0, false],
    ['one reaches the stand-in', refusals(100, 1), 0, false],
    ['one is carried', refusals(100, 0), 1, false],
  ])('of refusals, when %s', (_what, one, all, isRight) => {
    expect(failedOf(shaped('2', 'refused', [one], { all, viaPeer: 0 }))).toEqual(
      isRight ? [] : ['refused-2 relay: the gateway itself refuses every request'],
    );
  });
});
