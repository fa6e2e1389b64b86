// Events are spread over all watches, each numbered by itself, and none is sent into the void.
import { describe, expect, it } from 'vitest';
import { decodeEvent, WatchBoard } from '../../../../bench/apiserver/streams/index.ts';

function boardOf(watches: number, onEvent: (watch: number, sequence: number) => void): WatchBoard {
  const board = new WatchBoard();
  for (let number = 0; number < watches; number += 1) {
    board.add(number, {
      send: (event) => {
        const { watch, sequence } = decodeEvent(event);
        expect(watch).toBe(number);
        onEvent(watch, sequence);
      },
    });
  }
  return board;
}

describe('the board of watches', () => {
  // 7919 is its own stride: such a board would have all events go to one watch.
  it.each([1, 7, 100, 7919])('spreads events over %i watches', async (watches) => {
    const sequences = new Map<number, number[]>();
    const board = boardOf(watches, (watch, sequence) => {
      sequences.set(watch, [...(sequences.get(watch) ?? []), sequence]);
    });
    const { events } = await board.storm(100_000, 20);
    expect(events).toBe(2000);
    const each = Math.ceil(events / watches);
    expect(sequences.size).toBe(Math.min(watches, events));
    for (const [, received] of sequences) {
      expect(received).toEqual(received.map((_, index) => index + 1));
      expect(received.length).toBeLessThanOrEqual(each);
    }
  });

  it('ends with an error when a watch closes meanwhile', async () => {
    const board = boardOf(3, (watch) => board.remove(watch));
    await expect(board.storm(1000, 100)).rejects.toThrow('a watch closed while events were sent');
  });

  it('has nothing to send to when none is open', async () => {
    await expect(new WatchBoard().storm(1000, 10)).rejects.toThrow(RangeError);
  });

  it('refuses a second watch of the same number', () => {
    const board = boardOf(1, () => undefined);
    expect(() => board.add(0, { send: () => undefined })).toThrow(RangeError);
    expect(board.open).toBe(1);
  });
});
