// What of the scenarios of streams is decided without a network.
import { describe, expect, it } from 'vitest';
import { figure } from '../../../bench/measure/index.ts';
import { targetsOf as execTargets } from '../../../bench/scenarios/exec/exec.ts';
import { targetsOf as watchTargets } from '../../../bench/scenarios/watches/watches.ts';

describe.each([
  { of: execTargets, name: 'one: p50 added over direct by relay', met: 150, missed: 151 },
  { of: watchTargets, name: 'watches.relay.collected.gateway', met: 25, missed: 25.1 },
  { of: watchTargets, name: 'watches.relay.collected.agent', met: 25, missed: 25.1 },
])('$name', ({ of, name, met, missed }) => {
  const metWith = (value: number) => of([figure(name, 'µs', false, [value])]).map((target) => target.met);

  it(`is met at ${met} and missed at ${missed}`, () => {
    expect(metWith(met)).toEqual([true]);
    expect(metWith(missed)).toEqual([false]);
  });
});

it('has targets for nothing else', () => {
  const others = ['one: p50 added over direct by ssh', 'watches.relay.rss.agent'];
  const figures = others.map((name) => figure(name, 'µs', false, [1]));
  expect([...execTargets(figures), ...watchTargets(figures)]).toEqual([]);
});
