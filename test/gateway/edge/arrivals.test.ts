// First come, first served, and nobody is held up for long by those who came before.
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createArrivals } from '../../../gateway/edge/arrivals.ts';
import type { Arrivals } from '../../../gateway/edge/arrivals.ts';

const sockets = Array.from({ length: 6 }, () => new Socket());
let begun: number[];
let arrivals: Arrivals;

beforeEach(() => {
  vi.useFakeTimers();
  begun = [];
  const begin = (socket: Socket): void => void begun.push(sockets.indexOf(socket));
  arrivals = createArrivals({ atOnce: 2, holdMs: 100, begin });
});
afterEach(() => {
  vi.useRealTimers();
});

it('so many begin at once, and the next when one of them is over', () => {
  for (const socket of sockets) arrivals.arrive(socket);
  expect(begun).toEqual([0, 1]);
  arrivals.over();
  expect(begun).toEqual([0, 1, 2]);
  arrivals.over();
  arrivals.over();
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

it('whoever is silent holds up nobody for longer than the hold', () => {
  for (const socket of sockets) arrivals.arrive(socket);
  vi.advanceTimersByTime(99);
  expect(begun).toEqual([0, 1]);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual([0, 1, 2, 3]);
  vi.advanceTimersByTime(100);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});

it('a hold that is long over does not count for whoever comes later', () => {
  for (const socket of sockets.slice(0, 2)) arrivals.arrive(socket);
  vi.advanceTimersByTime(1000);
  for (const socket of sockets.slice(2)) arrivals.arrive(socket);
  expect(begun).toEqual([0, 1, 2, 3]);
});

it('whoever went away while it waited does not begin', () => {
  const gone = new Socket();
  for (const socket of [...sockets.slice(0, 2), gone, ...sockets.slice(2, 3)]) arrivals.arrive(socket);
  gone.destroy();
  arrivals.over();
  expect(begun).toEqual([0, 1, 2]);
});

it('nobody waits where all before are over', () => {
  for (const socket of sockets) {
    arrivals.arrive(socket);
    arrivals.over();
  }
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});
