import { expect, it } from 'vitest';
import { inTurn } from '../../../bench/measure/index.ts';

it('each round begins with another, and all have as many', async () => {
  const order: string[] = [];
  const turns = await inTurn(['a', 'b', 'c'], 3, async (entrant, round) => {
    order.push(entrant);
    return `${entrant}${round}`;
  });
  expect(order.join('')).toBe('abcbcacab');
  expect(turns.map(({ rounds }) => rounds)).toEqual([
    ['a0', 'a1', 'a2'],
    ['b0', 'b1', 'b2'],
    ['c0', 'c1', 'c2'],
  ]);
});

it('one that fails has no further turns, and the others go on', async () => {
  const order: string[] = [];
  const turns = await inTurn(['a', 'b'], 3, async (entrant, round) => {
    order.push(entrant);
    if (entrant === 'a' && round === 1) throw new Error('lost');
    return round;
  });
  expect(order.join('')).toBe('abbab');
  expect(turns[0]).toMatchObject({ rounds: [0], failure: { message: 'lost' } });
  expect(turns[1]).toMatchObject({ rounds: [0, 1, 2], failure: undefined });
});

it('an interrupt ends the whole run, whatever failed with it', async () => {
  const controller = new AbortController();
  const run = inTurn(
    ['a', 'b'],
    2,
    async () => {
      controller.abort(new Error('interrupted'));
      throw new Error('the load has ended');
    },
    { signal: controller.signal },
  );
  await expect(run).rejects.toThrow('interrupted');
});
